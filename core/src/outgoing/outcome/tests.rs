//! What becomes of recipients.

use std::time::Duration;

use super::*;
use crate::smtp::dsn::{Notify, RecipientDsn};

const MINUTE: u64 = 60;

pub(in crate::outgoing) fn delivery() -> Delivery {
    Delivery {
        retry: vec![Duration::from_secs(5 * MINUTE), Duration::from_secs(15 * MINUTE)],
        expire: Duration::from_secs(60 * MINUTE),
        ..crate::outgoing::peer::delivery(1)
    }
}

fn recipient(number: u32, attempts: u32) -> LeasedRecipient {
    LeasedRecipient {
        number,
        address: format!("r{number}@example.org"),
        attempts,
        last: None,
        dsn: Default::default(),
        attention: Timestamp::MAX,
    }
}

fn minutes(minutes: u64) -> Timestamp {
    later(Timestamp::UNIX_EPOCH, Duration::from_secs(minutes * MINUTE))
}

fn settle(tally: Tally, now: u64) -> Vec<Outcome> {
    let delivery = delivery();
    let received = Timestamp::UNIX_EPOCH;
    let schedule = Schedule { delivery: &delivery, received, now: minutes(now), chance: Chance(0.5) };
    tally.settle(&schedule).into_iter().map(|(_, outcome)| outcome).collect()
}

fn refused() -> Problem {
    Problem::permanent(EnhancedCode::new(5, 7, 1), "no")
}

fn unreached() -> Problem {
    Problem::temporary(EnhancedCode::new(4, 4, 1), "no answer")
}

fn no_tls() -> Problem {
    Problem::temporary(EnhancedCode::new(4, 7, 4), "TLS is required, but was not offered")
}

fn after(problems: &[Problem], attempts: u32, now: u64) -> Outcome {
    let mut tally = Tally::new(&[recipient(0, attempts)]);
    for problem in problems {
        tally.ruled_out(problem);
    }
    settle(tally, now).remove(0)
}

#[test]
fn it_fails_only_if_every_host_refused() {
    assert!(matches!(after(&[refused(), refused()], 0, 0), Outcome::Failed { .. }));
    assert!(matches!(after(&[refused(), unreached()], 0, 0), Outcome::Deferred { .. }));
    assert!(matches!(after(&[unreached(), refused()], 0, 0), Outcome::Deferred { .. }));
}

#[test]
fn the_waits_follow_the_schedule_and_the_last_repeats() {
    for (attempts, wait) in [(0, 5), (1, 15), (2, 15), (70_000, 15)] {
        let Outcome::Deferred { due, .. } = after(&[unreached()], attempts, 0) else { panic!() };
        assert_eq!(due, minutes(wait), "after {attempts} attempts");
    }
}

#[test]
fn the_last_attempt_is_made_at_the_expiry() {
    let Outcome::Deferred { due, .. } = after(&[unreached()], 3, 50) else { panic!() };
    assert_eq!(due, minutes(60));
}

#[test]
fn an_expired_message_fails_with_the_permanent_form_of_the_reason() {
    let Outcome::Failed { status } = after(&[no_tls()], 9, 60) else { panic!() };
    assert_eq!(status.code, EnhancedCode::new(5, 7, 4));
    assert_eq!(status.reason, "TLS is required, but was not offered");
}

#[test]
fn the_most_telling_reason_is_kept() {
    for order in [[no_tls(), unreached()], [unreached(), no_tls()]] {
        let Outcome::Deferred { status, .. } = after(&order, 0, 0) else { panic!() };
        assert_eq!(status, no_tls().into_status());
    }
}

fn taken() -> Reply {
    Reply::new(250, Some(EnhancedCode::new(2, 6, 0)), "kept")
}

#[test]
fn what_a_host_said_is_kept_where_it_took_the_message() {
    let mut tally = Tally::new(&[recipient(0, 0), recipient(1, 0)]);
    let host = Host { name: "mx.example.org".to_owned(), ..Host::default() };
    tally.crossing(&Arc::new(host), Protection::None);
    tally.delivered(1, &taken());
    tally.delivered(0, &Reply::new(250, None, "as you like"));
    let said = tally.taken().iter().map(|(number, status)| {
        (*number, status.code.to_string(), status.host.as_deref(), status.reply.as_deref())
    });
    let host = Some("mx.example.org");
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            (1, "2.6.0".to_owned(), host, Some("250 2.6.0 kept")),
            (0, "2.0.0".to_owned(), host, Some("250 as you like")),
        ]
    );
}

#[test]
fn recipients_have_their_own_outcomes() {
    let mut tally = Tally::new(&[recipient(3, 0), recipient(5, 0), recipient(8, 0)]);
    tally.delivered(5, &taken());
    tally.failed(8, refused());
    tally.put_off(3, &no_tls());
    assert_eq!(tally.pending(), [recipient(3, 0)]);
    let outcomes = settle(tally, 0);
    assert!(
        matches!(outcomes.as_slice(), [Outcome::Delivered, Outcome::Failed { .. }, Outcome::Deferred { .. }]),
        "{outcomes:?}"
    );
}

#[test]
fn a_stop_gives_back_who_is_pending_and_keeps_what_is_done() {
    let mut tally = Tally::new(&[recipient(0, 0), recipient(1, 0)]);
    tally.ruled_out(&unreached());
    tally.delivered(0, &taken());
    tally.abandon();
    assert!(matches!(settle(tally, 0).as_slice(), [Outcome::Delivered, Outcome::Abandoned]));
}

#[test]
fn a_fault_of_ours_is_the_reason_whatever_hosts_said() {
    let mut tally = Tally::new(&[recipient(0, 0), recipient(1, 0)]);
    tally.ruled_out(&refused());
    tally.delivered(0, &taken());
    assert!(!tally.is_done());
    tally.at_fault(EnhancedCode::new(4, 3, 0), "the message cannot be read");
    assert!(tally.is_done());
    let outcomes = settle(tally, 0);
    let [Outcome::Delivered, Outcome::Deferred { due, status, .. }] = outcomes.as_slice() else {
        panic!("{outcomes:?}")
    };
    assert_eq!((*due, status.reason.as_str()), (minutes(5), "the message cannot be read"));
}

#[test]
fn a_sender_is_warned_once_and_then_the_end_is_awaited() {
    let delivery = Delivery { warn: Some(Duration::from_secs(20 * MINUTE)), ..delivery() };
    let attention = |before: u64, now: u64| {
        let schedule =
            Schedule { delivery: &delivery, received: minutes(0), now: minutes(now), chance: Chance(0.5) };
        let recipient = LeasedRecipient { attention: minutes(before), ..recipient(0, 1) };
        let mut tally = Tally::new(&[recipient]);
        tally.ruled_out(&unreached());
        match tally.settle(&schedule).remove(0).1 {
            Outcome::Deferred { attention, .. } => attention,
            outcome => panic!("{outcome:?}"),
        }
    };
    assert_eq!(attention(20, 19), minutes(20));
    assert_eq!(attention(20, 20), minutes(60));
    assert_eq!(attention(60, 40), minutes(60));
}

#[test]
fn a_host_without_dsn_promises_nothing() {
    let notify = Notify::On { success: true, delay: false, failure: false };
    let asking = |number| LeasedRecipient {
        dsn: RecipientDsn { notify, ..Default::default() },
        ..recipient(number, 0)
    };
    let mut tally = Tally::new(&[asking(0), asking(1), recipient(2, 0)]);
    let lines = ["mx.example.org", "DSN"].map(str::to_owned).to_vec();
    let able = Capabilities::of(&Reply { code: 250, enhanced: None, lines });
    tally.meets(&able);
    tally.delivered(0, &taken());
    let host = Host { name: "plain.example.org".to_owned(), ..Host::default() };
    tally.crossing(&Arc::new(host), Protection::None);
    tally.meets(&Capabilities::default());
    tally.delivered(1, &taken());
    tally.delivered(2, &taken());
    let unpromised = tally.unpromised();
    assert_eq!(unpromised.len(), 1);
    assert_eq!((unpromised[0].0, unpromised[0].1.host.as_deref()), (1, Some("plain.example.org")));
}
