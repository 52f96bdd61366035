//! What a finding says would be right, as a change of the text.

use std::ops::Range;

use crate::diagnostic::Diagnostic;

/// A change that would mend a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in words.
    pub title: String,
    /// The octets that it replaces.
    pub replaces: Range<usize>,
    /// What takes their place.
    pub with: String,
}

/// The change that a finding proposes with "did you mean", if it does.
pub fn fix(finding: &Diagnostic) -> Option<Fix> {
    let said = finding.help.iter().chain([&finding.message]);
    let meant = said.filter_map(|text| meant(text)).next()?;
    let replaces = finding.span()?;
    let written = finding.source.get(replaces.clone())?;
    // A value in quotes stays one.
    let with = if written.starts_with('"') { format!("\"{meant}\"") } else { meant.to_owned() };
    (written != with).then(|| Fix { title: format!("Write `{meant}`"), replaces, with })
}

fn meant(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("did you mean ")?;
    let quote = rest.chars().next().filter(|quote| matches!(quote, '`' | '"'))?;
    rest.get(1..)?.split_once(quote).map(|(meant, _)| meant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;

    #[test]
    fn only_what_was_meant_is_a_change() {
        let text = "fn offer(host) { start_tsl() }";
        let finding = Diagnostic::error("F003", Place::new("outgoing/a.rhai", 1, 18), "no function")
            .spanning(9)
            .within(text);
        assert_eq!(fix(&finding), None);
        let change = fix(&finding.helped("did you mean `start_tls`?")).unwrap();
        assert_eq!((&text[change.replaces], change.with.as_str()), ("start_tsl", "start_tls"));
    }
}
