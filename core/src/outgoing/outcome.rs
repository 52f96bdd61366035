//! What becomes of each recipient, once the hosts of its domain were tried. No I/O.

use jiff::{SignedDuration, Timestamp};

use super::problem::Problem;
use crate::config::Delivery;
use crate::observe::Protection;
use crate::spool::{LeasedRecipient, Outcome};

/// What the hosts said so far.
#[derive(Debug)]
pub(super) struct Tally {
    pending: Vec<Pending>,
    settled: Vec<(LeasedRecipient, Outcome)>,
    protection: Protection,
    stop: Stop,
}

/// Whether the attempt ran to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// All hosts were tried.
    AtEnd,
    /// The relay stops: what is pending is given back, and no attempt is counted.
    Early,
}

/// A recipient that no host took or refused for good yet.
#[derive(Debug)]
struct Pending {
    recipient: LeasedRecipient,
    problem: Option<Problem>,
    /// The message fails only if every host was reached and refused for good.
    hope: Hope,
}

/// Whether a later attempt may do better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hope {
    /// Every host so far refused for good.
    Lost,
    /// A host was not reached, or said "later".
    Left,
}

/// When to try again, and when to give up.
#[derive(Clone, Debug)]
pub(super) struct Schedule<'a> {
    /// The configured waits.
    pub delivery: &'a Delivery,
    /// When the message was accepted.
    pub received: Timestamp,
    /// Now.
    pub now: Timestamp,
}

impl Tally {
    /// Nothing was tried yet.
    pub(super) fn new(recipients: &[LeasedRecipient]) -> Self {
        let pending = |recipient: &LeasedRecipient| Pending {
            recipient: recipient.clone(),
            problem: None,
            hope: Hope::Lost,
        };
        Self {
            pending: recipients.iter().map(pending).collect(),
            settled: vec![],
            protection: Protection::None,
            stop: Stop::AtEnd,
        }
    }

    /// The recipients for whom a further host is to be tried.
    pub(super) fn pending(&self) -> Vec<LeasedRecipient> {
        self.pending.iter().map(|pending| pending.recipient.clone()).collect()
    }

    /// Whether nobody is left to try for.
    pub(super) fn is_done(&self) -> bool {
        self.pending.is_empty()
    }

    /// A connection was found that the envelope may cross.
    pub(super) fn crossing(&mut self, protection: Protection) {
        self.protection = protection;
    }

    /// How the last connection that the envelope was let across was protected.
    pub(super) fn protection(&self) -> Protection {
        self.protection
    }

    /// A host took the message for this recipient.
    pub(super) fn delivered(&mut self, number: u32) {
        self.take(number, Outcome::Delivered);
    }

    /// A host refused this recipient, or the message for it, for good: its word is final, as that
    /// of any host of the domain (RFC 5321 section 4.2.1).
    pub(super) fn failed(&mut self, number: u32, problem: Problem) {
        self.take(number, Outcome::Failed { status: problem.into_status() });
    }

    /// This host is ruled out for this recipient; others may be tried.
    pub(super) fn put_off(&mut self, number: u32, problem: &Problem) {
        for pending in self.pending.iter_mut().filter(|pending| pending.recipient.number == number) {
            pending.note(problem);
        }
    }

    /// A host is ruled out for everybody left: not reached, or it or a policy said no.
    pub(super) fn ruled_out(&mut self, problem: &Problem) {
        for pending in &mut self.pending {
            pending.note(problem);
        }
    }

    /// The relay stops: who is left is given back.
    pub(super) fn abandon(&mut self) {
        self.stop = Stop::Early;
    }

    /// What becomes of everybody.
    pub(super) fn settle(self, schedule: &Schedule<'_>) -> Vec<(LeasedRecipient, Outcome)> {
        let stop = self.stop;
        let rest = self.pending.into_iter().map(|pending| {
            let outcome = match stop {
                Stop::Early => Outcome::Abandoned,
                Stop::AtEnd => schedule.outcome(&pending),
            };
            (pending.recipient, outcome)
        });
        self.settled.into_iter().chain(rest).collect()
    }

    fn take(&mut self, number: u32, outcome: Outcome) {
        if let Some(at) = self.pending.iter().position(|pending| pending.recipient.number == number) {
            self.settled.push((self.pending.remove(at).recipient, outcome));
        }
    }
}

impl Pending {
    fn note(&mut self, problem: &Problem) {
        if !problem.is_permanent() {
            self.hope = Hope::Left;
        }
        if self.problem.as_ref().is_none_or(|noted| problem.tells_more_than(noted)) {
            self.problem = Some(problem.clone());
        }
    }
}

impl Schedule<'_> {
    fn outcome(&self, pending: &Pending) -> Outcome {
        let Some(problem) = pending.problem.clone() else { return Outcome::Abandoned };
        let status = problem.into_status();
        if pending.hope == Hope::Lost {
            return Outcome::Failed { status };
        }
        let expires = later(self.received, self.delivery.expire);
        if self.now >= expires {
            // The bounce says for good what was said for now: RFC 3464 section 2.3.4.
            let code = status.code.in_class(5);
            return Outcome::Failed { status: crate::spool::Status { code, ..status } };
        }
        // The last attempt is made when the message expires, so that it is never given up untried.
        let due = later(self.now, self.wait(pending.recipient.attempts)).min(expires);
        Outcome::Deferred { due, status }
    }

    /// The wait after so many attempts and this one; the last one repeats.
    fn wait(&self, attempts: u32) -> std::time::Duration {
        let at = usize::try_from(attempts).unwrap_or(usize::MAX);
        let last = self.delivery.retry.last().copied().unwrap_or(std::time::Duration::from_secs(1800));
        self.delivery.retry.get(at).copied().unwrap_or(last)
    }
}

fn later(time: Timestamp, by: std::time::Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use waxseal_plugins::verdicts::EnhancedCode;

    use super::*;

    const MINUTE: u64 = 60;

    fn delivery() -> Delivery {
        Delivery {
            port: 25,
            retry: vec![Duration::from_secs(5 * MINUTE), Duration::from_secs(15 * MINUTE)],
            expire: Duration::from_secs(60 * MINUTE),
            connections_total: 1,
            connections_per_host: 1,
        }
    }

    fn recipient(number: u32, attempts: u32) -> LeasedRecipient {
        LeasedRecipient { number, address: format!("r{number}@example.org"), attempts, last: None }
    }

    fn minutes(minutes: u64) -> Timestamp {
        later(Timestamp::UNIX_EPOCH, Duration::from_secs(minutes * MINUTE))
    }

    fn settle(tally: Tally, now: u64) -> Vec<Outcome> {
        let delivery = delivery();
        let schedule = Schedule { delivery: &delivery, received: Timestamp::UNIX_EPOCH, now: minutes(now) };
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

    #[test]
    fn recipients_have_their_own_outcomes() {
        let mut tally = Tally::new(&[recipient(3, 0), recipient(5, 0), recipient(8, 0)]);
        tally.delivered(5);
        tally.failed(8, refused());
        tally.put_off(3, &no_tls());
        assert_eq!(tally.pending(), [recipient(3, 0)]);
        let outcomes = settle(tally, 0);
        assert!(
            matches!(
                outcomes.as_slice(),
                [Outcome::Delivered, Outcome::Failed { .. }, Outcome::Deferred { .. }]
            ),
            "{outcomes:?}"
        );
    }

    #[test]
    fn a_stop_gives_back_who_is_pending_and_keeps_what_is_done() {
        let mut tally = Tally::new(&[recipient(0, 0), recipient(1, 0)]);
        tally.ruled_out(&unreached());
        tally.delivered(0);
        tally.abandon();
        assert!(matches!(settle(tally, 0).as_slice(), [Outcome::Delivered, Outcome::Abandoned]));
    }
}
