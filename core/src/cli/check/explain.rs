//! `waxseal check --explain`: the catalogue of codes.

use waxseal_plugins::diagnostic::Severity;
use waxseal_plugins::diagnostic::catalogue::{self, CHAPTERS};

use super::super::setting::Setting;
use super::super::{Outcome, output};

/// Explains a code, or lists all.
pub(super) fn run(code: Option<&str>, setting: &Setting) -> anyhow::Result<Outcome> {
    match (code, setting.json) {
        (Some(code), true) => output::say_json(catalogue::explain(code)?)?,
        (Some(code), false) => output::say(catalogue::explain(code)?),
        (None, true) => output::say_json(&CHAPTERS)?,
        (None, false) => output::say(list()),
    }
    Ok(Outcome::Fine)
}

fn list() -> String {
    let mut lines = Vec::new();
    for chapter in CHAPTERS {
        lines.push(format!("{}: {}\n", chapter.title, chapter.about.replace('`', "")));
        for entry in chapter.entries {
            let severity = if entry.severity == Severity::Warning { "warning: " } else { "" };
            lines.push(format!("  {}  {severity}{}", entry.code, entry.title));
        }
        lines.push(String::new());
    }
    lines.push("`waxseal check --explain CODE` says more.".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_every_code_on_a_line_of_its_own() {
        let list = list();
        for entry in catalogue::entries() {
            let lines = list.lines().filter(|line| line.starts_with(&format!("  {}  ", entry.code)));
            assert_eq!(lines.count(), 1, "{}", entry.code);
        }
    }
}
