//! What an operator reads.

use waxseal_plugins::verdicts::EnhancedCode;

use super::*;
use crate::spool::MessageId;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn no_tls() -> Status {
    Status {
        code: EnhancedCode::new(4, 7, 4),
        reason: "TLS is required, but was not offered (decided by outgoing/require.rhai:8:47)".to_owned(),
        host: Some("mx.there.example".to_owned()),
        reply: None,
        way: None,
        failure: None,
    }
}

fn refused() -> Status {
    Status {
        code: EnhancedCode::new(4, 2, 1),
        reason: "the host refused the recipient".to_owned(),
        host: Some("mx.there.example".to_owned()),
        reply: Some("450 4.2.1 not\tnow".to_owned()),
        way: None,
        failure: None,
    }
}

fn waiting() -> QueuedDestination {
    QueuedDestination {
        domain: "there.example".to_owned(),
        messages: 1,
        recipients: 3,
        held: 0,
        leased: 0,
        oldest: at(-7500),
        due: Some(at(90)),
        put_off: None,
        last: Some(no_tls()),
    }
}

fn queued() -> Queued {
    Queued {
        message: MessageId::nil(),
        number: 0,
        sender: "ann@home.example".to_owned(),
        address: "bob@there.example".to_owned(),
        domain: "there.example".to_owned(),
        received: at(-200_000),
        size: 1,
        standing: Standing::Waiting,
        leased: false,
        due: at(3600),
        attempts: 2,
        last: Some(refused()),
    }
}

#[test]
fn a_destination_says_why_it_waits() {
    let put_off = QueuedDestination { put_off: Some((at(45), refused())), ..waiting() };
    let busy = QueuedDestination { held: 1, leased: 2, due: Some(at(-1)), last: None, ..waiting() };
    let held = QueuedDestination { held: 3, due: None, ..waiting() };
    // A time that has passed says nothing any more.
    let over = QueuedDestination { put_off: Some((at(0), refused())), ..waiting() };
    assert_eq!(over.domain, "there.example");
    let shown: Vec<String> =
        [waiting(), put_off, busy, held, over].iter().flat_map(|one| destination(at(0), one)).collect();
    let expected = "\
there.example: 1 message, 3 recipients, the oldest 2 h 5 min old
  next try 2027-01-15T08:01:30Z (in 1 min)
  last: for want of TLS: TLS is required, but was not offered (decided by outgoing/require.rhai:8:47) (4.7.4), at mx.there.example
there.example: 1 message, 3 recipients, the oldest 2 h 5 min old
  put off until 2027-01-15T08:00:45Z (in 45 s): the host refused the recipient (4.2.1), at mx.there.example, which said: 450 4.2.1 not now
there.example: 1 message, 3 recipients, the oldest 2 h 5 min old
  1 held by the operator
  2 being delivered now
  due now
  never tried yet
there.example: 1 message, 3 recipients, the oldest 2 h 5 min old
  all held by the operator
  last: for want of TLS: TLS is required, but was not offered (decided by outgoing/require.rhai:8:47) (4.7.4), at mx.there.example
there.example: 1 message, 3 recipients, the oldest 2 h 5 min old
  next try 2027-01-15T08:01:30Z (in 1 min)
  last: for want of TLS: TLS is required, but was not offered (decided by outgoing/require.rhai:8:47) (4.7.4), at mx.there.example";
    assert_eq!(shown.join("\n"), expected);
}

#[test]
fn a_recipient_says_why_it_waits() {
    let put_off = (at(7200), no_tls());
    let state = |standing| Queued { standing, last: None, attempts: 0, ..queued() };
    let shown: Vec<String> = [
        (queued(), None),
        (queued(), Some(&put_off)),
        (Queued { leased: true, ..queued() }, Some(&put_off)),
        (state(Standing::Held), None),
        (state(Standing::GivenUp), None),
        (state(Standing::Removed), None),
    ]
    .iter()
    .flat_map(|(queued, put_off)| recipient(at(0), queued, *put_off).split_off(1))
    .collect();
    let said = "    last: the host refused the recipient (4.2.1), at mx.there.example, which said: 450 4.2.1 not now";
    let expected = [
        "    next try 2027-01-15T09:00:00Z (in 1 h), tried 2 times so far",
        said,
        "    its destination is put off until 2027-01-15T10:00:00Z (in 2 h): for want of TLS: TLS is required, \
         but was not offered (decided by outgoing/require.rhai:8:47) (4.7.4), at mx.there.example",
        said,
        "    being delivered now, tried 2 times so far",
        said,
        "    held by the operator: `waxseal queue release` lets it go",
        "    never tried yet",
        "    given up by the operator: its sender is being told",
        "    never tried yet",
        "    removed by the operator once its attempt has ended",
        "    never tried yet",
    ];
    assert_eq!(shown, expected);
    assert_eq!(
        message(at(0), &queued()),
        "00000000-0000-0000-0000-000000000000  from <ann@home.example>, 1 octet, 2 d 7 h old"
    );
}
