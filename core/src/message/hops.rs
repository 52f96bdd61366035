//! How many relays a message has passed: its Received headers, counted while it streams
//! (RFC 5321 section 6.3).

/// The most Received headers that a message may have: RFC 5321 section 6.3 asks for at least 100,
/// for systems that count all of them as loops; the field settled on 50.
pub const HOP_LIMIT: usize = 50;

/// The name of the header, with its colon.
const NAME: &[u8] = b"received:";

/// Counts Received headers in canonical lines, however they are cut into pieces.
#[derive(Clone, Copy, Debug, Default)]
pub struct HopCounter {
    hops: usize,
    at: Position,
}

/// Where in the header section we are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Position {
    /// At the start of a line.
    #[default]
    LineStart,
    /// So many octets of [`NAME`] have matched.
    Name(usize),
    /// In the rest of a line.
    Line,
    /// After the empty line: what looks like a header is none.
    Body,
}

impl HopCounter {
    /// Reads the next piece of the message.
    pub fn read(&mut self, piece: &[u8]) {
        for byte in piece {
            if self.at == Position::Body {
                return;
            }
            self.step(*byte);
        }
    }

    /// How many Received headers there were so far.
    pub fn hops(&self) -> usize {
        self.hops
    }

    fn step(&mut self, byte: u8) {
        let matched = match self.at {
            Position::LineStart => 0,
            Position::Name(matched) => matched,
            Position::Line | Position::Body => NAME.len(),
        };
        self.at = match (self.at, byte) {
            // Lines are canonical, so a CR at the start of one is an empty line's.
            (Position::LineStart, b'\r') => Position::Body,
            (_, b'\n') => Position::LineStart,
            _ if NAME.get(matched) != Some(&byte.to_ascii_lowercase()) => Position::Line,
            _ if matched + 1 == NAME.len() => {
                self.hops += 1;
                Position::Line
            }
            _ => Position::Name(matched + 1),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"Received: from a\r\n\tReceived: folded\r\nRECEIVED: from b\r\nReceiver: c\r\n\
        X-Received: d\r\nreceived:\r\n\r\nReceived: in the body\r\n";

    #[test]
    fn only_headers_of_the_message_count() {
        let mut counter = HopCounter::default();
        counter.read(MESSAGE);
        assert_eq!(counter.hops(), 3);
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
