//! The counters of a script or plugin: a few, with plain names, since each is a time series for good.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::spoken::clean;

/// Counters of one script or plugin.
const COUNTERS: usize = 32;
/// Characters of a counter's name.
const NAME: usize = 64;

/// The names that one counts under.
#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<Names>);

#[derive(Debug, Default)]
struct Names {
    known: BTreeSet<String>,
    /// Whether it was said that something is not counted: once is enough.
    complained: bool,
}

impl Counters {
    /// Whether it may count under this name.
    ///
    /// # Errors
    ///
    /// It may not; the first time with what is wrong.
    pub(super) fn admit(&self, name: &str) -> Result<(), Option<String>> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.known.contains(name) {
            return Ok(());
        }
        let why = if let Some(why) = wrong(name) {
            format!("{why}: not counted")
        } else if names.known.len() >= COUNTERS {
            format!("counts under more than {COUNTERS} names: `{name}` is not counted")
        } else {
            names.known.insert(name.to_owned());
            return Ok(());
        };
        Err(names.first_complaint(why))
    }

    /// An amount below 0 is not counted; the first time with what is wrong.
    pub(super) fn refuse_less(&self, name: &str, amount: i64) -> Option<String> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.first_complaint(format!(
            "adds {amount} to `{}`, and a counter only grows: not counted",
            clean(name)
        ))
    }
}

impl Names {
    fn first_complaint(&mut self, why: String) -> Option<String> {
        let first = !std::mem::replace(&mut self.complained, true);
        first.then_some(why)
    }
}

/// What is wrong with the name of a counter; `None` where it is one.
pub(crate) fn wrong(name: &str) -> Option<String> {
    let wrong =
        || format!("counts under `{}`, which is no name of small letters, digits and `_`", clean(name));
    (!is_plain(name)).then(wrong)
}

fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=NAME).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_has_a_few_counters_with_plain_names() {
        let counters = Counters::default();
        for number in 0..COUNTERS {
            assert_eq!(counters.admit(&format!("seen_{number}")), Ok(()));
        }
        assert_eq!(counters.admit("seen_0"), Ok(()));
        assert!(counters.admit("one_more").unwrap_err().unwrap().contains("more than 32"));
        assert_eq!(counters.admit("and_more"), Err(None));
    }

    #[test]
    fn what_is_less_than_nothing_is_not_counted_and_said_once() {
        let counters = Counters::default();
        assert!(counters.refuse_less("seen", -3).unwrap().contains("adds -3 to `seen`"));
        assert_eq!(counters.refuse_less("seen", -3), None);
    }

    #[test]
    fn odd_names_are_not_counted() {
        for odd in ["", "A", "1st", "a-b", "a b", "ä", &"a".repeat(65)] {
            assert!(Counters::default().admit(odd).is_err(), "{odd}");
        }
    }
}
