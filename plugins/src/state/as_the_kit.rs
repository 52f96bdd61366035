//! The test kit of the SDK has the relay's bounds, in the relay's words: what passes a plugin's tests passes here.

use std::sync::Arc;

use waxseal_sdk::{counters, kv, lists, log, rates, testing};

use super::counters::Counters;
use super::kv::Memory;
use super::{Clock, Lists, Rate};

#[test]
fn rates_are_read_and_held_as_here() {
    for text in [
        "",
        "12",
        "12 per 1h",
        "12 per hour",
        "0 per 1h",
        "+1 per 1h",
        "1 per 1y",
        "1 per h",
        "1 per 9999d",
        "2000000 per 1h",
        "12 per 1h burst 0",
        "12 per 1h burst",
        " 100  per 1h burst 20",
        "5000 per 1s",
        "1 per +1h",
        "1 per 1\u{fc}",
    ] {
        let here = text.parse::<Rate>().map(drop).map_err(|bad| bad.to_string());
        assert_eq!(rates::allows(text, "key").map(drop), here, "{text}");
    }
    for text in ["5000 per 1s", "7 per 3s burst 2", "1000000 per 1d"] {
        let (rate, here): (Rate, _) = (text.parse().unwrap(), super::rates::Rates::few());
        let key = super::rates::Key { owner: "test", text: "other" };
        for number in 0..6_000 {
            let now = std::time::Duration::from_secs(u64::try_from(testing_clock()).unwrap());
            assert_eq!(
                rates::allows(text, "other"),
                Ok(here.take(&rate, key, 1, now).allowed),
                "{text} {number}"
            );
            if number % 100 == 0 {
                testing::advance_clock(1);
            }
        }
    }
}

fn testing_clock() -> i64 {
    waxseal_sdk::clock::now()
}

#[test]
fn keys_and_values_are_bounded_as_here() {
    let memory = Arc::new(Memory::new(None, Arc::<Clock>::default()));
    let here = memory.of(&"test".into());
    for (key, octets) in [("", 1), ("k", 1), ("k", 65_537), (&*"k".repeat(256), 1), (&*"k".repeat(257), 1)] {
        let there = kv::set(key, &vec![0; octets], kv::FOR_EVER);
        assert_eq!(there, here.set(key, vec![0; octets], None), "{} {octets}", key.len());
    }
    for number in 0..10_001 {
        let key = number.to_string();
        assert_eq!(kv::set(&key, b"", kv::FOR_EVER), here.set(&key, vec![], None));
    }
}

#[test]
fn counters_are_named_as_here() {
    for name in ["seen", "", "A", "1st", "_a", "a-b", "\u{e4}", &"a".repeat(64), &"a".repeat(65)] {
        testing::reset();
        counters::add(name, 1);
        let here = Counters::default().admit(name);
        assert_eq!(testing::alarms(), here.err().flatten().into_iter().collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn lists_have_what_they_have_here() {
    let entries = [
        "Spam.example",
        ".wide.example",
        "*.star.example",
        "one@There.example",
        "@all.example",
        "192.0.2.0/24",
        "2001:db8::/32",
        "198.51.100.7",
    ];
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("blocked.txt"), entries.join("\n")).unwrap();
    let here = Lists::open(folder.path());
    testing::list("blocked", entries);
    for text in [
        "spam.example",
        "spam.example.",
        "x@SPAM.example",
        "a.spam.example",
        "wide.example",
        "a.b.wide.example",
        "x@y.wide.example",
        "star.example",
        "x.star.example",
        "one@there.example",
        "two@there.example",
        "there.example",
        "all.example",
        "x@all.example",
        "192.0.2.255",
        "192.0.3.1",
        "::ffff:192.0.2.1",
        "2001:db8:1::1",
        "2001:db9::1",
        "198.51.100.7",
        "198.51.100.8",
        "",
        ".",
        "@",
        "\u{fc}",
    ] {
        assert_eq!(lists::contains("blocked", text), here.contains("blocked", text), "{text}");
    }
}

#[test]
fn a_line_of_the_log_is_written_as_here() {
    for text in ["plain", " two\r\n lines\t", "f\u{fc}r \u{7}\u{202e}", &"x".repeat(500)] {
        testing::reset();
        log::info(text);
        assert_eq!(testing::logged(), [crate::spoken::clean(text)]);
    }
}
