//! What a milter says: its frames, read from octets that may be anything.

use bytes::{Buf, Bytes};

use super::negotiation::Choice;
use crate::smtp::reply::{Reply, ReplyParser};

/// The most octets of a milter's frame with its letter: what libmilter can be told to send at most.
pub(super) const FRAME: usize = 1024 * 1024 + 1;

/// The most stages of which a milter may choose the macros; the protocol has seven.
const STAGES: usize = 16;

/// What a milter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Response {
    /// What it has chosen of what was offered.
    Choice(Choice),
    /// It is still at work.
    Progress,
    /// What becomes of what it was told.
    Final(Final),
    /// A change of the message, at its end.
    Change(Change),
}

/// An answer that ends an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Final {
    /// Go on.
    Continue,
    /// Let it through, and ask no more.
    Accept,
    /// Say that it was accepted, and forget it.
    Discard,
    /// Refuse it.
    Reject,
    /// Defer it.
    TempFail,
    /// Refuse or defer it with these words.
    Reply(Reply),
    /// Go on, without the rest of the body.
    Skip,
    /// Close the connection.
    Shutdown,
    /// The milter could not do its work.
    ConnectionFailed,
}

/// A change of a message or of its envelope, as the wire has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    AddHeader {
        name: Bytes,
        value: Bytes,
    },
    InsertHeader {
        index: u32,
        name: Bytes,
        value: Bytes,
    },
    /// An empty value removes it.
    ReplaceHeader {
        index: u32,
        name: Bytes,
        value: Bytes,
    },
    /// A piece of the new body.
    Body(Bytes),
    Sender {
        path: Bytes,
    },
    AddRecipient {
        path: Bytes,
        /// The parameters of RCPT, with spaces between them.
        parameters: Bytes,
    },
    RemoveRecipient {
        path: Bytes,
    },
    Quarantine {
        reason: Bytes,
    },
}

/// Octets that are no response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    /// A frame without a letter.
    #[error("it sent an empty frame")]
    Empty,
    /// A frame that is too long.
    #[error("it announced a frame of more than 1 MiB")]
    TooLong,
    /// A letter that the protocol does not have.
    #[error("it sent {0:?}, which the protocol does not have")]
    Letter(char),
    /// The data that belongs to this letter is not all there.
    #[error("it sent {0:?} without all that belongs to it")]
    Data(char),
    /// A reply that SMTP does not have, or that is neither 4xx nor 5xx.
    #[error("it sent a reply that cannot be said: `{0}`")]
    Reply(String),
    /// A header field whose name is none (RFC 5322 section 2.2).
    #[error("it sent a header field whose name is none: `{0}`")]
    Name(String),
    /// A text that must be an address, and is none.
    #[error("it named an address that is none: {0}")]
    Address(String),
}

impl Response {
    /// Reads a frame, given without its length.
    ///
    /// # Errors
    ///
    /// What is wrong with it. The connection is then of no use.
    pub(super) fn parse(mut frame: Bytes) -> Result<Self, Malformed> {
        if frame.is_empty() {
            return Err(Malformed::Empty);
        }
        let letter = frame.get_u8();
        let change = match letter {
            b'O' => return choice(frame).map(Self::Choice).ok_or(Malformed::Data('O')),
            b'p' => return Ok(Self::Progress),
            b'y' => return reply(&frame).map(|reply| Self::Final(Final::Reply(reply))),
            b'b' => Some(Change::Body(frame)),
            b'h' => name_and_value(frame).map(|(name, value)| Change::AddHeader { name, value }),
            b'i' => indexed(frame).map(|(index, name, value)| Change::InsertHeader { index, name, value }),
            b'm' => indexed(frame).map(|(index, name, value)| Change::ReplaceHeader { index, name, value }),
            b'e' => text(&mut frame).map(|path| Change::Sender { path }),
            b'+' => text(&mut frame).map(|path| Change::AddRecipient { path, parameters: Bytes::new() }),
            b'2' => recipient(frame),
            b'-' => text(&mut frame).map(|path| Change::RemoveRecipient { path }),
            b'q' => text(&mut frame).map(|reason| Change::Quarantine { reason }),
            letter => return plain(letter).map(Self::Final).ok_or(Malformed::Letter(letter.into())),
        };
        change.map(Self::Change).ok_or(Malformed::Data(letter.into()))
    }
}

fn plain(letter: u8) -> Option<Final> {
    Some(match letter {
        b'c' => Final::Continue,
        b'a' => Final::Accept,
        b'd' => Final::Discard,
        b'r' => Final::Reject,
        b't' => Final::TempFail,
        b's' => Final::Skip,
        b'4' => Final::Shutdown,
        b'f' => Final::ConnectionFailed,
        _ => return None,
    })
}

/// Three numbers, then a number and a list of macros for each stage that has its own.
fn choice(mut data: Bytes) -> Option<Choice> {
    let version = data.try_get_u32().ok()?;
    let actions = data.try_get_u32().ok()?;
    let protocol = data.try_get_u32().ok()?;
    let mut macros = Vec::new();
    while !data.is_empty() && macros.len() < STAGES {
        let stage = data.try_get_u32().ok()?;
        let list = text(&mut data)?;
        macros.push((stage, String::from_utf8_lossy(&list).into_owned()));
    }
    Some(Choice { version, actions, protocol, macros })
}

/// What `smfi_setreply` and `smfi_setmlreply` send: one or more lines of SMTP. Sendmail writes them by a
/// format, so that milters double each `%`.
fn reply(data: &[u8]) -> Result<Reply, Malformed> {
    let text = String::from_utf8_lossy(data.split(|octet| *octet == 0).next().unwrap_or_default());
    let malformed = || Malformed::Reply(text.chars().take(80).collect());
    let (mut parser, mut said) = (ReplyParser::default(), None);
    for line in text.replace("%%", "%").lines() {
        said = parser.push(line.as_bytes()).map_err(|_| malformed())?;
    }
    said.filter(|reply| matches!(reply.code, 400..600)).ok_or_else(malformed)
}

/// The parameters may be left out.
fn recipient(mut data: Bytes) -> Option<Change> {
    let path = text(&mut data)?;
    Some(Change::AddRecipient { path, parameters: text(&mut data).unwrap_or_default() })
}

fn indexed(mut data: Bytes) -> Option<(u32, Bytes, Bytes)> {
    let index = data.try_get_u32().ok()?;
    name_and_value(data).map(|(name, value)| (index, name, value))
}

fn name_and_value(mut data: Bytes) -> Option<(Bytes, Bytes)> {
    let name = text(&mut data)?;
    text(&mut data).map(|value| (name, value))
}

/// The octets up to the next 0, which is left out.
fn text(data: &mut Bytes) -> Option<Bytes> {
    let end = memchr::memchr(0, data)?;
    let text = data.split_to(end);
    data.advance(1);
    Some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(frame: &'static [u8]) -> Result<Response, Malformed> {
        Response::parse(Bytes::from_static(frame))
    }

    fn bytes(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[test]
    fn responses_are_as_the_protocol_has_them() {
        use Change::{AddHeader, AddRecipient, Body, InsertHeader, Quarantine, Sender};

        let (name, value) = (bytes("X"), bytes(" y\n z"));
        let added = |parameters| {
            Response::Change(AddRecipient { path: bytes("<a@b>"), parameters: bytes(parameters) })
        };
        for (frame, expected) in [
            (&b"c"[..], Response::Final(Final::Continue)),
            (b"a", Response::Final(Final::Accept)),
            (b"p", Response::Progress),
            (b"hX\0 y\n z\0", Response::Change(AddHeader { name: name.clone(), value: value.clone() })),
            (b"i\0\0\0\x01X\0 y\n z\0", Response::Change(InsertHeader { index: 1, name, value })),
            (b"e<a@b>\0SIZE=1\0", Response::Change(Sender { path: bytes("<a@b>") })),
            (b"+<a@b>\0", added("")),
            (b"2<a@b>\0NOTIFY=NEVER\0", added("NOTIFY=NEVER")),
            (b"2<a@b>\0", added("")),
            (b"babc", Response::Change(Body(bytes("abc")))),
            (b"qwhy\0", Response::Change(Quarantine { reason: bytes("why") })),
        ] {
            assert_eq!(parse(frame), Ok(expected));
        }
    }

    #[test]
    fn a_choice_may_list_macros() {
        let frame = b"O\0\0\0\x06\0\0\x01\x3f\0\x1f\xff\xff\0\0\0\x03{rcpt_addr} i\0";
        let choice = Choice {
            version: 6,
            actions: 0x13f,
            protocol: 0x1f_ffff,
            macros: vec![(3, "{rcpt_addr} i".to_owned())],
        };
        assert_eq!(parse(frame), Ok(Response::Choice(choice)));
    }

    #[test]
    fn a_reply_is_one_of_smtp() {
        let Ok(Response::Final(Final::Reply(reply))) = parse(b"y550-5.7.1 not\r\n550 5.7.1 100%% spam\0")
        else {
            panic!("no reply")
        };
        assert_eq!(reply.to_wire(), "550-5.7.1 not\r\n550 5.7.1 100% spam\r\n");
        for bad in [&b"y250 2.0.0 fine\0"[..], b"y55", b"ynonsense\0", b"y", b"y550-unfinished\0"] {
            assert!(matches!(parse(bad), Err(Malformed::Reply(_))), "{bad:?}");
        }
    }

    #[test]
    fn what_is_not_all_there_is_nothing() {
        for (frame, letter) in [
            (&b"hX\0y"[..], 'h'),
            (b"h", 'h'),
            (b"i\0\0", 'i'),
            (b"O\0\0\0\x06", 'O'),
            (b"O\0\0\0\x06\0\0\0\0\0\0\0\0\0", 'O'),
            (b"+a@b", '+'),
        ] {
            assert_eq!(parse(frame), Err(Malformed::Data(letter)));
        }
        assert_eq!(parse(b""), Err(Malformed::Empty));
        assert_eq!(parse(b"?"), Err(Malformed::Letter('?')));
    }

    proptest! {
        #[test]
        fn any_octets_are_a_response_or_an_error(frame in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Response::parse(frame.into());
        }

        #[test]
        fn any_data_of_a_known_letter_likewise(
            letter in prop::sample::select(&b"Opyrhimeb+2-q"[..]),
            data in prop::collection::vec(prop_oneof![Just(0), any::<u8>()], 0..60),
        ) {
            let frame: Vec<u8> = [letter].into_iter().chain(data).collect();
            let _ = Response::parse(frame.into());
        }
    }
}
