//! How an attempt went so far: whom it has met, whom it has missed, and what is concluded from it.
//! No I/O.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

use super::outcome::Tally;
use super::pool::Idle;
use super::problem::Problem;
use super::route::Concerns;
use crate::spool::{LeasedRecipient, Status};

/// The most addresses that one attempt tries. RFC 5321 section 5.1 asks for at least two.
pub(super) const ADDRESSES: usize = 12;

/// An attempt under way.
#[derive(Debug)]
pub(super) struct Trip {
    /// What the hosts said.
    pub tally: Tally,
    /// The connection over which the next envelope may go.
    pub kept: Option<Idle>,
    /// How many further addresses may be tried.
    pub left: usize,
    /// When it began.
    pub began: Instant,
    /// When the hosts of the destination were looked up.
    pub found: Instant,
    /// The address that was tried without looking the hosts up.
    pub tried: Option<SocketAddr>,
    /// What the destination has shown, beside what became of this message.
    pub shown: Shown,
    /// Whom it concerns which hosts are there.
    pub concerns: Concerns,
    met: Met,
    unreached: Option<Status>,
    left_alone: Option<(Instant, Status)>,
    busy: Met,
}

/// What a destination has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Nothing new.
    Nothing,
    /// It takes mail again.
    Revived,
    /// One connection is too much for it: it is left alone for so long.
    Throttled(Duration),
}

/// Whether a host was met, as the words beside it say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Met {
    Nobody,
    Somebody,
}

/// Why there is no connection to an address.
#[derive(Debug)]
pub(super) enum Miss {
    /// It has as many connections as it may have.
    Busy,
    /// It did not answer lately, and is left alone until then.
    LeftAlone(Instant, Status),
    /// It was not reached now.
    Unreached(Problem),
    /// We could not leave for it: that is no matter of the host.
    Grounded(Problem),
}

/// What is concluded of the destination.
#[derive(Debug, PartialEq)]
pub(super) enum Conclusion {
    /// Nothing: a host was met, or it concerns this message only.
    Nothing,
    /// Its hosts are busy: the lease is given back.
    Busy,
    /// None of its hosts was tried, since all are left alone: so is the destination.
    LeftAlone(Instant, Status),
    /// None of its hosts was reached: it is left alone.
    Unreachable(Status),
}

impl Trip {
    /// Nobody was met yet.
    pub(super) fn new(recipients: &[LeasedRecipient], concerns: Concerns) -> Self {
        let now = Instant::now();
        Self {
            tally: Tally::new(recipients),
            kept: None,
            left: ADDRESSES,
            began: now,
            found: now,
            tried: None,
            shown: Shown::Nothing,
            concerns,
            met: Met::Nobody,
            unreached: None,
            left_alone: None,
            busy: Met::Nobody,
        }
    }

    /// A host has greeted us, whatever it said next.
    pub(super) fn met(&mut self) {
        self.met = Met::Somebody;
    }

    /// A host, or the name of one, was not reached.
    pub(super) fn unreached(&mut self, problem: &Problem) {
        self.tally.ruled_out(problem);
        self.unreached = Some(problem.status().clone());
    }

    /// There is no connection to an address.
    pub(super) fn missed(&mut self, miss: Miss) {
        match miss {
            Miss::Busy => self.busy = Met::Somebody,
            Miss::Unreached(problem) => self.unreached(&problem),
            Miss::Grounded(problem) => self.tally.ruled_out(&problem),
            Miss::LeftAlone(until, why) => {
                self.tally.ruled_out(&Problem::of_status(&why));
                if self.left_alone.as_ref().is_none_or(|(known, _)| until < *known) {
                    self.left_alone = Some((until, why));
                }
            }
        }
    }

    /// Whether a host was passed by that has as many connections as it may have.
    pub(super) fn is_held_up(&self) -> bool {
        self.busy == Met::Somebody
    }

    /// What is concluded of the destination.
    pub(super) fn conclusion(&self) -> Conclusion {
        match (self.met, self.busy, &self.unreached, &self.left_alone) {
            (Met::Somebody, ..) => Conclusion::Nothing,
            (_, Met::Somebody, ..) => Conclusion::Busy,
            // What waits for other hosts does not wait for these.
            _ if self.concerns == Concerns::Message => Conclusion::Nothing,
            (_, _, Some(why), _) => Conclusion::Unreachable(why.clone()),
            (_, _, None, Some((until, why))) => Conclusion::LeftAlone(*until, why.clone()),
            (_, _, None, None) => Conclusion::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use waxseal_plugins::verdicts::EnhancedCode;

    use super::*;

    fn problem(reason: &str) -> Problem {
        Problem::temporary(EnhancedCode::new(4, 4, 1), reason)
    }

    fn after(misses: Vec<Miss>) -> Trip {
        let mut trip = Trip::new(&[], Concerns::Destination);
        misses.into_iter().for_each(|miss| trip.missed(miss));
        trip
    }

    fn alone(trip: &Trip, seconds: u64) -> Miss {
        Miss::LeftAlone(
            trip.began + Duration::from_secs(seconds),
            problem(&seconds.to_string()).into_status(),
        )
    }

    #[test]
    fn a_destination_is_unreachable_only_if_nobody_was_met() {
        let mut trip = after(vec![Miss::Unreached(problem("refused"))]);
        assert_eq!(trip.conclusion(), Conclusion::Unreachable(problem("refused").into_status()));
        trip.met();
        assert_eq!(trip.conclusion(), Conclusion::Nothing);
        assert_eq!(after(vec![]).conclusion(), Conclusion::Nothing);
    }

    #[test]
    fn of_other_mail_that_may_go_another_way_nothing_is_concluded() {
        let mut trip =
            Trip { concerns: Concerns::Message, ..after(vec![Miss::Unreached(problem("refused"))]) };
        assert_eq!(trip.conclusion(), Conclusion::Nothing);
        trip.missed(alone(&trip, 10));
        assert_eq!(trip.conclusion(), Conclusion::Nothing);
        trip.missed(Miss::Busy);
        assert_eq!(trip.conclusion(), Conclusion::Busy, "it is given back, and waits for a place");
    }

    #[test]
    fn that_we_cannot_leave_is_no_matter_of_the_destination() {
        assert_eq!(after(vec![Miss::Grounded(problem("no such address"))]).conclusion(), Conclusion::Nothing);
    }

    #[test]
    fn where_all_are_left_alone_the_first_that_is_not_decides() {
        let mut trip = after(vec![]);
        for seconds in [30, 10, 20] {
            trip.missed(alone(&trip, seconds));
        }
        let until = trip.began + Duration::from_secs(10);
        assert_eq!(trip.conclusion(), Conclusion::LeftAlone(until, problem("10").into_status()));
        trip.missed(Miss::Unreached(problem("refused")));
        assert_eq!(trip.conclusion(), Conclusion::Unreachable(problem("refused").into_status()));
    }

    #[test]
    fn a_busy_host_is_no_reason_to_leave_anybody_alone() {
        let trip = after(vec![Miss::Unreached(problem("refused")), Miss::Busy]);
        assert_eq!(trip.conclusion(), Conclusion::Busy);
        assert!(trip.is_held_up());
    }
}
