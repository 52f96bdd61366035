//! The parts of what is said: texts for a reply, and the names in terms.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::suggest;
use crate::verdicts::UnknownName;

/// The length of a reply's text that fits a line of SMTP (RFC 5321 section 4.5.3.1.5).
const TEXT_LENGTH: usize = 400;

/// One line of text, so that no fact that is quoted can end the reply, or the line of a log, and begin another; nor turn the
/// rest of the line around. What goes over a wire that carries ASCII alone is made of it there
/// ([`Reply::in_ascii`](crate::verdicts::Reply::in_ascii)).
pub(crate) fn clean(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let printable = |c: char| if c.is_control() || turns(c) { '?' } else { c };
    words.join(" ").chars().map(printable).take(TEXT_LENGTH).collect()
}

/// Whether a character changes the direction in which others are shown.
fn turns(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_of_what_can_be_shown() {
        assert_eq!(clean(" zu gro\u{df},\r\n  sorry\u{7}\u{202e} "), "zu gro\u{df}, sorry??");
        assert_eq!(clean(&"\u{e4}".repeat(1000)).chars().count(), TEXT_LENGTH);
    }
}
