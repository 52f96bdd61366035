//! What was counted, within the relay's bounds.

use super::{log, with};

/// Counters that a plugin may have.
const COUNTERS: usize = 32;
/// Characters of a counter's name.
const NAME: usize = 64;

pub(crate) fn add(name: &str, amount: u64) {
    let is_known = with(|relay| relay.counted.contains_key(name));
    let has_room = with(|relay| relay.counted.len() < COUNTERS);
    if !is_name(name) {
        complain(&format!(
            "counts under `{}`, which is no name of small letters, digits and `_`: not counted",
            log::clean(name)
        ));
        return;
    }
    if !is_known && !has_room {
        complain(&format!("counts under more than {COUNTERS} names: `{name}` is not counted"));
        return;
    }
    with(|relay| {
        let counter = relay.counted.entry(name.to_owned()).or_default();
        *counter = counter.saturating_add(amount);
    });
}

pub(in crate::testing) fn counted(name: &str) -> u64 {
    with(|relay| relay.counted.get(name).copied().unwrap_or(0))
}

/// Says it, once for a plugin.
fn complain(why: &str) {
    if !with(|relay| std::mem::replace(&mut relay.complained, true)) {
        log::relay_says(why);
    }
}

fn is_name(name: &str) -> bool {
    (1..=NAME).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_bounds_is_not_counted_and_said() {
        for n in 0..COUNTERS {
            add(&format!("counter_{n}"), 1);
        }
        add("one_more", 1);
        add("counter_0", 1);
        add("Counter-0", 1);
        assert_eq!([counted("one_more"), counted("counter_0"), counted("Counter-0")], [0, 2, 0]);
        assert_eq!(
            log::said(log::Tone::Alarm),
            ["counts under more than 32 names: `one_more` is not counted"],
            "once is enough"
        );
    }
}
