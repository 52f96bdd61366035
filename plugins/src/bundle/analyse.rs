//! What an editor asks: what is wrong with one text, as it stands, saved or not.

use std::sync::Arc;

use super::deciders;
use crate::diagnostic::Diagnostic;
use crate::rhai::Script;
use crate::table::{self, Table, Words, today};
use crate::testing;

/// All findings in one text of a policies' directory, in the order of the file.
///
/// `path` is relative to the directory, with `/` between its parts; it says what the text is: the
/// table, a policy of a direction, a filter, or tests. What is none of these has no findings. `words`
/// are the policies that a table may name.
///
/// Nothing is read from the disk and nothing is kept, so that an editor may ask at each key; a
/// script's top level runs, within the limits of any load. What files must hold together, as a row
/// and its policy, is found by [`Bundle::load`](super::Bundle::load) on a
/// [`Snapshot::of`](super::Snapshot::of) all texts, which reads none either.
pub fn analyse(path: &str, text: &str, words: &Words) -> Vec<Diagnostic> {
    let path: Arc<str> = path.into();
    if &*path == table::PATH {
        return Table::load(text, words, today()).map_or_else(|errors| errors, |(_, warnings)| warnings);
    }
    if path.starts_with("tests/") && path.ends_with(".rhai") {
        return testing::syntax(&path, text).into_iter().collect();
    }
    let Some((role, _)) = deciders::role(&path, ".rhai") else { return Vec::new() };
    Script::compile(&path, text, role).map_or_else(|errors| errors, |(_, warnings)| warnings)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn codes(path: &str, text: &str) -> Vec<&'static str> {
        let attempt = || BTreeSet::from(["attempt".to_owned()]);
        let words = Words { incoming: attempt(), outgoing: attempt() };
        analyse(path, text, &words).into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn the_path_says_what_a_text_is() {
        let table = "incoming { \"*\" attempt } outgoing { \"*\" requir }";
        assert_eq!(codes("domains.rhai", table), ["P001"]);
        assert_eq!(codes("outgoing/mine.rhai", "fn offer(host) { advertise() }"), ["H003"]);
        assert_eq!(codes("incoming/mine.rhai", "fn offer(client) { advertise() }"), Vec::<&str>::new());
        assert_eq!(codes("filters/mine.rhai", "fn offer(hots) { }"), ["H002"]);
        assert_eq!(codes("tests/mine.rhai", "fn test_it() { ask("), ["P001"]);
        assert_eq!(codes("notes.txt", "fn"), Vec::<&str>::new());
    }
}
