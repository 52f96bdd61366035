//! Did you mean: the known word that a misspelt one is nearest to.

/// The nearest of the known words, if it is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// What to append to "no such word": the nearest one, and the list of all.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<_> = known.into_iter().collect();
    let meant = nearest(word, known.iter().copied()).map(|meant| format!("; did you mean `{meant}`?"));
    let list =
        if known.is_empty() { "there are none".into() } else { format!("one of: {}", known.join(", ")) };
    format!("{} ({list})", meant.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_words_are_suggested() {
        assert_eq!(nearest("requre", ["attempt", "require"]), Some("require"));
        assert_eq!(nearest("forbid", ["attempt", "require"]), None);
        assert_eq!(did_you_mean("x", []), " (there are none)");
    }
}
