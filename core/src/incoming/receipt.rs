//! A message on its way into the spool, and what is wrong with it: by DATA or by BDAT.

use bytes::Bytes;

use super::refusal::{Refusal, Refused};
use super::replies;
use crate::message::hops::{HOP_LIMIT, HopCounter};
use crate::smtp::chunk::Lines;
use crate::smtp::dot::{Decoder, Newlines, Progress};
use crate::spool::{BodyWriter, SpoolError};

/// What is refused is still read to its end, so that the session can go on; so many octets beyond
/// twice the size limit, and then the connection is closed.
pub(super) const DISCARD: u64 = 16 * 1024 * 1024;

/// A message on its way into the spool.
pub(super) struct Receipt {
    decoder: Decoder,
    /// The lines of a message that comes without dots.
    lines: Lines,
    pub(super) hops: HopCounter,
    pub(super) writer: Option<Box<dyn BodyWriter>>,
    /// The first thing that was wrong: said at the end of the data, and not before.
    pub(super) refused: Option<Refused>,
    limit: u64,
    /// Octets of content, and octets read at all.
    size: u64,
    pub(super) read: u64,
    /// With the trace header.
    pub(super) written: u64,
    pub(super) eight_bit: bool,
}

/// What a chunk came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    More,
    /// The end; so many octets of the chunk belong to the message.
    End {
        used: usize,
    },
    /// The message is refused, and there is no end of it: say so and close.
    Enough(Refused),
}

impl Receipt {
    pub(super) fn new(writer: Box<dyn BodyWriter>, limit: u64) -> Self {
        Self { writer: Some(writer), ..Self::empty(limit) }
    }

    /// A message that is refused before it has begun, and is read all the same.
    pub(super) fn refused(refused: Refused, limit: u64) -> Self {
        Self { refused: Some(refused), ..Self::empty(limit) }
    }

    fn empty(limit: u64) -> Self {
        Self {
            decoder: Decoder::default(),
            lines: Lines::default(),
            hops: HopCounter::default(),
            writer: None,
            refused: None,
            limit,
            size: 0,
            read: 0,
            written: 0,
            eight_bit: false,
        }
    }

    pub(super) async fn take(&mut self, chunk: &[u8]) -> Taken {
        let mut content = Vec::with_capacity(chunk.len());
        let progress = self.decoder.decode(chunk, &mut content);
        self.read += chunk.len() as u64;
        self.accept(Bytes::from(content)).await;
        match progress {
            Progress::End { used } => Taken::End { used },
            Progress::Continue => self.enough().map_or(Taken::More, Taken::Enough),
        }
    }

    /// Takes a piece of content that comes without dots.
    pub(super) async fn take_plain(&mut self, piece: Bytes) {
        self.read += piece.len() as u64;
        self.lines.read(&piece);
        self.accept(piece).await;
    }

    /// The end of content that came without dots: its last line is made one.
    pub(super) async fn end_plain(&mut self) {
        let rest = self.lines.finish();
        self.accept(Bytes::from_static(rest)).await;
    }

    /// Refuses what is announced to be too large.
    pub(super) fn announce(&mut self, size: u64) {
        if self.size.saturating_add(size) > self.limit {
            self.refuse(Refusal::Size.saying(replies::message_too_large()));
        }
    }

    /// Why no more is read: the message is refused, and there is no end of it.
    pub(super) fn enough(&self) -> Option<Refused> {
        let endless = self.read / 2 > self.limit.saturating_add(DISCARD / 2);
        self.refused.clone().filter(|_| endless)
    }

    async fn accept(&mut self, content: Bytes) {
        self.size += content.len() as u64;
        self.eight_bit |= !content.is_ascii();
        self.hops.read(&content);
        self.check();
        self.append(content).await;
    }

    /// Writes it, unless the message is refused already.
    pub(super) async fn append(&mut self, content: Bytes) {
        let Some(writer) = self.writer.as_mut().filter(|_| !content.is_empty()) else {
            return;
        };
        self.written += content.len() as u64;
        if let Err(error) = writer.write(content).await {
            self.refuse(of_spool(&error));
        }
    }

    fn check(&mut self) {
        if [self.decoder.newlines(), self.lines.newlines()].contains(&Newlines::Bare) {
            self.refuse(Refusal::Newlines.saying(replies::bare_newline_in_data()));
        } else if self.size > self.limit {
            self.refuse(Refusal::Size.saying(replies::message_too_large()));
        } else if self.hops.hops() > HOP_LIMIT {
            self.refuse(Refusal::Loop.saying(replies::mail_loop()));
        }
    }

    pub(super) fn refuse(&mut self, refused: Refused) {
        self.writer = None;
        self.refused.get_or_insert(refused);
    }
}

/// The spool does not take it.
pub(super) fn of_spool(error: &SpoolError) -> Refused {
    Refusal::Spool.saying(replies::spool_error(error))
}

#[cfg(test)]
mod tests;
