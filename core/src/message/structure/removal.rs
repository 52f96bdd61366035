//! The structure of a message without one of its parts, where that can be told without reading the message again: who removes hundreds
//! of parts does not pay for hundreds of scans.

use super::{Kind, Known, PARTS, Part, Structure};

/// Whether the structure is still known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// The part is gone from it.
    Told,
    /// Only a scan can tell; nothing has changed.
    Unknown,
}

impl Structure {
    /// The part at this index of [`Structure::parts`], with all that it holds, is removed from its delimiter line to the next one.
    pub(in crate::message) fn remove(&mut self, removed: usize) -> Removal {
        let part = self.parts.get(removed).filter(|_| self.is_told_without(removed));
        let Some(Part { extent: cut, parent: Some(holder), .. }) = part else { return Removal::Unknown };
        let (cut, holder, behind) = (cut.clone(), *holder, self.behind(removed));
        let count = behind - removed;
        let moved = |index: usize| if index >= behind { index - count } else { index };
        self.parts.drain(removed..behind);
        for part in &mut self.parts {
            part.shift(|offset| if offset >= cut.end { offset - (cut.end - cut.start) } else { offset });
            part.parent = part.parent.map(moved);
            part.children.retain(|child| !(removed..behind).contains(child));
            part.children.iter_mut().for_each(|child| *child = moved(*child));
        }
        self.number_children(holder, removed);
        Removal::Told
    }

    /// Whether a scan of what is left would come to the same parts. A delimiter line of its holder must follow, and be taken for that
    /// too where the part before it comes before: nothing in that may be open. And all must be known: with one less there might be room
    /// for more.
    fn is_told_without(&self, removed: usize) -> bool {
        let holder = self.parts.get(removed).and_then(|part| self.parts.get(part.parent?));
        let Some(holder) = holder else { return false };
        let Kind::Multipart { epilogue, .. } = &holder.kind else { return false };
        let place = holder.children.iter().position(|child| *child == removed);
        let is_last = holder.children.last() == Some(&removed);
        let before = place.and_then(|place| holder.children.get(place.checked_sub(1)?));
        let before = before.and_then(|before| self.parts.get(*before..removed)).unwrap_or_default();
        let is_open = |part: &Part| matches!(part.kind, Kind::Multipart { epilogue: None, .. });
        self.known == Known::Whole
            && self.parts.len() < PARTS
            && holder.children.len() > 1
            && (!is_last || epilogue.is_some())
            && !before.iter().any(is_open)
    }

    /// The index behind a part and all that it holds.
    fn behind(&self, part: usize) -> usize {
        let rest = self.parts.iter().enumerate().skip(part + 1);
        let mut others = rest.filter(|(_, other)| other.parent.is_none_or(|parent| parent < part));
        others.next().map_or(self.parts.len(), |(index, _)| index)
    }

    /// Numbers what a multipart holds from this index on, as IMAP does from 1 on, and what that holds.
    fn number_children(&mut self, holder: usize, from: usize) {
        let children = self.parts.get(holder).map(|holder| holder.children.clone()).unwrap_or_default();
        for (place, child) in children.into_iter().enumerate().skip_while(|(_, child)| *child < from) {
            let Some(old) = self.parts.get(child).map(|part| part.number.clone()) else { continue };
            let stem = old.rfind('.').map_or("", |dot| old.get(..=dot).unwrap_or_default());
            let new = format!("{stem}{}", place + 1);
            let behind = self.behind(child);
            for part in self.parts.get_mut(child..behind).into_iter().flatten() {
                let rest =
                    part.number.strip_prefix(&old).filter(|rest| rest.is_empty() || rest.starts_with('.'));
                if let Some(rest) = rest {
                    part.number = format!("{new}{rest}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::message::anatomy::Anatomy;

    fn structure(text: &str) -> Structure {
        Anatomy::of(&Bytes::from(text.to_owned())).unwrap().structure
    }

    /// Removes each part from a message, and compares with a scan of what is left; how often no scan was needed.
    fn without_each(text: &str) -> usize {
        let whole = structure(text);
        let told = |index: usize| {
            let part = &whole.parts()[index];
            let is_of_several = part.parent.is_some_and(|holder| {
                let holder = &whole.parts()[holder];
                matches!(holder.kind, Kind::Multipart { .. }) && holder.children.len() > 1
            });
            let mut rest = whole.clone();
            if rest.remove(index) == Removal::Unknown {
                assert_eq!(rest, whole);
                return false;
            }
            assert!(is_of_several, "{text:?}: {index}");
            let (start, end) = (part.extent.start as usize, part.extent.end as usize);
            let left = [&text[..start], &text[end..]].concat();
            assert_eq!(rest, structure(&left), "{text:?} without {}: {left:?}", part.number);
            true
        };
        (0..whole.parts().len()).filter(|index| told(*index)).count()
    }

    #[test]
    fn the_parts_behind_are_numbered_anew_with_what_they_hold() {
        let text = "Content-Type: multipart/mixed; boundary=a\r\n\r\npreamble\r\n--a\r\n\r\none\r\n--a\r\n\
            Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntwo\r\n--b\r\n\r\nthree\r\n--b--\r\n--a\r\n\
            Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nfour\r\n--c--\r\n--a--\r\n";
        assert_eq!(without_each(text), 5);
        let mut whole = structure(text);
        assert_eq!(whole.remove(1), Removal::Told);
        let numbers: Vec<_> = whole.parts().iter().map(|part| part.number.as_str()).collect();
        assert_eq!(numbers, ["", "1", "1.1", "1.2", "2", "", "2.1"]);
    }

    #[test]
    fn what_a_part_that_is_open_would_take_is_left_to_a_scan() {
        // What closes the outer multipart would be a part of the one before, whose boundary that is.
        let text = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary=\"a--\"\r\n\r\n\
            --a\r\n\r\nlast\r\n--a--\r\n";
        assert_eq!(structure(text).parts().len(), 3);
        assert_eq!(without_each(text), 1, "the first can be told of");
    }

    proptest! {
        #[test]
        fn it_is_what_a_scan_finds(lines in prop::collection::vec(select(vec![
            "--a\r\n", "--a\r\n", "--a--\r\n", "--b\r\n", "--b\r\n", "--b--\r\n", "--a----\r\n", "\r\n", "\r\n", "text\r\n", "text",
            "Content-Type: multipart/mixed; boundary=a\r\n", "Content-Type: multipart/digest; boundary=b\r\n",
            "Content-Type: multipart/mixed; boundary=\"a--\"\r\n", "Content-Type: message/rfc822\r\n",
        ]), 0..40)) {
            without_each(&format!("Content-Type: multipart/mixed; boundary=a\r\n\r\n{}", lines.concat()));
        }
    }
}
