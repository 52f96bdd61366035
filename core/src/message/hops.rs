//! How many relays a message has passed: its Received headers, counted while it streams
//! (RFC 5321 section 6.3). A filter may remove them, and a loop must end all the same: what they told is then
//! told by a field of our own.

use std::io;

use waxseal_plugins::content::Content;

/// The most hops that a message may have: RFC 5321 section 6.3 asks for at least 100,
/// for systems that count all of them as loops; the field settled on 50.
pub const HOP_LIMIT: usize = 50;

/// The field that says of how many hops no Received field tells any more.
pub const UNTOLD: &str = "X-Waxseal-Hops";

/// The names of both, in lower case and with their colons. Their first letters tell them apart.
const RECEIVED: &[u8] = b"received:";
const COUNT: &[u8] = b"x-waxseal-hops:";

/// No count is larger: it is far beyond the limit.
const MOST: usize = 10_000;

/// Counts hops in canonical lines, however they are cut into pieces.
#[derive(Clone, Copy, Debug, Default)]
pub struct HopCounter {
    received: usize,
    untold: usize,
    at: Position,
}

/// Where in the header section we are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Position {
    /// At the start of a line.
    #[default]
    LineStart,
    /// So many octets of a name have matched.
    Name(&'static [u8], usize),
    /// In the value that says how many: so many, as far as it was read.
    Count(usize),
    /// In the rest of a line.
    Line,
    /// After the empty line: what looks like a header is none.
    Body,
}

impl HopCounter {
    /// Counts those of a message that is there already.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn of(content: &dyn Content) -> io::Result<Self> {
        let (mut counter, mut buffer, mut offset) = (Self::default(), vec![0; 16 * 1024], 0);
        while counter.at != Position::Body {
            let read = content.read_at(offset, &mut buffer)?;
            if read == 0 {
                break;
            }
            counter.read(buffer.get(..read).unwrap_or_default());
            offset += read as u64;
        }
        Ok(counter)
    }

    /// Reads the next piece of the message.
    pub fn read(&mut self, piece: &[u8]) {
        for byte in piece {
            if self.at == Position::Body {
                return;
            }
            self.step(*byte);
        }
    }

    /// How many hops there were so far.
    pub fn hops(&self) -> usize {
        self.received.saturating_add(self.untold)
    }

    /// How many of them Received fields tell.
    pub fn received(&self) -> usize {
        self.received
    }

    fn step(&mut self, byte: u8) {
        self.at = match (self.at, byte) {
            // Lines are canonical, so a CR at the start of one is an empty line's.
            (Position::LineStart, b'\r') => Position::Body,
            (Position::Count(count), b'\n') => {
                self.untold = self.untold.saturating_add(count);
                Position::LineStart
            }
            (_, b'\n') => Position::LineStart,
            (Position::LineStart, b'r' | b'R') => Position::Name(RECEIVED, 1),
            (Position::LineStart, b'x' | b'X') => Position::Name(COUNT, 1),
            (Position::Name(name, matched), _) => self.matched(name, matched, byte),
            (Position::Count(count), b'0'..=b'9') => {
                Position::Count((count * 10 + usize::from(byte - b'0')).min(MOST))
            }
            (Position::Count(count), b' ' | b'\t' | b'\r') => Position::Count(count),
            _ => Position::Line,
        };
    }

    fn matched(&mut self, name: &'static [u8], matched: usize, byte: u8) -> Position {
        match name.get(matched) {
            Some(expected) if *expected != byte.to_ascii_lowercase() => Position::Line,
            _ if matched + 1 < name.len() => Position::Name(name, matched + 1),
            _ if name == COUNT => Position::Count(0),
            _ => {
                self.received += 1;
                Position::Line
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"Received: from a\r\n\tReceived: folded\r\nRECEIVED: from b\r\nReceiver: c\r\n\
        X-Received: d\r\nX-Waxseal-Hops: 0\r\nreceived:\r\n\r\nReceived: in the body\r\n";

    #[test]
    fn only_headers_of_the_message_count() {
        let mut counter = HopCounter::default();
        counter.read(MESSAGE);
        assert_eq!(counter.hops(), 3);
        let content = bytes::Bytes::from_static(MESSAGE);
        assert_eq!(HopCounter::of(&content).unwrap().hops(), 3);
    }

    #[test]
    fn what_received_fields_do_not_tell_any_more_counts() {
        let of = |text: &str| {
            let mut counter = HopCounter::default();
            counter.read(text.as_bytes());
            (counter.received(), counter.hops())
        };
        assert_eq!(
            of("Received: a\r\nx-waxseal-HOPS: 12 \r\nX-Waxseal-Hops:3\r\n\r\nX-Waxseal-Hops: 9\r\n"),
            (1, 16)
        );
        assert_eq!(
            of("X-Waxseal-Hops: many\r\nX-Waxseal-Hops: 1a\r\nX-Waxseal-Hop: 5\r\nX-Waxseal-Hops: \r\n"),
            (0, 0)
        );
        assert_eq!(of("X-Waxseal-Hops: 99999999999999999999999999\r\n"), (0, MOST));
    }

    #[test]
    fn pieces_count_as_the_whole() {
        for at in 0..MESSAGE.len() {
            let (one, two) = MESSAGE.split_at(at);
            let mut counter = HopCounter::default();
            counter.read(one);
            counter.read(two);
            assert_eq!(counter.hops(), 3, "cut at {at}");
        }
    }
}
