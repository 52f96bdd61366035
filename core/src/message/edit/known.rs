//! What was read of an edited message, and what an edit leaves of that.

use std::io;

use bytes::Bytes;

use super::{Edited, Effect};
use crate::message::anatomy::Anatomy;
use crate::message::headers::{Ending, HeaderSection, SECTION};
use crate::message::structure::Removal;

/// What is known of a message; what is not is read where somebody needs it.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    headers: Option<HeaderSection>,
    /// With the same header section.
    anatomy: Option<Anatomy>,
}

impl Known {
    /// The header section.
    pub(super) fn headers(&mut self, content: &Edited) -> io::Result<&HeaderSection> {
        let headers = match self.headers.take() {
            Some(headers) => headers,
            None => HeaderSection::read(content)?,
        };
        Ok(self.headers.insert(headers))
    }

    /// Header section and parts.
    pub(super) fn anatomy(&mut self, content: &Edited) -> io::Result<&Anatomy> {
        let anatomy = match self.anatomy.take() {
            Some(anatomy) => anatomy,
            None => Anatomy::with(self.headers(content)?.clone(), content)?,
        };
        Ok(self.anatomy.insert(anatomy))
    }

    /// Forgets what an edit has changed.
    pub(super) fn splice(&mut self, effect: &Effect) {
        let Some(before) = self.headers.take() else { return };
        self.headers = edited(&before, effect);
        let structure = self.anatomy.take().map(|anatomy| anatomy.structure);
        let (Some(mut structure), Some(headers)) = (structure, &self.headers) else { return };
        let is_known = match effect {
            Effect::Fields(_) => {
                structure.moved(before.size(), headers.size());
                true
            }
            Effect::Removed(_, part) => structure.remove(*part) == Removal::Told,
            Effect::Parts(_) => false,
        };
        if is_known {
            self.anatomy = Some(Anatomy { headers: headers.clone(), structure });
        }
    }
}

impl From<Anatomy> for Known {
    fn from(anatomy: Anatomy) -> Self {
        Self { headers: Some(anatomy.headers.clone()), anatomy: Some(anatomy) }
    }
}

/// The header section after an edit; `None` if only reading it again can tell.
fn edited(headers: &HeaderSection, effect: &Effect) -> Option<HeaderSection> {
    let changes_body = !matches!(effect, Effect::Fields(_));
    if (changes_body && headers.ending() == Ending::Message) || !headers.is_complete() {
        return None;
    }
    let splices = effect.splices();
    // What is changed beyond the section comes last.
    let within = splices.partition_point(|splice| splice.range.start <= headers.size());
    let splices = splices.get(..within).filter(|splices| !splices.is_empty());
    let Some(splices) = splices else { return Some(headers.clone()) };
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
    Some(HeaderSection::beginning(Bytes::from(octets), size, headers.ending()))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use waxseal_plugins::content::Content;
    use waxseal_plugins::verdicts::{Edit, Header};

    use super::*;
    use crate::message::edit::{Draft, Reach};
    use crate::message::headers::written::Utf8;

    const MIXED: &str = "X: 1\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\n\r\nmore\r\n--b--\r\n";

    fn disclaimer() -> Edit {
        Edit::AppendText { plain: "more".into(), html: None }
    }

    /// The message as it came, which may be read so often.
    #[derive(Debug)]
    struct Counted {
        octets: Bytes,
        reads: Mutex<Vec<u64>>,
    }

    impl Content for Counted {
        fn size(&self) -> u64 {
            self.octets.size()
        }

        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            self.reads.lock().unwrap().push(offset);
            self.octets.read_at(offset, buffer)
        }
    }

    #[test]
    fn a_header_section_is_read_once_and_the_body_not_for_it() {
        let octets = Bytes::from(format!(
            "From: a@b\r\nX: 1\r\nSubject: s\r\nX: 2\r\n\r\nbody\r\n{}",
            "x".repeat(1 << 20)
        ));
        let counted = Arc::new(Counted { octets, reads: Mutex::default() });
        let mut draft = Draft::unread(counted.clone(), Utf8::Encoded);
        let before = draft.headers().unwrap().size();
        draft.apply(&[Edit::InsertHeader { position: 0, header: Header::new("Y", "z") }]).unwrap();
        let applied = draft.apply(&[Edit::RemoveHeader { name: "X".into(), occurrence: None }]).unwrap();
        assert_eq!(applied.reach, Reach::Fields);
        assert_eq!(
            draft.headers().unwrap().size(),
            before + "Y: z\r\n".len() as u64 - 2 * "X: 1\r\n".len() as u64
        );
        let applied = draft.apply(&[Edit::ReplaceBody("new\r\n".into()), disclaimer()]).unwrap();
        assert_eq!(applied.reach, Reach::Parts);
        assert_eq!(draft.headers().unwrap().fields().len(), 3);
        // Its first octets are read again only to write it.
        assert_eq!(counted.reads.lock().unwrap().iter().filter(|offset| **offset == 0).count(), 1);
        assert!(counted.reads.lock().unwrap().len() <= 3, "{:?}", counted.reads);
    }

    #[test]
    fn edits_say_what_they_have_changed() {
        let reach = |edit| {
            Draft::unread(Arc::new(Bytes::from_static(MIXED.as_bytes())), Utf8::Encoded)
                .apply(&[edit])
                .unwrap()
                .reach
        };
        assert_eq!(reach(Edit::Tag { name: "a".into(), value: "b".into() }), Reach::Envelope);
        assert_eq!(reach(Edit::AddRecipient("a@b.example".into())), Reach::Envelope);
        assert_eq!(reach(Edit::RemoveHeader { name: "Y".into(), occurrence: None }), Reach::Envelope);
        assert_eq!(reach(Edit::RemovePart { part: "7".into() }), Reach::Envelope);
        assert_eq!(reach(Edit::AddHeader(Header::new("X", "y"))), Reach::Fields);
        assert_eq!(reach(Edit::AddHeader(Header::new("Content-Language", "de"))), Reach::Parts);
        assert_eq!(reach(Edit::RemovePart { part: "2".into() }), Reach::Parts);
        assert_eq!(reach(disclaimer()), Reach::Parts);
    }

    #[test]
    fn a_message_is_scanned_once_for_all_parts_that_are_removed() {
        let parts = "--b\r\n\r\nmore\r\n".repeat(300);
        let octets =
            Bytes::from(format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n"));
        let counted = Arc::new(Counted { octets, reads: Mutex::default() });
        let mut draft = Draft::unread(counted.clone(), Utf8::Encoded);
        let removals: Vec<_> =
            (2..=300).rev().map(|part| Edit::RemovePart { part: part.to_string() }).collect();
        assert_eq!(draft.apply(&removals).unwrap().refused, []);
        assert_eq!(draft.anatomy().unwrap().structure.parts().len(), 2);
        assert!(counted.reads.lock().unwrap().len() <= 4, "{:?}", counted.reads);
    }
}
