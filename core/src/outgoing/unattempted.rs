//! What becomes of recipients that are not attempted: their destination is put off and their time
//! of attention has come, or the operator has given them up. No I/O.

use waxseal_plugins::verdicts::EnhancedCode;

use super::outcome::{Schedule, later};
use super::schedule::LONGEST;
use crate::spool::{Lease, LeasedRecipient, Outcome, Purpose, Status};

/// What becomes of everybody of a lease that is none for delivery.
pub(super) fn outcomes(lease: &Lease, schedule: &Schedule<'_>) -> Vec<(LeasedRecipient, Outcome)> {
    let each =
        |recipient: &LeasedRecipient| (recipient.clone(), outcome(&lease.purpose, recipient, schedule));
    lease.recipients.iter().map(each).collect()
}

fn outcome(purpose: &Purpose, recipient: &LeasedRecipient, schedule: &Schedule<'_>) -> Outcome {
    match purpose {
        Purpose::Deliver => Outcome::Abandoned,
        Purpose::GiveUp => Outcome::Failed { status: given_up(recipient.last.as_ref()) },
        // Nothing is given up untried, but it waits no longer than its destination is left alone at once:
        // of many messages but one finds out whether it is back, and that decides for the others.
        Purpose::Overdue { why } if is_untried(recipient, schedule) => {
            let attention = later(schedule.now, LONGEST + LONGEST / 2);
            Outcome::Deferred { due: schedule.now, status: why.clone(), attention }
        }
        // Due whenever its destination is.
        Purpose::Overdue { why } => schedule.again(recipient, schedule.now, why.clone()),
    }
}

/// Whether its time is over before it had an attempt, and that was not known before.
fn is_untried(recipient: &LeasedRecipient, schedule: &Schedule<'_>) -> bool {
    let expires = schedule.expires();
    recipient.attempts == 0 && schedule.now >= expires && recipient.attention <= expires
}

/// The operator's word, and what was known before: it may be what a sender can mend.
fn given_up(last: Option<&Status>) -> Status {
    let code = last.map_or(EnhancedCode::new(5, 0, 0), |last| last.code.in_class(5));
    let word = "the operator of this relay has given it up";
    let reason = last.map_or_else(|| word.to_owned(), |last| format!("{word}; before: {}", last.reason));
    let known = |last: &Status| (last.host.clone(), last.reply.clone(), last.way.clone());
    let (host, reply, way) = last.map(known).unwrap_or_default();
    Status { code, reason, host, reply, way, failure: last.and_then(|last| last.failure.clone()) }
}

#[cfg(test)]
mod tests {
    use crate::outgoing::schedule::Chance;
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::config::Delivery;
    use crate::outgoing::outcome::tests;
    use crate::smtp::dsn::RecipientDsn;

    fn status() -> Status {
        let reason = "the host cannot be reached".to_owned();
        Status { code: EnhancedCode::new(4, 4, 1), reason, host: None, reply: None, way: None, failure: None }
    }

    fn hours(hours: i64) -> Timestamp {
        Timestamp::from_second(hours * 3600).unwrap()
    }

    fn recipient(last: Option<Status>) -> LeasedRecipient {
        let (address, dsn) = ("bob@there.example".to_owned(), RecipientDsn::default());
        LeasedRecipient { number: 0, address, attempts: 1, last, dsn, attention: hours(4) }
    }

    fn overdue(at: i64) -> Outcome {
        overdue_of(&recipient(None), at)
    }

    fn overdue_of(recipient: &LeasedRecipient, at: i64) -> Outcome {
        let delivery = Delivery { expire: Duration::from_secs(10 * 3600), ..tests::delivery() };
        let schedule =
            Schedule { delivery: &delivery, received: hours(0), now: hours(at), chance: Chance(0.5) };
        outcome(&Purpose::Overdue { why: status() }, recipient, &schedule)
    }

    #[test]
    fn what_is_put_off_is_looked_at_again_at_its_end() {
        let Outcome::Deferred { due, attention, .. } = overdue(4) else { panic!("not deferred") };
        assert_eq!((due, attention), (hours(4), hours(10)));
        let Outcome::Failed { status } = overdue(10) else { panic!("not failed") };
        assert_eq!(
            (status.code, status.reason.as_str()),
            (EnhancedCode::new(5, 4, 1), "the host cannot be reached")
        );
    }

    #[test]
    fn nothing_is_given_up_untried_unless_its_destination_stays_away() {
        let untried = LeasedRecipient { attempts: 0, ..recipient(None) };
        let Outcome::Deferred { due, attention, .. } = overdue_of(&untried, 10) else { panic!("given up") };
        assert_eq!((due, attention), (hours(10), later(hours(10), Duration::from_secs(45 * 60))));
        let again = LeasedRecipient { attention, ..untried.clone() };
        assert!(matches!(overdue_of(&again, 11), Outcome::Failed { .. }));
        let Outcome::Deferred { attention, .. } = overdue_of(&untried, 4) else { panic!("not deferred") };
        assert_eq!(attention, hours(10), "a warning is another matter");
        let gone = Schedule {
            delivery: &tests::delivery(),
            received: hours(0),
            now: hours(99),
            chance: Chance(0.5),
        };
        assert!(matches!(outcome(&Purpose::GiveUp, &untried, &gone), Outcome::Failed { .. }));
    }

    #[test]
    fn what_the_operator_gave_up_says_what_was_known_before() {
        assert_eq!(given_up(None).code, EnhancedCode::new(5, 0, 0));
        let known = given_up(Some(&status()));
        assert_eq!(known.code, EnhancedCode::new(5, 4, 1));
        assert!(
            known.reason.ends_with("given it up; before: the host cannot be reached"),
            "{}",
            known.reason
        );
    }
}
