//! One envelope over one connection: MAIL, RCPT, DATA (RFC 5321 section 3.3), with PIPELINING
//! (RFC 2920) and BDAT (RFC 3030).

mod content;
mod plan;
mod refusal;

use std::sync::Arc;

use waxseal_plugins::verdicts::EnhancedCode;

pub(super) use self::content::Content;
use self::content::Unsent;
use self::plan::{CLOSING, Framing, Pace, Phase, is_too_much, recipient_problem};
use super::commands::{mail_command, rcpt_command};
use super::dialogue::Dialogue;
use super::mail::Accepted;
use super::outcome::Tally;
use super::session::Session;
use crate::smtp::capabilities::Capabilities;
use crate::smtp::reply::Reply;
use crate::spool::{Envelope, LeasedRecipient, SpoolError};

/// The most recipients of one transaction: what every host takes (RFC 5321 section 4.5.3.1.8).
pub(super) const RECIPIENTS: usize = 100;

/// What is to cross.
pub(super) struct Letter<'a> {
    /// The envelope.
    pub envelope: &'a Envelope,
    /// The recipients of this transaction, at most [`RECIPIENTS`].
    pub recipients: &'a [LeasedRecipient],
    /// The content.
    pub content: Content,
    /// Whether the connection was used before.
    pub usage: Usage,
}

/// Whether a connection was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usage {
    /// It is new.
    First,
    /// Mail has just crossed it: the host may close it, but has not yet, as far as was seen.
    Again,
    /// Mail has crossed it, and it was idle since: the host may have closed it, or be about to.
    Rested,
}

/// What the connection is good for after a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Another transaction.
    Reuse,
    /// QUIT: the host did not take the envelope, or is about to close.
    Quit,
    /// QUIT: the host has too much, maybe of this sender.
    Throttled,
    /// QUIT: the host closes the connection (421).
    Closing,
    /// QUIT: the host wants TLS, which failed before and was not tried, or failed just now.
    WantsTls,
    /// Nothing: it broke.
    Drop,
    /// Nothing: the host had closed it, or was about to, before it heard of this envelope. Nobody was
    /// told anything; a new connection may do better.
    Stale,
}

/// Brings the letter across, and tells the tally what the host said of each recipient. The yes of
/// the mail hook is used up.
pub(super) async fn transact(accepted: Accepted, letter: Letter<'_>, tally: &mut Tally) -> (Session, After) {
    let mut session = accepted.into_session();
    let host = Arc::clone(&session.crossing.host);
    let Letter { envelope, recipients, content, usage } = letter;
    let mail = match mail_command(envelope, recipients, &session.capabilities) {
        Ok(mail) => mail,
        Err(problem) => {
            tally.ruled_out(&problem.at(&host.name));
            return (session, After::Reuse);
        }
    };
    let pace = Pace::of(&session.capabilities);
    let framing = Framing::of(&session.capabilities, (pace, usage), &content);
    tally.meets(&session.capabilities);
    let (dialogue, capabilities) = (&mut session.dialogue, &session.capabilities);
    let phase = Phase::Envelope;
    let lacks = if session.grounds.is_none() && host.offers_tls && !host.encrypted {
        Lacks::Tls
    } else {
        Lacks::Nothing
    };
    let mut transaction = Transaction {
        dialogue,
        capabilities,
        pace,
        framing,
        usage,
        recipients,
        tally,
        host: &host.name,
        phase,
        sent: Sent::Part,
        refused: 0,
        lacks,
    };
    let after = match transaction.run(&mail, content).await {
        Ok(After::Reuse | After::Quit) if transaction.lacks == Lacks::DemandedTls => After::WantsTls,
        Ok(after) => after,
        Err(fault) => transaction.failed(fault),
    };
    (session, after)
}

/// The spool does not give the message: no host would change that.
pub(super) fn unreadable(tally: &mut Tally, error: &SpoolError) {
    tally.at_fault(EnhancedCode::new(4, 3, 0), format!("the relay could not read the message: {error}"));
}

struct Transaction<'a> {
    dialogue: &'a mut Dialogue,
    capabilities: &'a Capabilities,
    pace: Pace,
    framing: Framing,
    usage: Usage,
    recipients: &'a [LeasedRecipient],
    tally: &'a mut Tally,
    host: &'a str,
    phase: Phase,
    sent: Sent,
    /// How many recipients the host has refused.
    refused: usize,
    lacks: Lacks,
}

/// How much has gone out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// Too little for the host to take the message.
    Part,
    /// All that it needs for that: unless it says no, only its word tells whether it has it.
    Whole,
}

/// What the connection lacks of what the host offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lacks {
    /// Nothing that would have come about otherwise.
    Nothing,
    /// TLS, which failed, now or before.
    Tls,
    /// Likewise, and the host has said that it wants it.
    DemandedTls,
}

/// What the host said to MAIL and RCPT.
struct Heard {
    /// To MAIL, where it was no.
    no: Option<Reply>,
    /// The recipients that it takes.
    taken: Vec<u32>,
    /// Whether one was refused for now.
    later: bool,
}

impl Transaction<'_> {
    async fn run(&mut self, mail: &str, content: Content) -> Result<After, Unsent> {
        if self.dialogue.was_told_more() {
            return Ok(self.spoke_out_of_turn("before the envelope was sent"));
        }
        if self.pace == Pace::Pipelined {
            let group = self.group(mail, &content);
            self.dialogue.send_group(&group).await?;
            if self.framing == Framing::AtOnce {
                self.sent = Sent::Whole;
            }
        }
        let heard = self.envelope(mail).await?;
        match self.framing {
            Framing::AtOnce => self.confirm_at_once(&heard).await,
            Framing::Data if self.pace == Pace::Pipelined => self.data(&heard, content).await,
            _ if heard.no.is_some() || heard.taken.is_empty() => self.nobody(&heard).await,
            Framing::Data => self.data(&heard, content).await,
            Framing::Chunks => self.chunks(&heard.taken, content).await,
        }
    }

    /// All that goes out before the first reply.
    fn group(&self, mail: &str, content: &Content) -> Vec<u8> {
        let mut wire = format!("{mail}\r\n").into_bytes();
        for recipient in self.recipients {
            wire.extend_from_slice(rcpt_command(recipient, self.capabilities).as_bytes());
            wire.extend_from_slice(b"\r\n");
        }
        match (self.framing, content) {
            (Framing::Data, _) => wire.extend_from_slice(b"DATA\r\n"),
            (Framing::AtOnce, Content::Whole(content)) => Content::append_chunk(content, &mut wire),
            _ => {}
        }
        wire
    }

    /// The replies to MAIL and RCPT.
    async fn envelope(&mut self, mail: &str) -> Result<Heard, Unsent> {
        let reply = self.say(|| mail.to_owned()).await?;
        let mut heard = Heard { no: None, taken: vec![], later: false };
        if !reply.is_success() {
            self.refused("the sender", &reply);
            self.refused = self.recipients.len();
            heard.no = Some(reply);
            if self.pace == Pace::Stepwise {
                return Ok(heard);
            }
        }
        // Without a sender the host cannot take a recipient, and its no to one says nothing of him.
        self.phase = Phase::Recipients;
        for recipient in self.recipients {
            let reply = self.say(|| rcpt_command(recipient, self.capabilities)).await?;
            if reply.is_success() {
                heard.taken.push(recipient.number);
            } else if heard.no.is_none() {
                self.refused += 1;
                heard.later |= !reply.is_permanent();
                let problem = recipient_problem(&reply).at(self.host);
                let problem = self.unless_for_tls(problem, &reply);
                self.note(recipient.number, problem);
            }
        }
        Ok(heard)
    }

    /// DATA, its go-ahead, and the content.
    async fn data(&mut self, heard: &Heard, content: Content) -> Result<After, Unsent> {
        let reply = self.say(|| "DATA".to_owned()).await?;
        if reply.code != 354 {
            if heard.no.is_none() {
                self.refused_for(&heard.taken, "the message", &reply);
            }
            return self.nobody(heard).await;
        }
        if heard.no.is_some() {
            // It took no sender, and waits for data: what it would do with them nobody knows.
            return Ok(After::Drop);
        }
        if heard.taken.is_empty() {
            // Data that nobody is to get: an empty message ends it (RFC 2920 section 3.1).
            self.dialogue.send(&["."]).await?;
            self.dialogue.final_reply().await?;
            return Ok(After::Quit);
        }
        if self.dialogue.was_told_more() {
            return Ok(self.spoke_out_of_turn("before the message was sent"));
        }
        self.phase = Phase::Content;
        content.send(self.dialogue).await?;
        (self.phase, self.sent) = (Phase::Confirmation, Sent::Whole);
        let reply = self.dialogue.final_reply().await?;
        self.at_end(&heard.taken, &reply).await
    }

    /// The content in chunks, without a go-ahead.
    async fn chunks(&mut self, taken: &[u32], content: Content) -> Result<After, Unsent> {
        if self.dialogue.was_told_more() {
            return Ok(self.spoke_out_of_turn("before the message was sent"));
        }
        match self.content_in_chunks(content).await {
            Ok(reply) => self.at_end(taken, &reply).await,
            Err(Unsent::Refused(reply)) => {
                self.refused_for(taken, "the message", &reply);
                // Replies to further chunks are on their way: nobody could tell them apart.
                Ok(if reply.code == CLOSING { After::Closing } else { After::Drop })
            }
            Err(unsent) => Err(unsent),
        }
    }

    async fn content_in_chunks(&mut self, content: Content) -> Result<Reply, Unsent> {
        self.phase = Phase::Content;
        let awaited = content.send_chunks(self.dialogue, self.pace).await?;
        (self.phase, self.sent) = (Phase::Confirmation, Sent::Whole);
        content::word_on_chunks(self.dialogue, awaited).await
    }

    /// The reply to a chunk that went out with the envelope. Where the host has taken no sender or no
    /// recipient it must refuse it (RFC 3030 section 2), and nobody counts as served if it does not.
    async fn confirm_at_once(&mut self, heard: &Heard) -> Result<After, Unsent> {
        self.phase = Phase::Confirmation;
        let reply = self.dialogue.final_reply().await?;
        match (&heard.no, heard.taken.as_slice()) {
            (None, taken @ [_, ..]) => self.at_end(taken, &reply).await,
            _ if reply.is_success() => Ok(After::Drop),
            _ if reply.code == CLOSING => Ok(After::Closing),
            _ => self.nobody(heard).await,
        }
    }

    /// Nobody got anything. A host that refused for good is as ready for the next envelope as before;
    /// one that said "later" is spared.
    async fn nobody(&mut self, heard: &Heard) -> Result<After, Unsent> {
        match &heard.no {
            Some(reply) if is_too_much(reply) => Ok(After::Throttled),
            Some(reply) if !reply.is_permanent() => Ok(After::Quit),
            None if heard.later || !heard.taken.is_empty() => Ok(After::Quit),
            _ => self.reset().await,
        }
    }

    async fn at_end(&mut self, taken: &[u32], reply: &Reply) -> Result<After, Unsent> {
        if reply.is_success() {
            for number in taken {
                self.tally.delivered(*number, reply);
            }
            return Ok(After::Reuse);
        }
        self.refused_for(taken, "the message", reply);
        match reply {
            reply if reply.is_permanent() => self.reset().await,
            reply if reply.code == CLOSING => Ok(After::Closing),
            _ => Ok(After::Quit),
        }
    }

    /// Ends what may be left of a transaction (RFC 5321 section 4.1.1.5). All is noted by now.
    async fn reset(&mut self) -> Result<After, Unsent> {
        match self.dialogue.ask("RSET").await {
            Ok(reply) if reply.is_success() => Ok(After::Reuse),
            Ok(_) => Ok(After::Quit),
            Err(_) => Ok(After::Drop),
        }
    }

    /// The reply to a command; said first unless it went out with its group.
    async fn say(&mut self, command: impl FnOnce() -> String) -> Result<Reply, Unsent> {
        let reply = match self.pace {
            Pace::Pipelined => self.dialogue.reply().await?,
            Pace::Stepwise => self.dialogue.ask(&command()).await?,
        };
        if reply.code == CLOSING { Err(Unsent::Closing(reply)) } else { Ok(reply) }
    }
}

#[cfg(test)]
mod tests;
