//! Did you mean: the known word that a misspelt one is nearest to, and the list of all.

/// More words than this are not listed behind the one that was meant.
const LISTED: usize = 6;

/// The nearest of the known words, if it is near enough to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// What to append to "no such word".
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<_> = known.into_iter().collect();
    let list =
        if known.is_empty() { "there are none".into() } else { format!("one of: {}", known.join(", ")) };
    match nearest(word, known.iter().copied()) {
        Some(meant) if known.len() > LISTED => format!("; did you mean `{meant}`?"),
        Some(meant) => format!("; did you mean `{meant}`? ({list})"),
        None => format!(" ({list})"),
    }
}

/// The help beside a finding: the nearest one, or else all there are.
pub fn help(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("there are {}", list(known)),
    }
}

/// `a, b and c`.
pub fn list(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
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
