//! A message that milters change: its header section in memory, its body where it lies.

use std::io;

use bytes::{Bytes, BytesMut};
use waxseal_plugins::content::Content;
use waxseal_plugins::verdicts::{Edit, Header};

use crate::milter::Draft;

/// The longest header section that is changed. Octets.
const HEAD: usize = 1024 * 1024;

/// So much is read at once. Octets.
const PIECE: usize = 64 * 1024;

/// A message, perhaps changed.
#[derive(Debug)]
pub(super) struct Edited {
    message: Box<dyn Content>,
    own: String,
    limit: u64,
    /// What stands in the place of the old header section, once it was changed.
    changed: Option<Changed>,
}

#[derive(Debug)]
struct Changed {
    fields: Vec<Field>,
    /// The fields as they are written.
    head: Bytes,
    /// Where the old message's body begins, with its empty line.
    kept: u64,
    /// The body in its place.
    body: Option<Bytes>,
}

#[derive(Debug)]
struct Field {
    name: String,
    /// With its line end.
    text: Vec<u8>,
}

impl Edited {
    pub(super) fn new(message: Box<dyn Content>, own: String, limit: u64) -> Self {
        Self { message, own, limit, changed: None }
    }

    /// Whether it is another message than it was.
    pub(super) fn is_changed(&self) -> bool {
        self.changed.is_some()
    }

    /// What there is at an offset; empty at the end.
    pub(super) fn piece(&self, offset: u64) -> io::Result<Bytes> {
        let mut piece = BytesMut::zeroed(PIECE);
        let read = self.read_at(offset, &mut piece)?;
        piece.truncate(read);
        Ok(piece.freeze())
    }
}

impl Draft for Edited {
    fn content(&self) -> &dyn Content {
        self
    }

    fn own(&self) -> &[u8] {
        self.own.as_bytes()
    }

    fn limit(&self) -> u64 {
        self.limit
    }

    fn apply(&mut self, edits: &[Edit]) -> io::Result<()> {
        let of_message = |edit: &&Edit| {
            !matches!(edit, Edit::ReplaceSender(_) | Edit::AddRecipient(_) | Edit::RemoveRecipient(_))
        };
        let mut edits = edits.iter().filter(of_message).peekable();
        if edits.peek().is_none() {
            return Ok(());
        }
        let mut changed = match self.changed.take() {
            Some(changed) => changed,
            None => Changed::of(self.message.as_ref())?,
        };
        edits.for_each(|edit| changed.apply(edit));
        changed.head = changed.fields.iter().flat_map(|field| field.text.iter().copied()).collect();
        self.changed = Some(changed);
        Ok(())
    }
}

impl Content for Edited {
    fn size(&self) -> u64 {
        match &self.changed {
            None => self.message.size(),
            Some(changed) => changed.head.len() as u64 + changed.rest(self.message.as_ref()),
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(Changed { head, kept, body, .. }) = &self.changed else {
            return self.message.read_at(offset, buffer);
        };
        let Some(behind) = offset.checked_sub(head.len() as u64) else { return head.read_at(offset, buffer) };
        match body {
            None => self.message.read_at(kept.saturating_add(behind), buffer),
            Some(body) => body.read_at(behind, buffer),
        }
    }
}

impl Changed {
    fn of(message: &dyn Content) -> io::Result<Self> {
        let mut head = vec![0; HEAD];
        let mut filled = 0;
        while let Some(rest) = head.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match message.read_at(filled as u64, rest)? {
                0 => break,
                read => filled += read,
            }
        }
        head.truncate(filled);
        let (mut fields, mut kept) = (Vec::<Field>::new(), 0);
        for line in head.split_inclusive(|octet| *octet == b'\n') {
            match (fields.last_mut(), line) {
                (_, b"\r\n") => break,
                (Some(last), [b' ' | b'\t', ..]) => last.text.extend_from_slice(line),
                _ => match name(line) {
                    Some(name) => fields.push(Field { name, text: line.to_vec() }),
                    None => break,
                },
            }
            kept += line.len();
        }
        if kept == HEAD {
            return Err(io::Error::other("the header section is longer than 1 MiB"));
        }
        Ok(Self { fields, head: Bytes::new(), kept: kept as u64, body: None })
    }

    fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::AddHeader(header) => self.fields.push(Field::new(header)),
            Edit::InsertHeader { position, header } => {
                let position = (*position).min(self.fields.len());
                self.fields.insert(position, Field::new(header));
            }
            Edit::ReplaceHeader { occurrence, header } => match self.find(&header.name, *occurrence) {
                Some(place) => {
                    if let Some(field) = self.fields.get_mut(place) {
                        *field = Field::new(header);
                    }
                }
                None => self.fields.push(Field::new(header)),
            },
            Edit::RemoveHeader { name, occurrence: Some(occurrence) } => {
                if let Some(place) = self.find(name, *occurrence) {
                    self.fields.remove(place);
                }
            }
            Edit::RemoveHeader { name, occurrence: None } => {
                self.fields.retain(|field| !field.name.eq_ignore_ascii_case(name));
            }
            Edit::ReplaceBody(body) => self.body = Some([b"\r\n", body.as_ref()].concat().into()),
            // Milters cannot say the others, and the envelope is not here.
            _ => {}
        }
    }

    fn find(&self, name: &str, occurrence: u32) -> Option<usize> {
        let mut named =
            self.fields.iter().enumerate().filter(|(_, field)| field.name.eq_ignore_ascii_case(name));
        named.nth(usize::try_from(occurrence).ok()?.checked_sub(1)?).map(|(place, _)| place)
    }

    fn rest(&self, message: &dyn Content) -> u64 {
        self.body.as_ref().map_or_else(|| message.size().saturating_sub(self.kept), |body| body.len() as u64)
    }
}

impl Field {
    fn new(header: &Header) -> Self {
        let text = [header.name.as_bytes(), b": ", &header.value, b"\r\n"].concat();
        Self { name: header.name.clone(), text }
    }
}

fn name(line: &[u8]) -> Option<String> {
    let colon = memchr::memchr(b':', line)?;
    let name = line.get(..colon)?.trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then(|| String::from_utf8_lossy(name).into_owned())
}
