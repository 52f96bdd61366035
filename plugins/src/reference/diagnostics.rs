//! `diagnostics.md`: the catalogue of codes in full.

use std::fmt::Write as _;

use super::{hold, one_line};
use crate::diagnostic::Severity;
use crate::diagnostic::catalogue::{CHAPTERS, Entry, Example};

const OPENING: &str = "# Diagnostics

What `waxseal check` may find, by its stable code. An error keeps the files from being used, at the start and at each
reload; a warning asks to look again. `waxseal check --explain CODE` prints the same.
";

#[test]
fn the_page_of_diagnostics_is_what_the_catalogue_says() {
    let mut text = OPENING.to_owned();
    for chapter in CHAPTERS {
        write!(text, "\n## {}\n\nIn: {}.\n", chapter.title, chapter.about).unwrap();
        chapter.entries.iter().for_each(|entry| add(&mut text, entry));
    }
    hold("diagnostics.md", &text);
}

fn add(text: &mut String, entry: &Entry) {
    let Entry { code, severity, title, explanation, example } = entry;
    let severity = match severity {
        Severity::Error => "An error",
        Severity::Warning => "A warning",
    };
    write!(text, "\n### {code}: {title}\n\n{severity}. {}\n", one_line(explanation)).unwrap();
    if let Some(Example { file, wrong, right }) = example {
        let language = if file.ends_with(".rhai") { "rhai" } else { "toml" };
        let block = |text: &str| format!("```{language}\n{}\n```", text.trim_matches('\n'));
        write!(text, "\nWrong, in `{file}`:\n\n{}\n\nRight:\n\n{}\n", block(wrong), block(right)).unwrap();
    }
}
