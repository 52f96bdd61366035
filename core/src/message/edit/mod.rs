//! From edits to a message of which all else is, octet for octet, what came.
//!
//! A [`Draft`] is a message with the edits that were done so far. Each edit is a pure function from what the message is now to a few
//! splices; they are done on a rope, so nothing is copied that is not new.
//!
//! - [`rope`]: the pieces of an edited message, and the message that they make
//! - `fields`: edits of the header section
//! - `parts`, `append`: edits of parts; `part` is one that is to be changed
//! - `written`, `lines`: how a new text is written
//! - [`envelope`]: edits of the envelope
//! - [`refusal`]: what cannot be done, and why

mod append;
pub mod envelope;
mod fields;
mod lines;
mod part;
mod parts;
pub mod refusal;
pub mod rope;
mod written;

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use waxseal_plugins::content::Content;
use waxseal_plugins::verdicts::Edit;

pub use self::envelope::EnvelopeChange;
use self::fields::Change;
pub use self::refusal::{Refusal, Why};
pub use self::rope::{Edited, Piece, Rope, Splice};
use super::anatomy::Anatomy;
use super::headers::written::Utf8;
use super::headers::{HeaderSection, SECTION};

/// A message with the edits that were done so far.
#[derive(Clone, Debug)]
pub struct Draft {
    below: Arc<dyn Content>,
    rope: Rope,
    /// Of the edited message; `None` where it must be read again.
    anatomy: Option<Anatomy>,
    utf8: Utf8,
    /// Our own trace field with its line end; empty where there is none.
    own: Bytes,
}

/// What edits came to, beside what they did to the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// What becomes of the envelope, in the order of the edits.
    pub envelope: Vec<EnvelopeChange>,
    /// The tags, name and value, in the order of the edits.
    pub tags: Vec<(String, String)>,
    /// The edits that were not done.
    pub refused: Vec<Refusal>,
}

/// What an edit does to the octets of a message.
enum Effect {
    /// The header section changes, and the parts move with it.
    Fields(Vec<Splice>),
    /// What the message is made of changes.
    Parts(Vec<Splice>),
}

impl Draft {
    /// A message as it came, of which nothing was read yet: it is read where an edit, or somebody else, needs it.
    pub fn unread(content: Arc<dyn Content>, utf8: Utf8) -> Self {
        Self { rope: Rope::whole(content.size()), below: content, anatomy: None, utf8, own: Bytes::new() }
    }

    /// The same message, of which no edit reaches this field: our own Received, with its line end.
    #[must_use]
    pub fn traced(self, own: Bytes) -> Self {
        Self { own, ..self }
    }

    /// A message as it came, that was read while it did.
    pub fn new(content: Arc<dyn Content>, anatomy: Anatomy, utf8: Utf8) -> Self {
        let rope = Rope::whole(content.size());
        Self { below: content, rope, anatomy: Some(anatomy), utf8, own: Bytes::new() }
    }

    /// Does edits in their order, each on the result of those before it. One that cannot be done changes nothing, and the others are
    /// done all the same.
    ///
    /// # Errors
    ///
    /// The disk. The message is then as the edits before that left it.
    pub fn apply(&mut self, edits: &[Edit]) -> io::Result<Applied> {
        self.apply_written(edits, self.utf8)
    }

    /// The same for a milter's edits: the octets of its fields stay as they are.
    ///
    /// # Errors
    ///
    /// Likewise.
    pub fn apply_as_given(&mut self, edits: &[Edit]) -> io::Result<Applied> {
        self.apply_written(edits, Utf8::AsGiven)
    }

    fn apply_written(&mut self, edits: &[Edit], utf8: Utf8) -> io::Result<Applied> {
        let mut applied = Applied::default();
        for (number, edit) in edits.iter().enumerate() {
            if let Err(why) = self.apply_one(edit, utf8, &mut applied)? {
                applied.refused.push(Refusal { edit: number, word: edit.word(), why });
            }
        }
        Ok(applied)
    }

    /// The edited message.
    pub fn content(&self) -> Edited {
        Edited::new(Arc::clone(&self.below), self.rope.clone())
    }

    /// The pieces of the edited message, in terms of the message as it came.
    pub fn rope(&self) -> &Rope {
        &self.rope
    }

    /// Whether it is still what came.
    pub fn is_as_it_came(&self) -> bool {
        self.rope == Rope::whole(self.below.size())
    }

    /// Header section and parts of the edited message; read again if an edit has changed what it is made of.
    ///
    /// # Errors
    ///
    /// The disk.
    pub fn anatomy(&mut self) -> io::Result<&Anatomy> {
        let anatomy = match self.anatomy.take() {
            Some(anatomy) => anatomy,
            None => Anatomy::of(&self.content())?,
        };
        Ok(self.anatomy.insert(anatomy))
    }

    fn apply_one(&mut self, edit: &Edit, utf8: Utf8, applied: &mut Applied) -> io::Result<Result<(), Why>> {
        if let Some(change) = EnvelopeChange::of(edit) {
            return Ok(change.map(|change| applied.envelope.push(change)).map_err(Why::from));
        }
        if let Edit::Tag { name, value } = edit {
            applied.tags.push((name.clone(), value.clone()));
            return Ok(Ok(()));
        }
        self.anatomy()?;
        let Some(anatomy) = &self.anatomy else { return Ok(Ok(())) };
        let effect = effect(edit, anatomy, &self.content(), (utf8, self.own.as_ref()))?;
        Ok(effect.map(|effect| self.splice(&effect)))
    }

    fn splice(&mut self, effect: &Effect) {
        let (Effect::Fields(splices) | Effect::Parts(splices)) = effect;
        if splices.is_empty() {
            return;
        }
        self.rope = self.rope.spliced(splices);
        self.anatomy = match effect {
            Effect::Fields(splices) => self.anatomy.take().and_then(|anatomy| moved(anatomy, splices)),
            Effect::Parts(_) => None,
        };
    }
}

/// What an edit does to a message.
fn effect(
    edit: &Edit,
    anatomy: &Anatomy,
    content: &dyn Content,
    (utf8, own): (Utf8, &[u8]),
) -> io::Result<Result<Effect, Why>> {
    let change = match edit {
        Edit::AddHeader(header) => Change::Insert(usize::MAX, header),
        Edit::InsertHeader { position, header } => Change::Insert(*position, header),
        Edit::ReplaceHeader { occurrence, header } => Change::Replace(*occurrence, header),
        Edit::RemoveHeader { name, occurrence } => Change::Remove(name, *occurrence),
        _ => return Ok(body_effect(edit, anatomy, content)?.map(Effect::Parts)),
    };
    let splices = change.splices(&anatomy.headers, utf8, own).map_err(Why::from);
    Ok(splices.map(|splices| {
        if change.concerns_structure() { Effect::Parts(splices) } else { Effect::Fields(splices) }
    }))
}

fn body_effect(
    edit: &Edit,
    anatomy: &Anatomy,
    content: &dyn Content,
) -> io::Result<Result<Vec<Splice>, Why>> {
    match edit {
        Edit::ReplaceBody(octets) => parts::replace_body(content, anatomy, octets),
        Edit::ReplacePart { part, content_type, text } => {
            parts::replace(content, anatomy, (part, content_type.as_deref()), text)
        }
        Edit::RemovePart { part } => Ok(parts::remove(&anatomy.structure, part)),
        Edit::AppendText { plain, html } => append::append(content, anatomy, plain, html.as_deref()),
        _ => Ok(Ok(Vec::new())),
    }
}

/// The anatomy after splices of the header section that change nothing in what the message is made of; `None` if only reading it again
/// can tell.
fn moved(anatomy: Anatomy, splices: &[Splice]) -> Option<Anatomy> {
    let Anatomy { headers, mut structure } = anatomy;
    if !headers.is_complete() {
        return None;
    }
    let (mut octets, mut at) = (Vec::with_capacity(headers.octets().len() + 256), 0);
    for splice in splices {
        octets.extend_from_slice(headers.octets().get(at..usize::try_from(splice.range.start).ok()?)?);
        octets.extend_from_slice(&splice.with);
        at = usize::try_from(splice.range.end).ok()?;
    }
    octets.extend_from_slice(headers.octets().get(at..)?);
    if octets.len() > SECTION {
        return None;
    }
    let size = octets.len() as u64;
    structure.moved(i64::try_from(size).ok()? - i64::try_from(headers.size()).ok()?);
    Some(Anatomy {
        headers: HeaderSection::beginning(Bytes::from(octets), size, headers.ending()),
        structure,
    })
}

#[cfg(test)]
mod tests;
