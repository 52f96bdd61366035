use jiff::SignedDuration;
use waxseal_plugins::verdicts::EnhancedCode;

use super::*;
use crate::spool::MessageId;

fn now() -> Timestamp {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

fn in_minutes(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

fn delivery() -> Delivery {
    use crate::config::Allowance;
    Delivery {
        port: 25,
        retry: vec![Duration::from_secs(60)],
        expire: Duration::from_secs(5 * 86_400),
        warn: None,
        connections_total: 1,
        connections_per_host: 1,
        allowance: Allowance { connections: 1, messages: None, new_connections: None },
        limits: vec![],
    }
}

fn status(code: EnhancedCode, reason: &str, reply: Option<&str>) -> Status {
    let (reason, reply) = (reason.to_owned(), reply.map(str::to_owned));
    Status { code, reason, host: Some("mx.bank.example".to_owned()), reply, way: None, failure: None }
}

fn waits() -> QueuedDestination {
    QueuedDestination {
        domain: "bank.example".to_owned(),
        messages: 2,
        recipients: 3,
        held: 0,
        leased: 0,
        oldest: in_minutes(-60),
        due: Some(in_minutes(5)),
        put_off: None,
        last: None,
    }
}

fn of(waits: &QueuedDestination) -> Waiting {
    destination(now(), waits, &delivery())
}

#[test]
fn tls_that_did_not_come_about_is_said_with_the_line_that_wanted_it() {
    let reason = "the certificate expired on 2021-01-01 (decided by outgoing/require_verified.rhai:12:5)";
    let why = status(EnhancedCode::new(4, 7, 5), reason, None);
    let told = of(&QueuedDestination { put_off: Some((in_minutes(20), why)), ..waits() });
    assert_eq!((told.state, told.cause), (State::PutOff, Cause::Tls));
    assert_eq!(
        told.why,
        "TLS with mx.bank.example did not come about as it must: the certificate expired on 2021-01-01."
    );
    assert_eq!(told.decided_by.as_deref(), Some("outgoing/require_verified.rhai:12:5"));
    assert_eq!(told.at, Some(in_minutes(20)));
    assert_eq!(
        told.next,
        "Nothing is tried before; one message tries again in 20 min. The oldest message is returned to its sender \
         in 4 d 23 h if nothing gets through."
    );
}

#[test]
fn a_cause_is_what_an_administrator_must_look_at() {
    let cause = |code: (u8, u16, u16), reason: &str, reply: Option<&str>| {
        let last = Some(status(EnhancedCode::new(code.0, code.1, code.2), reason, reply));
        of(&QueuedDestination { last, ..waits() }).cause
    };
    assert_eq!(cause((4, 2, 2), "the host refused RCPT", Some("452 4.2.2 full")), Cause::Host);
    assert_eq!(cause((4, 4, 2), "TLS is required: the connection was closed", None), Cause::Tls);
    assert_eq!(cause((4, 4, 1), "no answer from 192.0.2.1:25", None), Cause::Network);
    assert_eq!(cause((4, 3, 0), "a policy of this relay failed (at x)", None), Cause::Ourselves);
    assert_eq!(cause((4, 7, 1), "not today (decided by filters/10.rhai:1:1)", None), Cause::Policy);
    assert_eq!(of(&waits()).cause, Cause::Nothing);
}

#[test]
fn an_operator_is_told_how_a_policy_failed() {
    let failed =
        status(EnhancedCode::new(4, 3, 0), "a policy of this relay failed (at filters/a.rhai:2:5)", None);
    let failure = Some("the configuration has no [[transport]] `branch`".into());
    let told = of(&QueuedDestination { last: Some(Status { failure, ..failed }), ..waits() });
    assert_eq!(
        told.why,
        "This relay is at fault: a policy of this relay failed (at filters/a.rhai:2:5): the configuration has no \
         [[transport]] `branch`."
    );
}

#[test]
fn each_state_says_what_happens_next() {
    let state = |waits: QueuedDestination| of(&waits).state;
    assert_eq!(state(waits()), State::Planned);
    assert_eq!(state(QueuedDestination { due: Some(in_minutes(-1)), ..waits() }), State::Due);
    assert_eq!(state(QueuedDestination { leased: 1, ..waits() }), State::Delivering);
    let held = of(&QueuedDestination { due: None, held: 3, ..waits() });
    assert_eq!((held.state, held.cause, held.at), (State::Held, Cause::Operator, None));
    assert!(held.next.contains("until it is released"), "{}", held.next);
    // What was put off until a time that is over is put off no more.
    let over = (in_minutes(-5), status(EnhancedCode::new(4, 4, 1), "gone", None));
    assert_eq!(state(QueuedDestination { put_off: Some(over), ..waits() }), State::Planned);
}

#[test]
fn a_recipient_waits_for_its_destination_where_that_is_put_off() {
    let queued = Queued {
        message: MessageId::nil(),
        number: 0,
        sender: String::new(),
        address: "bob@bank.example".to_owned(),
        domain: "bank.example".to_owned(),
        received: in_minutes(-60),
        size: 1,
        standing: Standing::Waiting,
        leased: false,
        due: in_minutes(1),
        attempts: 2,
        last: None,
    };
    let off = (in_minutes(30), status(EnhancedCode::new(4, 4, 1), "no answer", None));
    let told = recipient(now(), &queued, Some(&off), &delivery());
    assert_eq!((told.state, told.cause, told.at), (State::PutOff, Cause::Network, Some(in_minutes(30))));
    let given_up = Queued { standing: Standing::GivenUp, ..queued };
    assert_eq!(recipient(now(), &given_up, Some(&off), &delivery()).state, State::Ending);
}
