//! What may have been meant.

/// Names farther away than this are not the same word misspelt.
const DISTANCE: usize = 2;

/// The known name that is most like the one written, if one is.
pub(crate) fn closest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A short name is another word after two changes.
    let allowed = DISTANCE.min(written.chars().count() / 2);
    known
        .into_iter()
        .map(|name| (strsim::osa_distance(written, name), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, name)| name)
}

/// "did you mean `x`?", or the list of what there is.
pub(crate) fn help(written: &str, known: &[&str]) -> String {
    match closest(written, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("there are {}", list(known)),
    }
}

/// `a, b and c`.
pub(crate) fn list(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
