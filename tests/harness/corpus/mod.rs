//! A thousand odd but real-looking messages, always the same ones: what mailers, lists, scanners and the careless make.
//!
//! - `seed`: the chance that is none
//! - `sections`: header sections, and messages that are nothing else
//! - `bodies`: bodies without MIME, and text that is written in odd ways
//! - `multiparts`: MIME, whole and broken
//! - `files`: what is attached, signed or encrypted

mod bodies;
mod files;
mod multiparts;
mod sections;
mod seed;

use self::seed::Seed;

/// How many there are.
pub const LETTERS: usize = 1_000;

/// The size of the body of the largest, octets.
const LARGE: usize = 50 * 1024 * 1024;

/// A message of the corpus.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Its number, from 0.
    pub number: usize,
    /// What is odd about it.
    pub kind: &'static str,
    /// Its octets: lines that end with CRLF.
    pub octets: Vec<u8>,
}

/// What makes a message of a kind.
type Make = fn(&mut Seed) -> Vec<u8>;

/// All of the messages but the largest, which is the last.
pub fn letters() -> impl Iterator<Item = Letter> {
    let kinds: Vec<(&'static str, Make)> =
        [sections::KINDS, bodies::KINDS, multiparts::KINDS, files::KINDS].concat();
    (0..LETTERS - 1).map(move |number| {
        let (kind, make) = kinds[number % kinds.len()];
        let octets = make(&mut Seed::new(number as u64));
        Letter { number, kind, octets }
    })
}

/// The largest: a file of 50 MiB.
pub fn largest() -> Letter {
    let mut octets = b"Subject: all of it\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"big\"\r\n\r\n--big\r\n\r\nAttached.\r\n--big\r\n\
        Content-Type: application/octet-stream; name=\"all.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        .to_vec();
    let line = Seed::new(LETTERS as u64).base64_line();
    octets.extend(line.repeat(LARGE / line.len()));
    octets.extend_from_slice(b"--big--\r\n");
    Letter { number: LETTERS - 1, kind: "a file of 50 MiB", octets }
}

/// The header fields that most messages have.
fn head(seed: &mut Seed) -> String {
    let number = seed.below(1_000_000);
    format!(
        "Received: from mx{number}.client.example (mx.client.example [192.0.2.{}])\r\n\tby relay.client.example with ESMTP id {number};\r\n\tSat, 28 Nov 2026 06:00:{:02} +0100\r\n\
         From: \"{} {}\" <writer{number}@client.example>\r\nTo: <reader@there.example>\r\nSubject: {}\r\nMessage-ID: <{number}.{}@client.example>\r\n\
         Date: Sat, 28 Nov 2026 06:00:00 +0100\r\n",
        seed.below(250),
        seed.below(60),
        seed.word(),
        seed.word(),
        seed.words(5),
        seed.below(1_000_000),
    )
}
