use jiff::{SignedDuration, Timestamp};
use waxseal_plugins::facts::Version;

use super::super::metrics::Protection;
use super::*;

fn met(domain: &str, reached: Protection) -> Encounter {
    let encrypted = matches!(reached, Protection::Encrypted | Protection::Verified);
    Encounter {
        time: "2026-03-01T10:20:30Z".parse().unwrap(),
        session: String::new(),
        direction: Direction::Outgoing,
        domain: domain.to_owned(),
        peer: format!("mx.{domain}"),
        policy: "attempt".to_owned(),
        reached,
        version: if encrypted { Version::Tls13 } else { Version::None },
        suite: if encrypted { "TLS_AES_128_GCM_SHA256".to_owned() } else { String::new() },
        group: String::new(),
        problem: if encrypted { String::new() } else { "not offered".to_owned() },
    }
}

fn said(domain: &str, reached: Protection) -> Encounter {
    Encounter { direction: Direction::Incoming, ..met(domain, reached) }
}

fn known(posture: &Posture) -> usize {
    [Direction::Incoming, Direction::Outgoing].map(|direction| posture.domains(direction).len()).iter().sum()
}

#[test]
fn what_was_reached_is_counted_in_all_by_the_hour_and_by_the_day() {
    let posture = Posture::default();
    let first = met("a.example", Protection::Verified);
    let later = |hours| first.time + SignedDuration::from_hours(hours);
    posture.meet(&first);
    posture.meet(&Encounter { time: later(1), ..met("a.example", Protection::Clear) });
    posture.meet(&Encounter { time: later(20), ..met("a.example", Protection::None) });
    let known = posture.of(Direction::Outgoing, "A.example").unwrap();
    assert_eq!(known.total, Tally { verified: 1, encrypted: 0, clear: 1, failed: 1 });
    let begins = |slots: &std::collections::VecDeque<Slot>| {
        slots.iter().map(|slot| (slot.begins.to_string(), slot.tally.all())).collect::<Vec<_>>()
    };
    let hour = |time: &str| (time.to_owned(), 1);
    assert_eq!(
        begins(&known.hours),
        [hour("2026-03-01T10:00:00Z"), hour("2026-03-01T11:00:00Z"), hour("2026-03-02T06:00:00Z")]
    );
    assert_eq!(
        begins(&known.days),
        [("2026-03-01T00:00:00Z".to_owned(), 2), ("2026-03-02T00:00:00Z".to_owned(), 1)]
    );
    assert_eq!(known.versions.into_iter().collect::<Vec<_>>(), [("1.3".to_owned(), 1)]);
    let failure = known.failures.front().unwrap();
    assert_eq!((failure.reason.as_str(), failure.count), ("not offered", 2));
    assert_eq!(posture.of(Direction::Incoming, "a.example"), None);
}

#[test]
fn a_session_of_a_client_counts_once() {
    let posture = Posture::default();
    let session = |name: &str| Encounter {
        direction: Direction::Incoming,
        session: name.to_owned(),
        ..met("a.example", Protection::Encrypted)
    };
    for name in ["one", "one", "two"] {
        posture.meet(&session(name));
    }
    assert_eq!(posture.total(Direction::Incoming).encrypted, 2);
}

#[test]
fn mail_that_now_goes_in_clear_is_seen() {
    let posture = Posture::default();
    let known = || posture.of(Direction::Outgoing, "a.example").unwrap();
    for _ in 0..3 {
        posture.meet(&met("a.example", Protection::Encrypted));
    }
    assert!(!known().has_lost_tls());
    posture.meet(&met("a.example", Protection::Clear));
    assert!(known().has_lost_tls());
}

#[test]
fn two_sessions_at_once_count_once_each() {
    let posture = Posture::default();
    for number in 0..10 {
        let session = ["one", "two"][number % 2].to_owned();
        posture.meet(&Encounter { session, ..said("a.example", Protection::Encrypted) });
    }
    posture.meet(&Encounter { session: "two".to_owned(), ..said("a.example", Protection::None) });
    let expected = Tally { encrypted: 2, failed: 1, ..Tally::default() };
    assert_eq!(posture.total(Direction::Incoming), expected, "what a session reached later counts, too");
}

#[test]
fn what_clients_say_takes_no_place_of_those_we_have_mail_of_or_for() {
    let posture = Posture::default();
    posture.meet(&met("recipients.example", Protection::Verified));
    posture.meet(&said("partner.example", Protection::Encrypted));
    posture.accept("partner.example");
    for number in 0..2 * DOMAINS {
        let domain = format!("f{number}.example");
        let session = domain.clone();
        let time = "2026-03-02T10:20:30Z".parse().unwrap();
        posture.meet(&Encounter { time, session, ..said(&domain, Protection::Clear) });
    }
    let is_known = |direction, domain| posture.of(direction, domain).is_some();
    assert!(is_known(Direction::Outgoing, "recipients.example"));
    assert!(is_known(Direction::Incoming, "partner.example"));
    assert!(known(&posture) <= DOMAINS + 1, "{}", known(&posture));
}

#[test]
fn memory_is_bounded() {
    let posture = Posture::default();
    for number in 0..DOMAINS + 10 {
        let time = Timestamp::from_second(i64::try_from(number).unwrap()).unwrap();
        let domain = format!("d{number}.example");
        posture.meet(&Encounter { time, ..met(&domain, Protection::Clear) });
    }
    for number in 0..100 {
        let problem = format!("reason {number} {}", "x".repeat(1000));
        posture.meet(&Encounter { problem, ..met("busy.example", Protection::None) });
    }
    assert!(known(&posture) <= DOMAINS, "{}", known(&posture));
    assert_eq!(posture.of(Direction::Outgoing, "d0.example"), None, "the oldest went first");
    let busy = posture.of(Direction::Outgoing, "busy.example").unwrap();
    assert!(busy.failures.len() <= 8 && busy.failures.iter().all(|failure| failure.reason.len() <= 300));
}

#[test]
fn it_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posture.ndjson");
    let (posture, other) = (Posture::default(), Posture::default());
    other.read(&path).unwrap();
    posture.meet(&met("a.example", Protection::Verified));
    posture.meet(&met("b.example", Protection::Clear));
    posture.meet(&said("b.example", Protection::Clear));
    posture.accept("b.example");
    posture.write(&path).unwrap();
    other.read(&path).unwrap();
    let all = |posture: &Posture| posture.page(Direction::Outgoing, "", None, 10);
    assert_eq!(all(&other), all(&posture));
    assert_eq!(all(&other).len(), 2);
    assert_eq!(other.of(Direction::Incoming, "b.example").unwrap().accepted, 1);
    assert_eq!(other.page(Direction::Outgoing, "EXAMPLE", Some("a.example"), 1).len(), 1);
}
