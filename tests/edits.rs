//! Each edit, on a thousand odd messages: it changes what it says, and all else is octet for octet what came.
//!
//! What changed is looked at twice without the code that made it: by cutting octets, and by another parser, which reads whole
//! messages at once.

use std::sync::Arc;

use bytes::Bytes;
use mail_parser::{MessageParser, PartType};
use waxseal::message::anatomy::Anatomy;
use waxseal::message::attachments::Attachment;
use waxseal::message::edit::{Applied, Draft, Piece, Why};
use waxseal::message::headers::written::Utf8;
use waxseal::message::structure::{Kind, Structure};
use waxseal::message::text::PartText;
use waxseal::message::urls::urls;
use waxseal_plugins::verdicts::{Edit, Header};
use waxseal_tests::corpus::{self, Letter};

/// A text that no message has.
const NOTE: &str = "This was scanned by the seal of wax.";

#[test]
fn without_edits_a_message_is_what_came() {
    for letter in corpus::letters() {
        let (mut draft, _) = draft(&letter);
        assert_eq!(draft.apply(&[]).unwrap().refused, []);
        assert!(
            draft.is_as_it_came() && octets(&draft) == letter.octets,
            "{} ({})",
            letter.number,
            letter.kind
        );
    }
}

#[test]
fn all_that_filters_see_can_be_read() {
    for letter in corpus::letters().chain([corpus::largest()]) {
        let content = Bytes::from(letter.octets.clone());
        let anatomy = Anatomy::of(&content).unwrap();
        let texts = PartText::all(&content, &anatomy.structure, 1024 * 1024).unwrap();
        urls(&texts);
        texts.iter().for_each(|text| drop(text.readable()));
        Attachment::all(&content, &anatomy.structure).unwrap();
        anatomy.headers.fields().for_each(|field| drop(field.text()));
        assert!(
            anatomy.headers.body() == split(&letter.octets).1 as u64,
            "{} ({})",
            letter.number,
            letter.kind
        );
    }
}

#[test]
fn a_field_is_put_in_and_nothing_else_changes() {
    let line = format!("X-Note: {NOTE}\r\n").into_bytes();
    let header = || Header::new("X-Note", NOTE);
    for letter in corpus::letters() {
        let (end, _) = split(&letter.octets);
        let (head, rest) = letter.octets.split_at(end);
        assert_eq!(
            done(&letter, Edit::AddHeader(header())),
            [head, &line, rest].concat(),
            "{} ({})",
            letter.number,
            letter.kind
        );
        // What begins with a continuation keeps it on top.
        let top = if letter.octets.starts_with(b" ") { first_line(&letter.octets) } else { 0 };
        let (above, below) = letter.octets.split_at(top);
        let on_top = done(&letter, Edit::InsertHeader { position: 0, header: header() });
        assert_eq!(on_top, [above, &line, below].concat(), "{} ({})", letter.number, letter.kind);
    }
}

#[test]
fn fields_are_replaced_and_removed_and_nothing_else_changes() {
    for letter in corpus::letters() {
        let (end, _) = split(&letter.octets);
        let (head, rest) = letter.octets.split_at(end);
        let fields = fields(head);
        let without: Vec<u8> =
            fields.iter().filter(|field| !is_subject(field)).copied().collect::<Vec<_>>().concat();
        let removed = done(&letter, Edit::RemoveHeader { name: "subject".into(), occurrence: None });
        assert_eq!(removed, [&without, rest].concat(), "{} ({})", letter.number, letter.kind);
        let other = format!("Subject: {NOTE}\r\n").into_bytes();
        let edit = Edit::ReplaceHeader { occurrence: 1, header: Header::new("Subject", NOTE) };
        let mut expected: Vec<&[u8]> = fields.clone();
        match fields.iter().position(|field| is_subject(field)) {
            Some(at) => expected[at] = &other,
            None => expected.push(&other),
        }
        assert_eq!(
            done(&letter, edit),
            [&expected.concat(), rest].concat(),
            "{} ({})",
            letter.number,
            letter.kind
        );
    }
}

#[test]
fn a_body_is_replaced_and_the_headers_stay() {
    for letter in corpus::letters() {
        let (end, _) = split(&letter.octets);
        let body = done(&letter, Edit::ReplaceBody(Bytes::from_static(b"other\r\n")));
        assert_eq!(
            body,
            [&letter.octets[..end], b"\r\nother\r\n"].concat(),
            "{} ({})",
            letter.number,
            letter.kind
        );
    }
}

#[test]
fn a_disclaimer_is_appended_and_no_other_part_changes() {
    let edit = Edit::AppendText { plain: NOTE.into(), html: None };
    let (mut appended, mut sealed, mut without) = (0, 0, 0);
    for letter in corpus::letters() {
        let (mut draft, _) = draft(&letter);
        let applied = draft.apply(std::slice::from_ref(&edit)).unwrap();
        match applied.refused.first().map(|refusal| &refusal.why) {
            None => appended += 1,
            Some(Why::Sealed(_)) => sealed += 1,
            Some(Why::NoText | Why::Charset { .. } | Why::Encoding(_)) => without += 1,
            Some(why) => panic!("{} ({}): {why}", letter.number, letter.kind),
        }
        if !applied.refused.is_empty() {
            assert!(octets(&draft) == letter.octets);
            continue;
        }
        keeps_the_rest(&letter, &draft);
        let now = octets(&draft);
        assert!(delimiters(&letter.octets) == delimiters(&now), "{} ({})", letter.number, letter.kind);
        assert!(
            another_parser_finds(&now),
            "{} ({}):\n{}",
            letter.number,
            letter.kind,
            String::from_utf8_lossy(&now)
        );
        assert!(changed_parts(&letter.octets, &now) <= 2, "{} ({})", letter.number, letter.kind);
    }
    assert!(appended > 600 && sealed > 50 && without > 30, "{appended} {sealed} {without}");
}

#[test]
fn each_part_is_removed_and_the_others_stay() {
    for letter in corpus::letters() {
        let (_, anatomy) = draft(&letter);
        for number in leaves(&anatomy.structure).into_iter().take(6) {
            let (mut draft, _) = draft(&letter);
            let part = anatomy.structure.part(&number).unwrap();
            let applied = draft.apply(&[Edit::RemovePart { part: number.clone() }]).unwrap();
            is_refused_where_sealed(&letter, &applied);
            match applied.refused.first().map(|refusal| &refusal.why) {
                Some(Why::Sealed(_) | Why::WholeMessage(_)) => continue,
                Some(why) => panic!("{} ({}): {why}", letter.number, letter.kind),
                None => {}
            }
            keeps_the_rest(&letter, &draft);
            let lost = lost(&letter, &draft);
            assert!(
                lost.is_empty()
                    || lost.iter().all(|range| part.extent.start <= range.0 && range.1 <= part.extent.end)
            );
            let siblings = anatomy.structure.parts()[part.parent.unwrap()].children.len();
            let gone = if siblings > 1 { 1 } else { 0 };
            let parts = draft.anatomy().unwrap().structure.parts().len();
            let whole = anatomy.structure.parts().len() < waxseal::message::structure::PARTS;
            assert!(
                !whole || parts == anatomy.structure.parts().len() - gone,
                "{} ({})",
                letter.number,
                letter.kind
            );
        }
    }
}

#[test]
fn each_part_gets_another_text_and_the_others_stay() {
    for letter in corpus::letters() {
        let (_, anatomy) = draft(&letter);
        for number in leaves(&anatomy.structure).into_iter().take(6) {
            let (mut draft, _) = draft(&letter);
            let part = anatomy.structure.part(&number).unwrap();
            let text = format!("{NOTE}\nGrüße, 世界\n");
            let edit = Edit::ReplacePart { part: number.clone(), content_type: None, text };
            let applied = draft.apply(&[edit]).unwrap();
            is_refused_where_sealed(&letter, &applied);
            match applied.refused.first().map(|refusal| &refusal.why) {
                Some(Why::Sealed(_)) => continue,
                Some(why) => panic!("{} ({}): {why}", letter.number, letter.kind),
                None => {}
            }
            keeps_the_rest(&letter, &draft);
            let range = part.headers.start..part.body.end;
            assert!(lost(&letter, &draft).iter().all(|lost| range.start <= lost.0 && lost.1 <= range.end));
            let content = draft.content();
            let now = draft.anatomy().unwrap().structure.part(&number).unwrap();
            let read = PartText::of(&content, now, 1024).unwrap();
            assert_eq!(
                read.text.trim_end(),
                format!("{NOTE}\r\nGrüße, 世界"),
                "{} ({})",
                letter.number,
                letter.kind
            );
        }
    }
}

fn draft(letter: &Letter) -> (Draft, Anatomy) {
    let content = Bytes::from(letter.octets.clone());
    let anatomy = Anatomy::of(&content).unwrap();
    (Draft::new(Arc::new(content), anatomy.clone(), Utf8::Encoded), anatomy)
}

/// The message after an edit that must be done.
fn done(letter: &Letter, edit: Edit) -> Vec<u8> {
    let (mut draft, _) = draft(letter);
    assert_eq!(draft.apply(&[edit]).unwrap().refused, [], "{} ({})", letter.number, letter.kind);
    octets(&draft)
}

fn octets(draft: &Draft) -> Vec<u8> {
    draft.content().chunks().flat_map(|chunk| chunk.unwrap()).collect()
}

/// Where the headers end, and where the body begins.
fn split(octets: &[u8]) -> (usize, usize) {
    if octets.starts_with(b"\r\n") {
        return (0, 2);
    }
    let empty = octets.windows(4).position(|octets| octets == b"\r\n\r\n");
    empty.map_or((octets.len(), octets.len()), |at| (at + 2, at + 4))
}

fn first_line(octets: &[u8]) -> usize {
    octets.iter().position(|octet| *octet == b'\n').map_or(octets.len(), |at| at + 1)
}

/// Lines with their continuations.
fn fields(head: &[u8]) -> Vec<&[u8]> {
    let (mut fields, mut start) = (Vec::new(), 0);
    for (at, pair) in head.windows(2).enumerate() {
        if pair[0] == b'\n' && !matches!(pair[1], b' ' | b'\t') {
            fields.push(&head[start..=at]);
            start = at + 1;
        }
    }
    fields.push(&head[start..]);
    fields
}

fn is_subject(field: &[u8]) -> bool {
    field.get(..8).is_some_and(|name| name.eq_ignore_ascii_case(b"subject:"))
}

/// The parts that have content.
fn leaves(structure: &Structure) -> Vec<String> {
    structure.parts().iter().filter(|part| part.kind == Kind::Leaf).map(|part| part.number.clone()).collect()
}

/// A part of what is signed or encrypted is left alone, and no other is taken for one.
fn is_refused_where_sealed(letter: &Letter, applied: &Applied) {
    let sealed =
        ["signed with S/MIME, detached", "signed with PGP", "encrypted with PGP"].contains(&letter.kind);
    let refused = applied.refused.iter().any(|refusal| matches!(refusal.why, Why::Sealed(_)));
    assert_eq!(refused, sealed, "{} ({})", letter.number, letter.kind);
}

/// What is kept stands in its order, and is what came.
fn keeps_the_rest(letter: &Letter, draft: &Draft) {
    let (now, mut at, mut last) = (octets(draft), 0, 0);
    for piece in draft.rope().pieces() {
        let size = piece.size() as usize;
        if let Piece::Kept(range) = piece {
            assert!(range.start >= last);
            last = range.end;
            assert!(now[at..at + size] == letter.octets[range.start as usize..range.end as usize]);
        }
        at += size;
    }
    assert_eq!(at, now.len());
}

/// What is not kept.
fn lost(letter: &Letter, draft: &Draft) -> Vec<(u64, u64)> {
    let (mut lost, mut last) = (Vec::new(), 0);
    for piece in draft.rope().pieces() {
        if let Piece::Kept(range) = piece {
            if range.start > last {
                lost.push((last, range.start));
            }
            last = range.end;
        }
    }
    let size = letter.octets.len() as u64;
    if last < size {
        lost.push((last, size));
    }
    lost
}

/// How many lines look like delimiters.
fn delimiters(octets: &[u8]) -> usize {
    octets.split(|octet| *octet == b'\n').filter(|line| line.starts_with(b"--") && *line != b"-- \r").count()
}

fn another_parser_finds(octets: &[u8]) -> bool {
    let message = MessageParser::default().parse(octets);
    message.is_some_and(|message| {
        message.parts.iter().any(|part| match &part.body {
            PartType::Text(text) | PartType::Html(text) => text.contains(NOTE),
            _ => false,
        })
    })
}

/// How many parts another parser reads differently now.
fn changed_parts(before: &[u8], now: &[u8]) -> usize {
    let parser = MessageParser::default();
    let (before, now) = (parser.parse(before), parser.parse(now));
    let contents = |part: &mail_parser::MessagePart<'_>| part.contents().to_vec();
    let before: Vec<_> = before.iter().flat_map(|message| &message.parts).map(contents).collect();
    let now: Vec<_> = now.iter().flat_map(|message| &message.parts).map(contents).collect();
    let changed = before.iter().zip(&now).filter(|(before, now)| before != now).count();
    changed + before.len().abs_diff(now.len())
}
