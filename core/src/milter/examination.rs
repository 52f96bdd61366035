//! A message is shown to a milter, which may change it at the end.

use std::io;

use bytes::Bytes;
use waxseal_plugins::content::Content;

use super::answer::Answer;
use super::command::{CHUNK, Command, Event};
use super::edits::{Changes, Space};
use super::failure::Failure;
use super::fields::{self, Field};
use super::line::{Line, unexpected};
use super::macros::Macros;
use super::negotiation::Actions;
use super::response::{Change, Response};
use crate::message::anatomy::Headed;
use crate::message::headers::HeaderSection;

/// The most changes of one message.
const MOST: usize = 10_000;

/// What changes may have beyond the largest message. Octets.
const SPARE: u64 = 1024 * 1024;

/// What is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a> {
    /// The message as it is now.
    pub(super) message: Headed<'a>,
    /// Our own Received field, which milters are not shown: the whole field with its line end.
    pub(super) own: &'a [u8],
    /// The most octets of a message.
    pub(super) limit: u64,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Examined {
    /// What denies the message, or discards it.
    pub(super) answer: Option<Answer>,
    /// What is changed, where nothing denies it.
    pub(super) changes: Changes,
}

impl Line {
    /// Shows a message, and gathers what is changed.
    ///
    /// # Errors
    ///
    /// The connection is of no use any more, or the message cannot be read.
    pub(super) async fn examine(
        &mut self,
        shown: Shown<'_>,
        macros: &Macros<'_>,
    ) -> Result<Examined, Failure> {
        let answer = self.show(shown, macros).await?;
        if answer != Answer::Continue {
            return Ok(Examined::ended(answer));
        }
        self.put(Event::EndOfMessage, Command::Plain(Event::EndOfMessage), macros);
        self.wire.flush(Event::EndOfMessage.word(), self.timeouts.end).await?;
        let (answer, changes) = self.changes(shown.limit).await?;
        let space = if self.has_leading_space() { Space::Told } else { Space::Understood };
        match answer {
            Answer::Continue | Answer::Accept | Answer::Skip => {
                Ok(Examined { answer: None, changes: Changes::read(changes, space)? })
            }
            answer => Ok(Examined::ended(answer)),
        }
    }

    /// From the header section to the end of the body; anything but `Continue` ends it.
    async fn show(&mut self, shown: Shown<'_>, macros: &Macros<'_>) -> Result<Answer, Failure> {
        let Headed { headers, content } = shown.message;
        let (fields, body) = fields::told(headers);
        let mut own =
            HeaderSection::parse(&Bytes::copy_from_slice(shown.own)).field(0).as_ref().map(Field::of);
        for field in fields.iter().map(Field::of) {
            if own.as_ref() == Some(&field) {
                own = None;
                continue;
            }
            let answer = self.show_field(&field, macros).await?;
            if answer != Answer::Continue {
                return Ok(answer);
            }
        }
        let end = Command::Plain(Event::EndOfHeaders);
        match self.tell(Event::EndOfHeaders, end, macros).await? {
            Answer::Continue => self.show_body(content, body, macros).await,
            answer => Ok(answer),
        }
    }

    async fn show_field(&mut self, field: &Field, macros: &Macros<'_>) -> Result<Answer, Failure> {
        let value = match field.value.as_slice() {
            [b' ' | b'\t', value @ ..] if !self.has_leading_space() => value,
            value => value,
        };
        self.tell(Event::Header, Command::Header(&field.name, value), macros).await
    }

    async fn show_body(
        &mut self,
        content: &dyn Content,
        mut offset: u64,
        macros: &Macros<'_>,
    ) -> Result<Answer, Failure> {
        if !self.agreement.wants(Event::Body) {
            return Ok(Answer::Continue);
        }
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = fill(content, offset, &mut buffer).map_err(Failure::Content)?;
            let piece = buffer.get(..read).unwrap_or_default();
            if piece.is_empty() {
                return Ok(Answer::Continue);
            }
            offset += read as u64;
            match self.tell(Event::Body, Command::Body(piece), macros).await? {
                Answer::Continue => {}
                Answer::Skip => return Ok(Answer::Continue),
                answer => return Ok(answer),
            }
        }
    }

    /// The changes, and the answer behind them. A milter may say again and again that it is at work, as long as all of them have time.
    async fn changes(&mut self, limit: u64) -> Result<(Answer, Vec<Change>), Failure> {
        const EVENT: Event = Event::EndOfMessage;
        let (mut changes, mut octets) = (Vec::new(), 0_u64);
        loop {
            match self.wire.receive(EVENT.word(), self.timeouts.end).await? {
                Response::Progress => {}
                Response::Final(answer) => return Ok((Answer::of(answer, EVENT)?, changes)),
                Response::Change(change) => {
                    if !self.agreement.actions.intersects(needed(&change)) {
                        let sent = "a change that it had not asked to make";
                        return Err(Failure::Unexpected { sent, event: EVENT.word() });
                    }
                    octets += size(&change);
                    if changes.len() >= MOST || octets > limit.saturating_add(SPARE) {
                        return Err(Failure::TooMuch);
                    }
                    changes.push(change);
                }
                other @ Response::Choice(_) => return Err(unexpected(&other, EVENT.word())),
            }
        }
    }
}

impl Examined {
    /// Nothing is changed; accepted is as if there was nothing to say.
    pub(super) fn ended(answer: Answer) -> Self {
        let answer = Some(answer).filter(|answer| !matches!(answer, Answer::Accept));
        Self { answer, changes: Changes::default() }
    }
}

/// The actions of which one must have been chosen to make a change.
fn needed(change: &Change) -> Actions {
    match change {
        Change::AddHeader { .. } | Change::InsertHeader { .. } => Actions::ADD_HEADERS,
        Change::ReplaceHeader { .. } => Actions::CHANGE_HEADERS,
        Change::Body(_) => Actions::REPLACE_BODY,
        Change::Sender { .. } => Actions::CHANGE_SENDER,
        Change::AddRecipient { .. } => Actions::ADD_RECIPIENTS | Actions::ADD_RECIPIENTS_WITH_PARAMETERS,
        Change::RemoveRecipient { .. } => Actions::REMOVE_RECIPIENTS,
        Change::Quarantine { .. } => Actions::QUARANTINE,
    }
}

fn size(change: &Change) -> u64 {
    let octets = match change {
        Change::AddHeader { name, value }
        | Change::InsertHeader { name, value, .. }
        | Change::AddRecipient { path: name, parameters: value }
        | Change::ReplaceHeader { name, value, .. } => name.len() + value.len(),
        Change::Body(text)
        | Change::Sender { path: text }
        | Change::RemoveRecipient { path: text }
        | Change::Quarantine { reason: text } => text.len(),
    };
    octets as u64
}

/// Reads until the buffer is full, or the content ends.
fn fill(content: &dyn Content, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match content.read_at(offset + filled as u64, rest)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
