//! The lists that a test has. They are asked for equal texts; networks and the domains above are the relay's
//! own business.

use super::with;

pub(crate) fn contains(list: &str, text: &str) -> Result<bool, String> {
    let text = text.to_lowercase();
    let found = with(|relay| relay.lists.get(list).map(|entries| entries.contains(&text)));
    found.ok_or_else(|| format!("there is no list `{list}`"))
}

pub(in crate::testing) fn set(list: &str, entries: impl Iterator<Item = String>) {
    let entries = entries.map(|entry| entry.to_lowercase()).collect();
    with(|relay| relay.lists.insert(list.to_owned(), entries));
}
