//! What becomes of each recipient, once the hosts of its domain were tried. No I/O.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use waxseal_plugins::facts::Host;
use waxseal_plugins::verdicts::EnhancedCode;

use super::Outbound;
use super::problem::Problem;
use super::schedule::Chance;
use super::way::Chosen;
use crate::config::Delivery;
use crate::observe::Protection;
use crate::smtp::capabilities::{Capabilities, Extension};
use crate::smtp::reply::Reply;
use crate::spool::{Lease, LeasedRecipient, Outcome, Status};

/// What the hosts said so far.
#[derive(Debug)]
pub(super) struct Tally {
    pending: Vec<Pending>,
    settled: Vec<(LeasedRecipient, Outcome)>,
    reached: Reached,
    notices: Notices,
    taken: Vec<(u32, Status)>,
    unpromised: Vec<(u32, Status)>,
    stop: Stop,
    /// The way, if filters chose it.
    way: Option<String>,
}

/// Whether the host will tell the sender of a success, where that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notices {
    /// It offers DSN: it will see to it (RFC 3461 section 5.2.1).
    Promised,
    /// It does not: the sender hears of it from us, or never (RFC 3461 section 5.2.2).
    Unpromised,
}

/// The last connection that the envelope was let across.
#[derive(Clone, Debug)]
pub(super) struct Reached {
    /// To which host; `None` where there was no such connection.
    pub host: Option<Arc<Host>>,
    /// How it was protected.
    pub protection: Protection,
}

/// Whether the attempt ran to its end.
#[derive(Clone, Debug, PartialEq)]
enum Stop {
    /// All hosts were tried.
    AtEnd,
    /// A host may have taken the message without a word: it is offered to no other now. Who was not told
    /// of to any is given back.
    Unconfirmed,
    /// The relay stops, or its policies were reloaded: what is pending is given back, and no attempt
    /// is counted.
    Early,
    /// It is our own fault, and no other host would do better: what is pending waits for this.
    AtFault(Problem),
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
    /// Spreads the waits: what failed together must not come back together.
    pub chance: Chance,
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
            reached: Reached { host: None, protection: Protection::None },
            notices: Notices::Unpromised,
            taken: vec![],
            unpromised: vec![],
            stop: Stop::AtEnd,
            way: None,
        }
    }

    /// The message goes this way.
    pub(super) fn goes(&mut self, chosen: &Chosen) {
        self.way = chosen.words();
    }

    /// The recipients for whom a further host is to be tried.
    pub(super) fn pending(&self) -> Vec<LeasedRecipient> {
        self.pending.iter().map(|pending| pending.recipient.clone()).collect()
    }

    /// Whether no further host is to be tried: nobody is left, or nothing would help.
    pub(super) fn is_done(&self) -> bool {
        self.pending.is_empty() || self.stop != Stop::AtEnd
    }

    /// Whether a host took the message for somebody.
    pub(super) fn has_delivered(&self) -> bool {
        self.settled.iter().any(|(_, outcome)| matches!(outcome, Outcome::Delivered))
    }

    /// Why the first of those waits for whom a further host would be tried.
    pub(super) fn why(&self) -> Option<&Status> {
        self.pending.iter().find_map(|pending| pending.problem.as_ref()).map(Problem::status)
    }

    /// A connection was found that the envelope may cross.
    pub(super) fn crossing(&mut self, host: &Arc<Host>, protection: Protection) {
        self.reached = Reached { host: Some(Arc::clone(host)), protection };
    }

    /// The last connection that the envelope was let across.
    pub(super) fn reached(&self) -> &Reached {
        &self.reached
    }

    /// What the host of that connection can do.
    pub(super) fn meets(&mut self, host: &Capabilities) {
        let offered = host.offers(Extension::Dsn);
        self.notices = if offered { Notices::Promised } else { Notices::Unpromised };
    }

    /// A host took the message for this recipient, and said this to it.
    pub(super) fn delivered(&mut self, number: u32, reply: &Reply) {
        let status = self.took_it(reply);
        let asked = |pending: &Pending| {
            pending.recipient.number == number && pending.recipient.dsn.notify.of_success()
        };
        if self.notices == Notices::Unpromised && self.pending.iter().any(asked) {
            self.unpromised.push((number, Status { reply: None, ..status.clone() }));
        }
        self.taken.push((number, status));
        self.take(number, Outcome::Delivered);
    }

    /// What the hosts said that took the message, for whom. A host that gives no enhanced code has said 2.0.0.
    pub(super) fn taken(&self) -> &[(u32, Status)] {
        &self.taken
    }

    /// Whose success was asked for, and taken by a host that will not tell of it; and what there is
    /// to tell.
    pub(super) fn unpromised(&self) -> &[(u32, Status)] {
        &self.unpromised
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

    /// The attempt must not go on: who is left is given back.
    pub(super) fn abandon(&mut self) {
        self.stop = Stop::Early;
    }

    /// A host may have taken the message: no further host is tried now.
    pub(super) fn stop(&mut self) {
        self.stop = Stop::Unconfirmed;
    }

    /// The relay itself is at fault: who is left is tried again later, at no further host now.
    pub(super) fn at_fault(&mut self, code: EnhancedCode, reason: impl Into<String>) {
        self.stop = Stop::AtFault(Problem::temporary(code, reason));
    }

    /// What becomes of everybody.
    pub(super) fn settle(self, schedule: &Schedule<'_>) -> Vec<(LeasedRecipient, Outcome)> {
        let (stop, way) = (self.stop, self.way);
        let rest = self.pending.into_iter().map(|mut pending| {
            let outcome = match &stop {
                Stop::Early => Outcome::Abandoned,
                // Not all hosts have refused them: not all were asked.
                Stop::Unconfirmed if pending.hope == Hope::Lost => Outcome::Abandoned,
                Stop::AtEnd | Stop::Unconfirmed => schedule.outcome(&pending),
                Stop::AtFault(problem) => {
                    (pending.problem, pending.hope) = (Some(problem.clone()), Hope::Left);
                    schedule.outcome(&pending)
                }
            };
            (pending.recipient, outcome)
        });
        let all = self.settled.into_iter().chain(rest);
        all.map(|(recipient, outcome)| (recipient, outcome.by_way(way.as_ref()))).collect()
    }

    fn took_it(&self, reply: &Reply) -> Status {
        let code = reply.enhanced.unwrap_or(EnhancedCode::new(2, 0, 0));
        let (reason, host) = ("the host took it".to_owned(), self.reached.name().map(str::to_owned));
        Status { code, reason, host, reply: Some(reply.to_string()), way: None, failure: None }
    }

    fn take(&mut self, number: u32, outcome: Outcome) {
        if let Some(at) = self.pending.iter().position(|pending| pending.recipient.number == number) {
            self.settled.push((self.pending.remove(at).recipient, outcome));
        }
    }
}

impl Reached {
    /// The name of the host.
    pub(super) fn name(&self) -> Option<&str> {
        self.host.as_ref().map(|host| host.name.as_str())
    }
}

impl Outcome {
    /// Of mail that filters have sent this way: whoever asks why it waits sees where it went.
    fn by_way(mut self, way: Option<&String>) -> Self {
        if let Self::Deferred { status, .. } | Self::Failed { status } = &mut self {
            status.way = way.cloned();
        }
        self
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

impl<'a> Schedule<'a> {
    /// That of a lease, now.
    pub(super) fn of(outbound: &'a Outbound, lease: &Lease) -> Self {
        let delivery = &outbound.services.config.delivery;
        let (received, now) = (lease.envelope.waits_since(), Timestamp::now());
        Self { delivery, received, now, chance: Chance::drawn() }
    }

    /// Whether a sender is told that his message waits: not once its time is over.
    pub(super) fn warns(&self) -> bool {
        self.delivery.warn.is_some() && self.now < self.expires()
    }

    /// When the message is given up.
    pub(super) fn expires(&self) -> Timestamp {
        self.expires_from(self.received)
    }

    /// When a message is given up that was accepted at a time.
    pub(super) fn expires_from(&self, received: Timestamp) -> Timestamp {
        later(received, self.delivery.expire)
    }

    /// What becomes of a recipient who could be tried again: at this time, unless it is too late.
    pub(super) fn again(&self, recipient: &LeasedRecipient, due: Timestamp, status: Status) -> Outcome {
        let expires = self.expires();
        if self.now >= expires {
            // The bounce says for good what was said for now: RFC 3464 section 2.3.4.
            let code = status.code.in_class(5);
            return Outcome::Failed { status: Status { code, ..status } };
        }
        // Once the sender was warned, nothing is to be noticed before the end.
        let warned = recipient.attention <= self.now;
        let attention = if warned { expires } else { recipient.attention.min(expires) };
        // The last attempt is made when the message expires, so that it is never given up untried.
        Outcome::Deferred { due: due.min(expires), status, attention }
    }

    fn outcome(&self, pending: &Pending) -> Outcome {
        let Some(problem) = pending.problem.clone() else { return Outcome::Abandoned };
        let status = problem.into_status();
        if pending.hope == Hope::Lost {
            return Outcome::Failed { status };
        }
        let due = later(self.now, self.wait(pending.recipient.attempts));
        self.again(&pending.recipient, due, status)
    }

    /// The wait after so many attempts and this one; the last one repeats.
    fn wait(&self, attempts: u32) -> std::time::Duration {
        let at = usize::try_from(attempts).unwrap_or(usize::MAX);
        let last = self.delivery.retry.last().copied().unwrap_or(std::time::Duration::from_secs(1800));
        self.chance.spread(self.delivery.retry.get(at).copied().unwrap_or(last))
    }
}

/// A time so much later, as far as time goes.
pub(super) fn later(time: Timestamp, by: std::time::Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
pub(super) mod tests;
