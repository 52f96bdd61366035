//! What the commands print.

use std::fmt::Display;
use std::io::{self, Write as _};

use serde::Serialize;

use crate::admin::protocol::Finding;

/// Prints a line.
pub(super) fn say(line: impl Display) {
    // A closed pipe, as in `waxseal status | head -1`, is the reader's decision and no failure.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Prints a line on standard error.
pub(super) fn complain(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Prints data as JSON.
pub(super) fn say_json(data: &impl Serialize) -> anyhow::Result<()> {
    say(serde_json::to_string_pretty(data)?);
    Ok(())
}

/// Prints the errors, and how many warnings there are beside them.
pub(super) fn say_findings(findings: &[Finding]) {
    let (errors, warnings): (Vec<_>, Vec<_>) =
        findings.iter().partition(|finding| finding.severity == "error");
    for error in errors {
        say(&error.rendered);
    }
    if !warnings.is_empty() {
        say(format_args!("{}: `waxseal check` shows them", counted(warnings.len(), "warning")));
    }
}

/// `1 error`, `2 errors`.
pub(super) fn counted<N: Copy + Display + From<u8> + PartialEq>(number: N, noun: &str) -> String {
    // `policy`, `policies`; `day`, `days`.
    let stem = noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    let plural = match (number == N::from(1), stem) {
        (true, _) => noun.to_owned(),
        (_, Some(stem)) => format!("{stem}ies"),
        (_, None) => format!("{noun}s"),
    };
    format!("{number} {plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_have_their_plural() {
        assert_eq!(counted(1, "policy"), "1 policy");
        assert_eq!(counted(0, "policy"), "0 policies");
        assert_eq!(counted(2, "error"), "2 errors");
    }
}
