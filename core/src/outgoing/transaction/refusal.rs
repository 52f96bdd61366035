//! What is noted where a host says no, or nothing more.

use waxseal_plugins::verdicts::EnhancedCode;

use super::content::Unsent;
use super::plan::{CLOSING, Phase, wants_tls};
use super::{After, Lacks, Sent, Transaction, Usage, unreadable};
use crate::net::ReadError;
use crate::outgoing::dialogue::Broken;
use crate::outgoing::problem::Problem;
use crate::smtp::reply::Reply;

impl Transaction<'_> {
    /// Read as the reply to what follows, it would be a promise that nobody made.
    pub(super) fn spoke_out_of_turn(&mut self, when: &str) -> After {
        if self.is_unheard() {
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
            Unsent::Closing(_) if self.is_unheard() => After::Stale,
            Unsent::Closing(reply) => {
                let what = if self.phase == Phase::Envelope { "the sender" } else { "the message" };
                self.refused(what, &reply);
                After::Closing
            }
            Unsent::Broken(broken) if self.may_be_taken() => self.unconfirmed(&broken),
            Unsent::Broken(broken) if self.is_stale(&broken) => After::Stale,
            Unsent::Broken(broken) => {
                self.tally.ruled_out(&broken.problem(self.phase.words()).at(self.host));
                After::Drop
            }
            Unsent::Refused(reply) => {
                self.refused("the message", &reply);
                if reply.code == CLOSING { After::Closing } else { After::Drop }
            }
            Unsent::Unread(error) => {
                // Closed without its end: the host must not take half a message.
                unreadable(self.tally, &error);
                After::Drop
            }
        }
    }

    /// Whether the host had closed a used connection before it read this envelope.
    fn is_stale(&self, broken: &Broken) -> bool {
        self.is_unheard() && matches!(broken, Broken::Read(ReadError::Closed | ReadError::Io(_)))
    }

    /// Whether a used connection may be all that is wrong: the host has said nothing of this envelope.
    fn is_unheard(&self) -> bool {
        self.usage != Usage::First && self.phase == Phase::Envelope
    }

    /// Whether the host may have the message for somebody, though it did not say so.
    fn may_be_taken(&self) -> bool {
        self.sent == Sent::Whole && self.refused < self.recipients.len()
    }

    /// No other host is tried: those who have it already would get it twice at once. A later attempt is what
    /// RFC 5321 section 4.5.4.1 asks for.
    fn unconfirmed(&mut self, broken: &Broken) -> After {
        let problem = broken.problem(Phase::Confirmation.words()).at(self.host);
        for recipient in self.recipients {
            self.tally.put_off(recipient.number, &problem);
        }
        self.tally.stop();
        After::Drop
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
