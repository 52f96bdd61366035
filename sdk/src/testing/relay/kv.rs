//! What is kept, within the relay's bounds.

use super::{clock, with};

/// A value, and the second from which on it is forgotten.
pub(super) struct Entry {
    value: Vec<u8>,
    until: Option<i64>,
}

const KEY_OCTETS: usize = 256;
const VALUE_OCTETS: usize = 64 << 10;
const ENTRIES: usize = 10_000;
const TOTAL_OCTETS: usize = 8 << 20;

pub(crate) fn get(key: &str) -> Option<Vec<u8>> {
    let now = clock::now();
    with(|relay| {
        relay.kept.retain(|_, entry| entry.until.is_none_or(|until| now < until));
        relay.kept.get(key).map(|entry| entry.value.clone())
    })
}

pub(crate) fn set(key: &str, value: &[u8], seconds: Option<u64>) -> Result<(), String> {
    check(key, value)?;
    let seconds = seconds.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
    let until = seconds.map(|seconds| clock::now().saturating_add(seconds));
    with(|relay| relay.kept.insert(key.to_owned(), Entry { value: value.to_vec(), until }));
    Ok(())
}

pub(crate) fn replace(
    key: &str,
    expected: Option<&[u8]>,
    value: &[u8],
    seconds: Option<u64>,
) -> Result<bool, String> {
    if get(key).as_deref() != expected {
        return Ok(false);
    }
    set(key, value, seconds).map(|()| true)
}

pub(crate) fn remove(key: &str) {
    with(|relay| relay.kept.remove(key));
}

fn check(key: &str, value: &[u8]) -> Result<(), String> {
    let present = get(key);
    let (entries, octets) = with(|relay| {
        let octets = relay.kept.iter().map(|(key, entry)| key.len() + entry.value.len());
        (relay.kept.len(), octets.sum::<usize>())
    });
    let replaced = present.as_ref().map_or(0, |value| key.len() + value.len());
    let holds = [
        (
            (1..=KEY_OCTETS).contains(&key.len()),
            format!("a key has 1 to {KEY_OCTETS} octets, not {}", key.len()),
        ),
        (
            value.len() <= VALUE_OCTETS,
            format!("a value has at most {VALUE_OCTETS} octets, not {}", value.len()),
        ),
        (present.is_some() || entries < ENTRIES, format!("it remembers {ENTRIES} entries already")),
        (
            octets - replaced + key.len() + value.len() <= TOTAL_OCTETS,
            format!("it remembers {TOTAL_OCTETS} octets already"),
        ),
    ];
    holds.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, bound)| Err(bound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_forgotten_when_its_time_is_over() {
        set("a", b"1", Some(60)).unwrap();
        set("b", b"2", None).unwrap();
        clock::set(clock::now() + 59);
        assert_eq!(get("a").as_deref(), Some(b"1".as_slice()));
        clock::set(clock::now() + 1);
        assert_eq!((get("a"), get("b").as_deref()), (None, Some(b"2".as_slice())));
        assert!(replace("a", None, b"3", None).unwrap());
    }

    #[test]
    fn the_bounds_of_the_relay_hold() {
        let problem = |key: &str, octets: usize| set(key, &vec![0; octets], None).unwrap_err();
        assert_eq!(problem(&"k".repeat(257), 1), "a key has 1 to 256 octets, not 257");
        assert_eq!(problem("", 1), "a key has 1 to 256 octets, not 0");
        assert_eq!(problem("k", (64 << 10) + 1), "a value has at most 65536 octets, not 65537");
        for n in 0..127 {
            set(&n.to_string(), &[0; 64 << 10], None).unwrap();
        }
        set("k", &[0; 60 << 10], None).unwrap();
        assert_eq!(problem("l", 8 << 10), "it remembers 8388608 octets already");
        set("k", &[0; 61 << 10], None).unwrap();
    }

    #[test]
    fn a_plugin_has_so_many_entries() {
        for n in 0..ENTRIES {
            with(|relay| relay.kept.insert(n.to_string(), Entry { value: Vec::new(), until: None }));
        }
        assert_eq!(set("one more", b"", None).unwrap_err(), "it remembers 10000 entries already");
        set("0", b"changed", None).unwrap();
    }
}
