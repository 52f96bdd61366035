//! The line to a milter: what it is told, what it answers. It knows of no message and of no policy.

use super::answer::Answer;
use super::command::{Command, Event};
use super::failure::Failure;
use super::macros::Macros;
use super::negotiation::{Agreement, Offer, Protocol};
use super::response::Response;
use super::wire::Wire;
use crate::config::{Milter, MilterTimeouts};

/// A connection on which both sides have agreed.
pub(super) struct Line {
    pub(super) wire: Wire,
    pub(super) agreement: Agreement,
    pub(super) timeouts: MilterTimeouts,
    /// How much the milter was told of the client.
    pub(super) told: Told,
}

/// How much a milter was told of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Told {
    Nothing,
    Connection,
    Greeting,
}

impl Line {
    /// Connects, and negotiates.
    ///
    /// # Errors
    ///
    /// The milter cannot be reached, or there is no agreement.
    pub(super) async fn open(milter: &Milter) -> Result<Self, Failure> {
        const EVENT: &str = "the negotiation";
        let timeouts = milter.timeouts;
        let mut wire = Wire::open(&milter.address, timeouts.connect).await?;
        let offer = Offer::of(milter.version);
        wire.put(Command::Negotiate(offer));
        wire.flush(EVENT, timeouts.command).await?;
        match wire.receive(EVENT, timeouts.command).await? {
            Response::Choice(choice) => {
                let agreement = offer.agree(choice)?;
                Ok(Self { wire, agreement, timeouts, told: Told::Nothing })
            }
            other => Err(unexpected(&other, EVENT)),
        }
    }

    /// Tells of an event, unless the milter does not want to hear of it, and gives its answer; to what it does
    /// not answer it is `Continue`.
    ///
    /// # Errors
    ///
    /// The connection is of no use any more.
    pub(super) async fn tell(
        &mut self,
        event: Event,
        command: Command<'_>,
        macros: &Macros<'_>,
    ) -> Result<Answer, Failure> {
        if !self.agreement.wants(event) {
            return Ok(Answer::Continue);
        }
        self.put(event, command, macros);
        let (word, wait) = (event.word(), self.wait(event));
        if !self.agreement.answers(event) {
            // It goes out with what comes next: nobody waits for it.
            if self.wire.is_full() {
                self.wire.flush(word, wait).await?;
            }
            return Ok(Answer::Continue);
        }
        self.wire.flush(word, wait).await?;
        match self.wire.receive(word, wait).await? {
            Response::Final(answer) => Answer::of(answer, event),
            other => Err(unexpected(&other, word)),
        }
    }

    /// Puts an event with its macros behind what waits to go out.
    pub(super) fn put(&mut self, event: Event, command: Command<'_>, macros: &Macros<'_>) {
        let macros = macros.of(event, &self.agreement);
        if !macros.is_empty() {
            self.wire.put(Command::Macros(event, &macros));
        }
        self.wire.put(command);
    }

    /// Whether the values of header fields have the space behind the colon.
    pub(super) fn has_leading_space(&self) -> bool {
        self.agreement.protocol.contains(Protocol::LEADING_SPACE)
    }

    /// Whether it hears of recipients that were refused.
    pub(super) fn hears_of_rejected(&self) -> bool {
        self.agreement.protocol.contains(Protocol::REJECTED_RECIPIENTS)
    }

    fn wait(&self, event: Event) -> std::time::Duration {
        match event {
            Event::Header | Event::EndOfHeaders | Event::Body => self.timeouts.content,
            Event::EndOfMessage => self.timeouts.end,
            _ => self.timeouts.command,
        }
    }
}

/// What was sent where it cannot be.
pub(super) fn unexpected(response: &Response, event: &'static str) -> Failure {
    let sent = match response {
        Response::Choice(_) => "a negotiation",
        Response::Progress => "that it is still at work",
        Response::Final(_) => "an answer",
        Response::Change(_) => "a change of the message",
    };
    Failure::Unexpected { sent, event }
}
