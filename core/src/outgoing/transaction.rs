//! One envelope over one connection: MAIL, RCPT, DATA (RFC 5321 section 3.3), with PIPELINING
//! (RFC 2920).

use waxseal_plugins::verdicts::EnhancedCode;

use super::commands::{mail_command, rcpt_command};
use super::dialogue::{Broken, Dialogue};
use super::mail::Accepted;
use super::outcome::Tally;
use super::problem::Problem;
use super::session::Session;
use crate::smtp::capabilities::{Capabilities, Extension};
use crate::smtp::dot::Encoder;
use crate::smtp::reply::Reply;
use crate::spool::{BodyReader, Envelope, LeasedRecipient, SpoolError};

/// The most recipients of one transaction: what every host takes (RFC 5321 section 4.5.3.1.8).
pub(super) const RECIPIENTS: usize = 100;

/// What is to cross.
pub(super) struct Letter<'a> {
    /// The envelope.
    pub envelope: &'a Envelope,
    /// The recipients of this transaction, at most [`RECIPIENTS`].
    pub recipients: &'a [LeasedRecipient],
    /// The body, at its start.
    pub body: Box<dyn BodyReader>,
}

/// What the connection is good for after a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Another transaction.
    Reuse,
    /// QUIT: the host did not take the envelope, or is about to close.
    Quit,
    /// Nothing: it broke.
    Drop,
}

/// Brings the letter across, and tells the tally what the host said of each recipient. The yes of
/// the mail hook is used up.
pub(super) async fn transact(accepted: Accepted, letter: Letter<'_>, tally: &mut Tally) -> (Session, After) {
    let mut session = accepted.into_session();
    let host = session.crossing.host.name.clone();
    let Letter { envelope, recipients, body } = letter;
    let mail = match mail_command(envelope, recipients, &session.capabilities) {
        Ok(mail) => mail,
        Err(problem) => {
            tally.ruled_out(&problem.at(&host));
            return (session, After::Reuse);
        }
    };
    let pace = Pace::of(&session.capabilities);
    tally.meets(&session.capabilities);
    let (dialogue, capabilities) = (&mut session.dialogue, &session.capabilities);
    let transaction = Transaction { dialogue, capabilities, pace, recipients, tally, host: &host };
    let after = transaction.run(&mail, body).await;
    (session, after)
}

/// The spool does not give the message: no host would change that.
pub(super) fn unreadable(tally: &mut Tally, error: &SpoolError) {
    tally.at_fault(EnhancedCode::new(4, 3, 0), format!("the relay could not read the message: {error}"));
}

/// Whether the commands before the data go out at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// All in one write; DATA is the last of the group (RFC 2920 section 3.1).
    Pipelined,
    /// Each after the reply to the one before.
    Stepwise,
}

struct Transaction<'a> {
    dialogue: &'a mut Dialogue,
    capabilities: &'a Capabilities,
    pace: Pace,
    recipients: &'a [LeasedRecipient],
    tally: &'a mut Tally,
    host: &'a str,
}

/// What the host said to the envelope.
enum Heard {
    /// It waits for the data of these recipients; none of them may be taken.
    GoAhead(Vec<u32>),
    /// It does not take the envelope.
    No,
    /// It took no sender, and waits for data all the same: what it would do with them nobody knows.
    Nonsense,
}

impl Transaction<'_> {
    async fn run(mut self, mail: &str, body: Box<dyn BodyReader>) -> After {
        let taken = match self.envelope(mail).await {
            Ok(Heard::GoAhead(taken)) => taken,
            Ok(Heard::No) => return After::Quit,
            Ok(Heard::Nonsense) => return After::Drop,
            Err(broken) => return self.broken(&broken, "naming sender and recipients"),
        };
        if taken.is_empty() {
            return self.nobody().await;
        }
        if self.dialogue.was_told_more() {
            // Read as the reply to the final dot, it would be a promise that nobody made.
            let what = "the host replied to the message before it was sent";
            self.tally.ruled_out(&Problem::temporary(EnhancedCode::new(4, 5, 0), what).at(self.host));
            return After::Drop;
        }
        match send(self.dialogue, body).await {
            Ok(()) => {}
            Err(Unsent::Broken(broken)) => return self.broken(&broken, "sending the message"),
            Err(Unsent::Unread(error)) => {
                // Closing without the final dot: the host must not take half a message.
                unreadable(self.tally, &error);
                return After::Drop;
            }
        }
        match self.dialogue.final_reply().await {
            Ok(reply) => self.at_end(&taken, &reply),
            Err(broken) => self.broken(&broken, "waiting for the host to confirm; the mail may arrive twice"),
        }
    }

    /// MAIL, RCPT and DATA up to the go-ahead.
    async fn envelope(&mut self, mail: &str) -> Result<Heard, Broken> {
        if self.pace == Pace::Pipelined {
            self.dialogue.send(&self.commands(mail)).await?;
        }
        let reply = self.say(mail).await?;
        let sender_taken = reply.is_success();
        if !sender_taken {
            self.refused("the sender", &reply);
            if self.pace == Pace::Stepwise {
                return Ok(Heard::No);
            }
        }
        let taken = self.name_recipients().await?;
        if taken.is_empty() && self.pace == Pace::Stepwise {
            return Ok(Heard::No);
        }
        let reply = self.say("DATA").await?;
        if reply.code == 354 {
            return Ok(if sender_taken { Heard::GoAhead(taken) } else { Heard::Nonsense });
        }
        if sender_taken {
            self.refused_for(&taken, "the message", &reply);
        }
        Ok(Heard::No)
    }

    fn commands(&self, mail: &str) -> Vec<String> {
        let recipients = self.recipients.iter().map(|recipient| rcpt_command(recipient, self.capabilities));
        std::iter::once(mail.to_owned()).chain(recipients).chain(["DATA".to_owned()]).collect()
    }

    /// The reply to a command; said first unless it went out with its group.
    async fn say(&mut self, command: &str) -> Result<Reply, Broken> {
        match self.pace {
            Pace::Pipelined => self.dialogue.reply().await,
            Pace::Stepwise => self.dialogue.ask(command).await,
        }
    }

    /// Names the recipients; gives the numbers of those that the host takes.
    async fn name_recipients(&mut self) -> Result<Vec<u32>, Broken> {
        let mut taken = vec![];
        for recipient in self.recipients {
            let reply = self.say(&rcpt_command(recipient, self.capabilities)).await?;
            if reply.is_success() {
                taken.push(recipient.number);
            } else {
                let problem = recipient_problem(&reply).at(self.host);
                self.note(recipient.number, problem);
            }
        }
        Ok(taken)
    }

    /// The host waits for data that nobody is to get: an empty message ends it (RFC 2920
    /// section 3.1).
    async fn nobody(&mut self) -> After {
        if self.dialogue.send(&["."]).await.is_ok() && self.dialogue.final_reply().await.is_ok() {
            After::Quit
        } else {
            After::Drop
        }
    }

    fn at_end(&mut self, taken: &[u32], reply: &Reply) -> After {
        if !reply.is_success() {
            self.refused_for(taken, "the message", reply);
            return After::Quit;
        }
        for number in taken {
            self.tally.delivered(*number);
        }
        After::Reuse
    }

    /// The host's no to the whole envelope.
    fn refused(&mut self, what: &str, reply: &Reply) {
        let everybody: Vec<u32> = self.recipients.iter().map(|recipient| recipient.number).collect();
        self.refused_for(&everybody, what, reply);
    }

    fn refused_for(&mut self, numbers: &[u32], what: &str, reply: &Reply) {
        let problem = Problem::of_reply(what, reply).at(self.host);
        for number in numbers {
            self.note(*number, problem.clone());
        }
    }

    /// A 5xx is the domain's last word; after a 4xx another host may do better.
    fn note(&mut self, number: u32, problem: Problem) {
        if problem.is_permanent() {
            self.tally.failed(number, problem);
        } else {
            self.tally.put_off(number, &problem);
        }
    }

    fn broken(&mut self, broken: &Broken, during: &str) -> After {
        self.tally.ruled_out(&broken.problem(during).at(self.host));
        After::Drop
    }
}

impl Pace {
    fn of(capabilities: &Capabilities) -> Self {
        if capabilities.offers(Extension::Pipelining) { Self::Pipelined } else { Self::Stepwise }
    }
}

/// Why the data did not go out.
enum Unsent {
    /// The connection broke.
    Broken(Broken),
    /// Our spool could not read it.
    Unread(SpoolError),
}

/// Sends the body, dots stuffed, and the final dot.
async fn send(dialogue: &mut Dialogue, mut body: Box<dyn BodyReader>) -> Result<(), Unsent> {
    let mut encoder = Encoder::default();
    let mut wire = Vec::new();
    loop {
        let chunk = body.read().await.map_err(Unsent::Unread)?;
        if chunk.is_empty() {
            break;
        }
        wire.clear();
        encoder.encode(&chunk, &mut wire);
        dialogue.send_data(&wire).await.map_err(Unsent::Broken)?;
    }
    wire.clear();
    encoder.finish(&mut wire);
    dialogue.send_data(&wire).await.map_err(Unsent::Broken)
}

/// The host's no to a recipient. A 552 here means too many recipients to many a host, and is to be
/// taken as 452 (RFC 5321 section 4.5.3.1.10).
fn recipient_problem(reply: &Reply) -> Problem {
    if reply.code == 552 {
        let reply = Reply { code: 452, ..reply.clone() };
        return Problem::of_reply("the recipient", &reply);
    }
    Problem::of_reply("the recipient", reply)
}

#[cfg(test)]
mod tests;
