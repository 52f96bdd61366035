//! Did you mean: the known word that a misspelt one is nearest to, and the list of all.

use crate::rhai::suggest::closest;

/// More words than this are not listed behind the one that was meant.
const LISTED: usize = 6;

/// What to append to "no such word".
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<_> = known.into_iter().collect();
    let meant = closest(word, known.iter().copied());
    let list =
        || if known.is_empty() { "there are none".into() } else { format!("one of: {}", known.join(", ")) };
    match meant {
        Some(meant) if known.len() > LISTED => format!("; did you mean `{meant}`?"),
        Some(meant) => format!("; did you mean `{meant}`? ({})", list()),
        None => format!(" ({})", list()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_and_all_words_are_said() {
        let said = did_you_mean("requre", ["attempt", "require"]);
        assert_eq!(said, "; did you mean `require`? (one of: attempt, require)");
        assert_eq!(did_you_mean("x", []), " (there are none)");
    }
}
