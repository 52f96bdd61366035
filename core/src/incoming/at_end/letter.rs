//! A message and its envelope, as they are by now.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use waxseal_plugins::content::Content;
use waxseal_plugins::verdicts::{Edit, Header};

use super::super::receipt::of_spool;
use super::super::receive::Written;
use super::super::refusal::Refused;
use super::super::transaction::Transaction;
use super::unreadable;
use crate::message::anatomy::Anatomy;
use crate::message::edit::{Applied, Draft, EnvelopeChange, Reach, Refusal, Why};
use crate::message::headers::HeaderSection;
use crate::message::headers::written::Utf8;
use crate::message::hops::{self, HopCounter};
use crate::smtp::address::{Mailbox, ReversePath};
use crate::smtp::dsn::{Named, RecipientDsn};
use crate::spool::{NewRecipient, Spool, Tags};

/// A message that is looked at.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    draft: Draft,
    sender: ReversePath,
    recipients: Vec<NewRecipient>,
    tags: Tags,
}

/// What edits came to.
#[derive(Debug)]
pub(super) struct Done {
    /// Those that were left out.
    pub(super) refused: Vec<Refusal>,
    /// What the others have changed.
    pub(super) reach: Reach,
}

/// An edit that makes no sense by itself, whatever the message: whoever said it has failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Senseless {
    /// It cannot be done to any message.
    #[error("`{word}`: {why}")]
    Edit { word: &'static str, why: String },
    /// The message cannot be read.
    #[error("the message cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

impl Letter {
    /// A message that has come to its end, on top of which stands our own trace field.
    pub(super) fn open(
        content: Arc<dyn Content>,
        utf8: Utf8,
        (sender, recipients): (ReversePath, Vec<NewRecipient>),
        own: String,
    ) -> Self {
        let draft = Draft::unread(content, utf8).traced(own.into());
        Self { draft, sender, recipients, tags: Tags::default() }
    }

    /// A message without envelope.
    #[cfg(test)]
    pub(super) fn of(content: Arc<dyn Content>) -> Self {
        let draft = Draft::unread(content, Utf8::Encoded);
        Self { draft, sender: ReversePath::Null, recipients: Vec::new(), tags: Tags::default() }
    }

    /// The message as it is by now.
    pub(super) fn content(&self) -> Arc<dyn Content> {
        Arc::new(self.draft.content())
    }

    /// How many octets it has.
    pub(super) fn size(&self) -> u64 {
        self.draft.rope().size()
    }

    /// Its header section.
    pub(super) fn headers(&mut self) -> io::Result<&HeaderSection> {
        self.draft.headers()
    }

    /// Its header section and its parts.
    pub(super) fn anatomy(&mut self) -> io::Result<&Anatomy> {
        self.draft.anatomy()
    }

    pub(super) fn sender(&self) -> &ReversePath {
        &self.sender
    }

    pub(super) fn recipients(&self) -> &[NewRecipient] {
        &self.recipients
    }

    pub(super) fn tags(&self) -> &Tags {
        &self.tags
    }

    /// Does edits. One that cannot be done to this message, such as a part less than it has, is left out.
    ///
    /// # Errors
    ///
    /// One makes no sense for any message: none of them is done.
    pub(super) fn edit(&mut self, edits: &[Edit]) -> Result<Done, Senseless> {
        let mut edited = self.clone();
        let applied = edited.draft.apply(edits)?;
        let done = edited.follow(applied)?;
        *self = edited;
        Ok(done)
    }

    /// Does a milter's edits, which can be done to any message: the octets of its fields stay.
    ///
    /// # Errors
    ///
    /// One of them cannot be done: none of them is done.
    pub(super) fn edit_as_given(&mut self, edits: &[Edit]) -> Result<(), Senseless> {
        let mut edited = self.clone();
        let applied = edited.draft.apply_as_given(edits)?;
        if let Some(Refusal { word, why, .. }) = edited.follow(applied)?.refused.into_iter().next() {
            return Err(Senseless::Edit { word, why: why.to_string() });
        }
        *self = edited;
        Ok(())
    }

    /// Does to the envelope and the tags what edits of the message came to.
    fn follow(&mut self, applied: Applied) -> Result<Done, Senseless> {
        let senseless =
            applied.refused.iter().find(|refusal| matches!(refusal.why, Why::Header(_) | Why::Address(_)));
        if let Some(Refusal { word, why, .. }) = senseless {
            return Err(Senseless::Edit { word, why: why.to_string() });
        }
        applied.envelope.into_iter().for_each(|change| self.readdress(change));
        for (name, value) in &applied.tags {
            let set = self.tags.set(name, value);
            set.map_err(|invalid| Senseless::Edit { word: "tag", why: invalid.to_string() })?;
        }
        Ok(Done { refused: applied.refused, reach: applied.reach })
    }

    /// Takes fields out of its header section, from the top.
    pub(super) fn cut(&mut self, fields: Vec<Range<u64>>) {
        self.draft.cut(fields);
    }

    /// Sends it to this mailbox instead of its recipients.
    pub(super) fn redirect(&mut self, to: &Mailbox) {
        let named = std::mem::take(&mut self.recipients).into_iter().map(|recipient| {
            let NewRecipient { address, dsn: RecipientDsn { notify, original, .. }, .. } = recipient;
            Named { address, notify, original }
        });
        let dsn = RecipientDsn::in_place_of(named);
        self.add(to, dsn);
    }

    /// Has these recipients again where none is left: they are whom an operator releases it to.
    pub(super) fn keep_recipients(&mut self, named: &[NewRecipient]) {
        if self.recipients.is_empty() {
            self.recipients = named.to_vec();
        }
    }

    /// Sees to it that the message tells of no fewer hops than it has passed, whatever became of its Received fields: `hops` came with
    /// it, beside our own.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub(super) fn keep_count(&mut self, hops: usize) -> Result<(), Senseless> {
        if self.draft.is_as_it_came() {
            return Ok(());
        }
        let (passed, now) = (hops + 1, HopCounter::of(&self.draft.content())?);
        if now.hops() < passed {
            let untold = passed.saturating_sub(now.received());
            let header = Header::new(hops::UNTOLD, untold.to_string());
            let old = Edit::RemoveHeader { name: hops::UNTOLD.to_owned(), occurrence: None };
            self.edit(&[old, Edit::InsertHeader { position: 0, header }])?;
        }
        Ok(())
    }

    /// All of it in memory: for messages that are there already.
    pub(super) fn octets(&self) -> io::Result<Bytes> {
        let mut octets = BytesMut::new();
        for chunk in self.draft.content().chunks() {
            octets.extend_from_slice(&chunk?);
        }
        Ok(octets.freeze())
    }

    /// The message to be kept: written anew, if it was changed.
    ///
    /// # Errors
    ///
    /// The spool does not take it.
    pub(super) async fn write(&self, spool: &dyn Spool, old: Written) -> Result<Written, Refused> {
        if self.draft.is_as_it_came() {
            return Ok(old);
        }
        let mut writer = spool.begin().await.map_err(|error| of_spool(&error))?;
        let (mut size, mut eight_bit) = (0, false);
        let edited = self.draft.content();
        for chunk in edited.chunks() {
            let chunk = chunk.map_err(|error| unreadable(&error))?;
            size += chunk.len() as u64;
            eight_bit |= !chunk.is_ascii();
            writer.write(chunk).await.map_err(|error| of_spool(&error))?;
        }
        let body = writer.finish().await.map_err(|error| of_spool(&error))?;
        Ok(Written { body, size, eight_bit, hops: old.hops })
    }

    /// Gives the envelope back to its transaction; the tags remain.
    pub(super) fn close(self, transaction: &mut Transaction) -> Tags {
        transaction.mail.sender = self.sender;
        transaction.recipients = self.recipients;
        self.tags
    }

    fn readdress(&mut self, change: EnvelopeChange) {
        match change {
            EnvelopeChange::Sender(sender) => self.sender = sender,
            EnvelopeChange::AddRecipient(mailbox, dsn) => self.add(&mailbox, dsn),
            EnvelopeChange::RemoveRecipient(address) => {
                if let Ok(mailbox) = Mailbox::parse(&address) {
                    self.recipients.retain(|recipient| !is(recipient, &mailbox));
                }
            }
        }
    }

    /// A recipient named twice gets one copy.
    pub(super) fn add(&mut self, mailbox: &Mailbox, dsn: RecipientDsn) {
        if self.recipients.iter().any(|recipient| is(recipient, mailbox)) {
            return;
        }
        let domain = mailbox.lookup_domain().unwrap_or_else(|| mailbox.domain().to_ascii_lowercase());
        let (address, attention) = (mailbox.to_string(), Timestamp::MAX);
        self.recipients.push(NewRecipient { address, domain, dsn, attention });
    }
}

/// Whether a recipient is this mailbox.
fn is(recipient: &NewRecipient, mailbox: &Mailbox) -> bool {
    Mailbox::parse(&recipient.address).is_ok_and(|named| named.is_same(mailbox))
}
