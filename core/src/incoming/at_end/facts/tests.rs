use std::sync::Mutex;

use bytes::Bytes;
use waxseal_plugins::verdicts::{Edit, Header};

use super::*;

const MIXED: &str = "From: a@b.example\r\nSubject: old\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n\
    see https://one.example\r\n--b\r\nContent-Type: text/html; name=x.html\r\n\r\n<p>x</p>\r\n--b--\r\n";

fn letter() -> Letter {
    Letter::of(Arc::new(Bytes::from_static(MIXED.as_bytes())))
}

fn fresh(letter: &mut Letter) -> Message {
    of(letter, Reads::which(|_| true), &Results::default()).unwrap()
}

/// Two bodies are the same only if they lie at the same place.
fn without_body(mut message: Message) -> (Message, Vec<u8>) {
    let body = std::mem::take(&mut message.body);
    (message, body.read(0, 1 << 16).unwrap())
}

/// Edits, and how much they change.
fn edits() -> Vec<(Edit, Reach)> {
    let header = |name: &str, value: &str| Header::new(name, value);
    vec![
        (Edit::Tag { name: "class".into(), value: "bulk".into() }, Reach::Envelope),
        (Edit::AddRecipient("c@d.example".into()), Reach::Envelope),
        (Edit::ReplaceSender("e@f.example".into()), Reach::Envelope),
        (Edit::AddHeader(header("X-Seen", "yes")), Reach::Fields),
        (Edit::ReplaceHeader { occurrence: 1, header: header("Subject", "new") }, Reach::Fields),
        (Edit::ReplaceHeader { occurrence: 1, header: header("From", "g@h.example") }, Reach::Fields),
        (Edit::AppendText { plain: "https://two.example".into(), html: None }, Reach::Parts),
        (Edit::RemovePart { part: "2".into() }, Reach::Parts),
        (Edit::RemoveHeader { name: "Content-Type".into(), occurrence: None }, Reach::Parts),
        (Edit::ReplaceBody("https://three.example\r\n".into()), Reach::Parts),
    ]
}

#[test]
fn what_was_told_is_made_anew_as_far_as_it_changed() {
    let mut letter = letter();
    let mut told = fresh(&mut letter);
    for (edit, reach) in edits() {
        let done = letter.edit(std::slice::from_ref(&edit)).unwrap();
        assert_eq!((done.refused.len(), done.reach), (0, reach), "{edit:?}");
        renew(&mut told, &mut letter, Reads::which(|_| true), reach).unwrap();
        assert_eq!(without_body(told.clone()), without_body(fresh(&mut letter)), "{edit:?}");
    }
    assert_eq!((told.subject.as_str(), told.from.as_str()), ("new", "g@h.example"));
    assert_eq!(
        (told.urls.as_slice(), told.parts.len()),
        (["https://three.example".to_owned()].as_slice(), 1)
    );
}

/// A file, of which is noted how far it was read.
#[derive(Debug)]
struct Noting(Bytes, Mutex<u64>);

impl Content for Noting {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.read_at(offset, buffer)?;
        let mut read = self.1.lock().unwrap();
        *read = (*read).max(offset + length as u64);
        Ok(length)
    }
}

#[test]
fn who_reads_headers_pays_for_no_body() {
    let content = Arc::new(Noting(Bytes::from(format!("{MIXED}{}", "x".repeat(1 << 20))), Mutex::default()));
    let read = |facts: &[&str]| {
        let told = of(&mut Letter::of(content.clone()), Reads::of(facts), &Results::default()).unwrap();
        (told.headers.first("subject").map(str::to_owned), *content.1.lock().unwrap())
    };
    assert_eq!(read(&["headers"]), (Some("old".to_owned()), 16 * 1024));
    assert_eq!(read(&["spf", "subject", "tags"]), (None, 16 * 1024));
    assert!(read(&["parts"]).1 > 16 * 1024);
}
