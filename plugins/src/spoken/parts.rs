//! The parts of what is said: texts for a reply, and the names in terms.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::suggest;
use crate::verdicts::UnknownName;

/// The length of a reply's text that fits a line of SMTP (RFC 5321 section 4.5.3.1.5).
const TEXT_LENGTH: usize = 400;

/// One line of printable ASCII (`textstring` in RFC 5321 section 4.2), so that no fact that is
/// quoted can end the reply, or the line of a log, and begin another.
pub(crate) fn clean(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let printable = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
    words.join(" ").chars().map(printable).take(TEXT_LENGTH).collect()
}

/// The suites or groups of these names.
///
/// # Errors
///
/// A name that cannot be negotiated, and what was meant.
pub(crate) fn parse_all<T>(names: impl IntoIterator<Item = String>) -> Result<BTreeSet<T>, String>
where
    T: FromStr<Err = UnknownName> + Ord,
{
    names.into_iter().map(|name| name.parse().map_err(|unknown: UnknownName| explain(&unknown))).collect()
}

fn explain(unknown: &UnknownName) -> String {
    match suggest::nearest(&unknown.name.to_ascii_uppercase(), unknown.known.split(", ")) {
        Some(name) => format!("`{}` is no {}; did you mean \"{name}\"?", unknown.name, unknown.what),
        None => unknown.to_string(),
    }
}
