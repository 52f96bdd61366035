//! A message on its way into the tables.

use bytes::Bytes;
use rusqlite::{Connection, Result, params};

use super::books::Books;
use super::place::{At, Head, Place};
use super::quarantine;
use super::record::{nanoseconds, signed, text, unusual};
use super::segments::Appended;
use crate::spool::{Body, Envelope, NewMessage, NewRecipient};

/// A message on its way into the tables.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) envelope: Envelope,
    pub(super) recipients: Vec<NewRecipient>,
    pub(super) body: Body,
    /// When it is due: nanoseconds since 1970.
    pub(super) due: i64,
    checksum: u32,
    /// Where its body is, once it is there.
    pub(super) place: Option<Place>,
    /// Whether it was there already.
    pub(super) known: Known,
}

/// Whether a message was there already: a commit may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Before,
    Now,
}

impl Arrival {
    /// The checksum is made here: by whoever brings the message, and not by the writer, who has
    /// something else to do.
    pub(super) fn new(envelope: Envelope, recipients: Vec<NewRecipient>, body: Body, due: i64) -> Self {
        let (checksum, place) = match &body {
            Body::Inline(content) => (crc32c::crc32c(content), None),
            Body::File(file) => (file.checksum(), file.place()),
        };
        Self { envelope, recipients, body, due, checksum, place, known: Known::Before }
    }

    /// One that is made here.
    pub(super) fn notice(notice: &NewMessage) -> Self {
        let NewMessage { envelope, recipients, body } = notice.clone();
        let due = nanoseconds(envelope.received);
        Self::new(envelope, recipients, Body::Inline(body), due)
    }

    /// Its body, if it is in memory.
    pub(super) fn inline(&self) -> &[u8] {
        match &self.body {
            Body::Inline(content) => content,
            Body::File(_) => &[],
        }
    }

    /// How many rows of a usual length it is.
    pub(super) fn rows(&self) -> usize {
        const USUAL: usize = 200;
        let addresses = self.recipients.iter().map(|recipient| recipient.address.len()).sum::<usize>();
        1 + self.recipients.len() + (self.envelope.sender.len() + addresses) / USUAL
    }

    /// What is to be appended to a segment; nothing for nobody.
    pub(super) fn to_append(&self) -> Option<Appended<'_>> {
        let Body::Inline(body) = &self.body else { return None };
        let length = u32::try_from(body.len()).ok().filter(|_| !self.recipients.is_empty())?;
        Some(Appended { head: Head { id: self.envelope.id, length, checksum: self.checksum }, body })
    }

    /// Its body is to go into the tables with it, if it is in memory.
    pub(super) fn place_in_table(&mut self) {
        if let Some(Appended { head, .. }) = self.to_append() {
            let place = Place { at: At::Table, length: u64::from(head.length), checksum: head.checksum };
            self.place = Some(place);
        }
    }

    /// Its body, if that is in the tables and still in memory too.
    pub(super) fn in_table(&self) -> Option<Bytes> {
        match (&self.place, &self.body) {
            (Some(Place { at: At::Table, .. }), Body::Inline(content)) => Some(content.clone()),
            _ => None,
        }
    }

    /// A message that is there already is left as it is, and so is one for nobody: it is finished.
    pub(super) fn insert(&mut self, connection: &Connection, books: &mut Books) -> Result<()> {
        self.known = Known::Before;
        let Some(place) = self.place.clone() else { return Ok(()) };
        if self.recipients.is_empty() || !self.insert_message(connection, &place)? {
            return Ok(());
        }
        self.known = Known::Now;
        books.message_arrived(&place);
        if self.envelope.is_quarantined() {
            books.quarantined(&place);
        }
        match place.at {
            // Before the transaction ends: once it may be durable, its file must not go.
            At::File(_) => self.keep_file(Keep::Forever),
            At::Table => self.insert_content(connection)?,
            At::Segment { .. } => {}
        }
        if self.envelope.is_quarantined() {
            return quarantine::insert_recipients(connection, self.envelope.id, &self.recipients);
        }
        self.insert_recipients(connection, books)
    }

    /// Takes back what it did beside the database, after a transaction that was surely rolled back.
    pub(super) fn unmake(&mut self) {
        self.keep_file(Keep::UntilDropped);
    }

    fn keep_file(&mut self, keep: Keep) {
        if let Body::File(file) = &mut self.body {
            file.path_mut().disable_cleanup(matches!(keep, Keep::Forever));
        }
    }

    /// Whether the message is new.
    fn insert_message(&self, connection: &Connection, place: &Place) -> Result<bool> {
        let (segment, offset, file) = place.columns();
        let Envelope { id, received, sender, size, eight_bit, smtp_utf8, dsn, tags, quarantine } =
            &self.envelope;
        let quarantine = quarantine.as_ref().map(text).transpose()?;
        let inserted = connection
            .prepare_cached(
                "INSERT OR IGNORE INTO message
                     (id, received, sender, size, eight_bit, smtp_utf8, dsn, segment, offset, file, length, checksum,
                      tags, quarantine)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )?
            .execute(params![
                id.into_bytes(),
                nanoseconds(*received),
                sender,
                signed(*size),
                eight_bit,
                smtp_utf8,
                unusual(dsn)?,
                segment,
                offset,
                file,
                signed(place.length),
                place.checksum,
                unusual(tags)?,
                quarantine,
            ])?;
        Ok(inserted == 1)
    }

    fn insert_content(&self, connection: &Connection) -> Result<()> {
        connection
            .prepare_cached("INSERT INTO content (message, octets) VALUES (?1, ?2)")?
            .execute(params![self.envelope.id.into_bytes(), self.inline()])
            .map(|_| ())
    }

    fn insert_recipients(&self, connection: &Connection, books: &mut Books) -> Result<()> {
        let mut statement = connection.prepare_cached(
            "INSERT INTO recipient (message, number, address, domain, due, attention, standing, attempts, dsn)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, ?7)",
        )?;
        let id = self.envelope.id.into_bytes();
        for (number, recipient) in (0_u32..).zip(&self.recipients) {
            let NewRecipient { address, domain, dsn, attention } = recipient;
            let attention = nanoseconds(*attention);
            statement.execute(params![id, number, address, domain, self.due, attention, unusual(dsn)?])?;
            books.recipient_arrived(domain, self.due);
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Keep {
    UntilDropped,
    Forever,
}
