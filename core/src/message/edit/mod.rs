//! From edits to a message of which all else is, octet for octet, what came.
//!
//! A [`Draft`] is a message with the edits that were done so far. Each edit is a pure function from what the message is now to a few
//! splices; they are done on a rope, so nothing is copied that is not new. What was read of the message stays known until an edit
//! changes it.
//!
//! - [`rope`]: the pieces of an edited message, and the message that they make
//! - `fields`: edits of the header section
//! - `known`: what was read of the message, and what an edit leaves of that
//! - `parts`, `append`: edits of parts; `part` is one that is to be changed
//! - `written`, `lines`: how a new text is written
//! - [`envelope`]: edits of the envelope
//! - [`refusal`]: what cannot be done, and why

mod append;
pub mod envelope;
mod fields;
mod known;
mod lines;
mod part;
mod parts;
pub mod refusal;
pub mod rope;
mod written;

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use waxseal_plugins::content::Content;
use waxseal_plugins::verdicts::Edit;

pub use self::envelope::{EnvelopeChange, possible};
use self::fields::Change;
use self::known::Known;
pub use self::part::is_within_sealed;
pub use self::refusal::{Refusal, Why};
pub use self::rope::{Edited, Piece, Rope, Splice};
use super::anatomy::Anatomy;
use super::headers::HeaderSection;
use super::headers::written::Utf8;

/// A message with the edits that were done so far.
#[derive(Clone, Debug)]
pub struct Draft {
    below: Arc<dyn Content>,
    rope: Rope,
    /// Of the edited message.
    known: Known,
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
    /// What they have changed.
    pub reach: Reach,
}

/// What edits have changed: the most of it, in the order of what it costs to look at it again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Nothing of the message itself.
    #[default]
    Envelope,
    /// Header fields that do not say what the message is made of.
    Fields,
    /// What the message is made of, or its body.
    Parts,
}

/// What an edit does to the octets of a message.
enum Effect {
    /// The header section changes, and the parts move with it.
    Fields(Vec<Splice>),
    /// What the message is made of changes.
    Parts(Vec<Splice>),
    /// The part at this index of the structure is gone, with its delimiter line.
    Removed(Splice, usize),
}

impl Draft {
    /// A message as it came, of which nothing was read yet: it is read where an edit, or somebody else, needs it.
    pub fn unread(content: Arc<dyn Content>, utf8: Utf8) -> Self {
        let (rope, known) = (Rope::whole(content.size()), Known::default());
        Self { below: content, rope, known, utf8, own: Bytes::new() }
    }

    /// The same message, of which no edit reaches this field: our own Received, with its line end.
    #[must_use]
    pub fn traced(self, own: Bytes) -> Self {
        Self { own, ..self }
    }

    /// A message as it came, that was read.
    pub fn new(content: Arc<dyn Content>, anatomy: Anatomy, utf8: Utf8) -> Self {
        let rope = Rope::whole(content.size());
        Self { below: content, rope, known: anatomy.into(), utf8, own: Bytes::new() }
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

    /// Takes fields out of the header section, in one go: they are where it says, from the top, and none of them says what the message
    /// is made of.
    pub fn cut(&mut self, fields: Vec<Range<u64>>) {
        let out = |range| Splice { range, with: Bytes::new() };
        self.splice(&Effect::Fields(fields.into_iter().map(out).collect()));
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

    /// The header section of the edited message; read if it is not known.
    ///
    /// # Errors
    ///
    /// The disk.
    pub fn headers(&mut self) -> io::Result<&HeaderSection> {
        let content = self.content();
        self.known.headers(&content)
    }

    /// Header section and parts of the edited message, likewise.
    ///
    /// # Errors
    ///
    /// The disk.
    pub fn anatomy(&mut self) -> io::Result<&Anatomy> {
        let content = self.content();
        self.known.anatomy(&content)
    }

    fn apply_one(&mut self, edit: &Edit, utf8: Utf8, applied: &mut Applied) -> io::Result<Result<(), Why>> {
        if let Some(change) = EnvelopeChange::of(edit) {
            return Ok(change.map(|change| applied.envelope.push(change)).map_err(Why::from));
        }
        if let Edit::Tag { name, value } = edit {
            applied.tags.push((name.clone(), value.clone()));
            return Ok(Ok(()));
        }
        let content = self.content();
        let effect = match Change::of(edit) {
            Some(change) => {
                let splices =
                    change.splices(self.known.headers(&content)?, utf8, &self.own).map_err(Why::from);
                splices.map(|splices| change.effect(splices))
            }
            None => body_effect(edit, self.known.anatomy(&content)?, &content)?,
        };
        Ok(effect.map(|effect| {
            applied.reach = applied.reach.max(effect.reach());
            self.splice(&effect);
        }))
    }

    fn splice(&mut self, effect: &Effect) {
        let splices = effect.splices();
        if splices.is_empty() {
            return;
        }
        self.rope = self.rope.spliced(splices);
        self.known.splice(effect);
    }
}

impl Effect {
    fn splices(&self) -> &[Splice] {
        match self {
            Self::Fields(splices) | Self::Parts(splices) => splices,
            Self::Removed(splice, _) => std::slice::from_ref(splice),
        }
    }

    fn reach(&self) -> Reach {
        match self {
            _ if self.splices().is_empty() => Reach::Envelope,
            Self::Fields(_) => Reach::Fields,
            Self::Parts(_) | Self::Removed(..) => Reach::Parts,
        }
    }
}

/// What an edit of the body does.
fn body_effect(edit: &Edit, anatomy: &Anatomy, content: &dyn Content) -> io::Result<Result<Effect, Why>> {
    let splices = match edit {
        Edit::RemovePart { part } => return Ok(parts::remove(&anatomy.structure, part)),
        Edit::ReplaceBody(octets) => parts::replace_body(content, anatomy, octets)?,
        Edit::ReplacePart { part, content_type, text } => {
            parts::replace(content, anatomy, (part, content_type.as_deref()), text)?
        }
        Edit::AppendText { plain, html } => append::append(content, anatomy, plain, html.as_deref())?,
        _ => Ok(Vec::new()),
    };
    Ok(splices.map(Effect::Parts))
}

#[cfg(test)]
mod tests;
