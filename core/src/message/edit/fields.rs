//! Edits of the header section.

use bytes::Bytes;
use waxseal_plugins::verdicts::{Edit, Header};

use super::Effect;
use super::rope::Splice;
use crate::message::headers::written::{self, InvalidHeader, Utf8};
use crate::message::headers::{Ending, Field, HeaderSection};

/// What is put into a header section.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change<'a> {
    /// A field before the field of this number; behind all that are beyond.
    Insert(usize, &'a Header),
    /// A field in the place of the so-many-th of its name, from 1, or behind all.
    Replace(u32, &'a Header),
    /// Nothing in the place of one of that name, or of all.
    Remove(&'a str, Option<u32>),
}

impl<'a> Change<'a> {
    /// The change that an edit is; `None` if it is another edit.
    pub(super) fn of(edit: &'a Edit) -> Option<Self> {
        Some(match edit {
            Edit::AddHeader(header) => Self::Insert(usize::MAX, header),
            Edit::InsertHeader { position, header } => Self::Insert(*position, header),
            Edit::ReplaceHeader { occurrence, header } => Self::Replace(*occurrence, header),
            Edit::RemoveHeader { name, occurrence } => Self::Remove(name, *occurrence),
            _ => return None,
        })
    }

    /// What its splices do to the message.
    pub(super) fn effect(self, splices: Vec<Splice>) -> Effect {
        if self.concerns_structure() { Effect::Parts(splices) } else { Effect::Fields(splices) }
    }

    /// What it does to a section, in the section's own offsets. It does not reach the field that is `own` to the relay.
    pub(super) fn splices(
        self,
        section: &HeaderSection,
        utf8: Utf8,
        own: &[u8],
    ) -> Result<Vec<Splice>, InvalidHeader> {
        let utf8 = as_the_section(utf8, section);
        let all = |name| section.all(name).filter(move |field| field.octets() != own);
        let nth = |name, occurrence: u32| {
            let index = usize::try_from(occurrence.max(1) - 1).ok()?;
            all(name).nth(index)
        };
        match self {
            Self::Insert(position, header) => {
                Ok(vec![insertion(section, position, written::field(header, utf8)?)])
            }
            Self::Replace(occurrence, header) => {
                let field = written::field(header, utf8)?;
                Ok(vec![match nth(header.name.as_str(), occurrence) {
                    Some(old) => Splice { range: old.range(), with: field.into() },
                    None => insertion(section, usize::MAX, field),
                }])
            }
            Self::Remove(name, occurrence) => {
                let gone = |field: Field<'_>| Splice { range: field.range(), with: Bytes::new() };
                Ok(match occurrence {
                    Some(occurrence) => nth(name, occurrence).map(gone).into_iter().collect(),
                    None => all(name).map(gone).collect(),
                })
            }
        }
    }

    /// Whether it changes what the message says it is made of.
    fn concerns_structure(self) -> bool {
        let (Self::Insert(_, Header { name, .. }) | Self::Replace(_, Header { name, .. })) = self else {
            let Self::Remove(name, _) = self else { return false };
            return is_structural(name);
        };
        is_structural(name)
    }
}

fn is_structural(name: &str) -> bool {
    name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("content-"))
}

/// Letters stay as they are only where the message has such already: else the field would ask for SMTPUTF8 of hosts that could take the
/// message without it.
fn as_the_section(utf8: Utf8, section: &HeaderSection) -> Utf8 {
    if utf8 == Utf8::Raw && section.octets().is_ascii() { Utf8::Encoded } else { utf8 }
}

fn insertion(section: &HeaderSection, position: usize, field: Vec<u8>) -> Splice {
    let at = section.insertion(position);
    Splice { range: at..at, with: on_a_line_of_its_own(section, at, field).into() }
}

/// The last line of a message without body may lack its end.
fn on_a_line_of_its_own(section: &HeaderSection, at: u64, field: Vec<u8>) -> Vec<u8> {
    let octets = section.octets();
    let open = section.ending() == Ending::Message && at == octets.len() as u64 && !octets.is_empty();
    if open && !octets.ends_with(b"\r\n") { [b"\r\n", field.as_slice()].concat() } else { field }
}
