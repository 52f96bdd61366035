//! What is noted where a host says no, or nothing more.

use waxseal_plugins::verdicts::EnhancedCode;

use super::content::Unsent;
use super::plan::{Phase, wants_tls};
use super::{After, Lacks, Transaction, Usage, unreadable};
use crate::net::ReadError;
use crate::outgoing::dialogue::Broken;
use crate::outgoing::problem::Problem;
use crate::smtp::reply::Reply;

impl Transaction<'_> {
    /// Read as the reply to what follows, it would be a promise that nobody made.
    pub(super) fn spoke_out_of_turn(&mut self, when: &str) -> After {
        if self.usage == Usage::Again && self.phase == Phase::Envelope {
            return After::Stale;
        }
        let what = format!("the host replied {when}");
        self.tally.ruled_out(&Problem::temporary(EnhancedCode::new(4, 5, 0), what).at(self.host));
        After::Drop
    }

    pub(super) fn failed(&mut self, unsent: Unsent) -> After {
        match unsent {
            // A new connection may do better than one that was used up. Else the host has too much, and
            // closes without a word to what it was sent besides (RFC 5321 section 3.8).
            Unsent::Closing(_) if self.usage == Usage::Again => After::Stale,
            Unsent::Closing(reply) => {
                self.refused("the sender", &reply);
                After::Throttled
            }
            Unsent::Broken(broken) if self.is_stale(&broken) => After::Stale,
            Unsent::Broken(broken) => {
                self.tally.ruled_out(&broken.problem(self.phase.words()).at(self.host));
                After::Drop
            }
            Unsent::Refused(reply) => {
                self.refused("the message", &reply);
                After::Drop
            }
            Unsent::Unread(error) => {
                // Closed without its end: the host must not take half a message.
                unreadable(self.tally, &error);
                After::Drop
            }
        }
    }

    /// Whether the host had closed a used connection before it read this envelope.
    pub(super) fn is_stale(&self, broken: &Broken) -> bool {
        let is_closed = matches!(broken, Broken::Read(ReadError::Closed | ReadError::Io(_)));
        self.usage == Usage::Again && self.phase == Phase::Envelope && is_closed
    }

    /// The host's no to the whole envelope.
    pub(super) fn refused(&mut self, what: &str, reply: &Reply) {
        let everybody: Vec<u32> = self.recipients.iter().map(|recipient| recipient.number).collect();
        self.refused_for(&everybody, what, reply);
    }

    pub(super) fn refused_for(&mut self, numbers: &[u32], what: &str, reply: &Reply) {
        let problem = self.unless_for_tls(Problem::of_reply(what, reply).at(self.host), reply);
        for number in numbers {
            self.note(*number, problem.clone());
        }
    }

    /// A host that wants TLS first says so with 530 (RFC 3207 section 4). Where TLS has failed, it may do
    /// better next time.
    pub(super) fn unless_for_tls(&mut self, problem: Problem, reply: &Reply) -> Problem {
        if self.lacks == Lacks::Nothing || !wants_tls(reply) {
            return problem;
        }
        self.lacks = Lacks::DemandedTls;
        problem.for_now()
    }

    /// A 5xx is the domain's last word; after a 4xx another host may do better.
    pub(super) fn note(&mut self, number: u32, problem: Problem) {
        if problem.is_permanent() {
            self.tally.failed(number, problem);
        } else {
            self.tally.put_off(number, &problem);
        }
    }
}
