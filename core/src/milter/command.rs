//! What is said to a milter: commands, as they go over the wire.

use std::net::SocketAddr;

use super::negotiation::Offer;

/// The most octets of a command's data that every milter takes: libmilter's `MILTER_CHUNK_SIZE`.
pub(super) const CHUNK: usize = 65_535;

/// A point at which a milter is told something, and may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Connect,
    Helo,
    Mail,
    Rcpt,
    Data,
    Header,
    EndOfHeaders,
    Body,
    EndOfMessage,
    Unknown,
}

impl Event {
    /// All there are.
    #[cfg(test)]
    pub(super) const ALL: [Self; 10] = [
        Self::Connect,
        Self::Helo,
        Self::Mail,
        Self::Rcpt,
        Self::Data,
        Self::Header,
        Self::EndOfHeaders,
        Self::Body,
        Self::EndOfMessage,
        Self::Unknown,
    ];

    /// Whether there is a message by now, which can be deferred.
    pub(super) const fn is_of_message(self) -> bool {
        !matches!(self, Self::Connect | Self::Helo | Self::Unknown)
    }

    /// How far it is in a message: a number that grows.
    pub(super) const fn reached(self) -> usize {
        match self {
            Self::Unknown | Self::Connect => 0,
            Self::Helo => 1,
            Self::Mail => 2,
            Self::Rcpt => 3,
            Self::Data => 4,
            Self::Header => 5,
            Self::EndOfHeaders => 6,
            Self::Body => 7,
            Self::EndOfMessage => 8,
        }
    }

    /// The command's letter.
    pub(super) const fn letter(self) -> u8 {
        match self {
            Self::Connect => b'C',
            Self::Helo => b'H',
            Self::Mail => b'M',
            Self::Rcpt => b'R',
            Self::Data => b'T',
            Self::Header => b'L',
            Self::EndOfHeaders => b'N',
            Self::Body => b'B',
            Self::EndOfMessage => b'E',
            Self::Unknown => b'U',
        }
    }

    /// The word for it, in logs and errors.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Connect => "the connection",
            Self::Helo => "EHLO",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Header => "a header field",
            Self::EndOfHeaders => "the end of the header section",
            Self::Body => "a piece of the body",
            Self::EndOfMessage => "the end of the message",
            Self::Unknown => "an unknown command",
        }
    }
}

/// A command.
#[derive(Clone, Copy, Debug)]
pub(super) enum Command<'a> {
    /// What we can do.
    Negotiate(Offer),
    /// Macros, for the event that follows.
    Macros(Event, &'a [(&'a str, String)]),
    /// A client has connected: its name, or `unknown`, and its address.
    Connect(&'a str, SocketAddr),
    /// Its EHLO name.
    Helo(&'a str),
    /// MAIL or RCPT: the path in its brackets, and the parameters.
    Path(Event, &'a str, &'a [String]),
    /// A header field.
    Header(&'a [u8], &'a [u8]),
    /// A piece of the body, [`CHUNK`] octets at most.
    Body(&'a [u8]),
    /// A command that nobody knows, as the client sent it.
    Unknown(&'a [u8]),
    /// DATA, the end of the header section, the end of the message.
    Plain(Event),
    /// The message is not to be looked at further. There is no answer.
    Abort,
    /// The end of the connection, likewise.
    Quit,
}

impl Command<'_> {
    /// Appends the command's frame: its length, which counts the letter, the letter, the data.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        out.push(self.letter());
        self.write_data(out);
        let length = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX);
        if let Some(place) = out.get_mut(start..start + 4) {
            place.copy_from_slice(&length.to_be_bytes());
        }
    }

    fn letter(&self) -> u8 {
        match self {
            Self::Negotiate(_) => b'O',
            Self::Macros(..) => b'D',
            Self::Connect(..) => Event::Connect.letter(),
            Self::Helo(_) => Event::Helo.letter(),
            Self::Header(..) => Event::Header.letter(),
            Self::Body(_) => Event::Body.letter(),
            Self::Unknown(_) => Event::Unknown.letter(),
            Self::Path(event, ..) | Self::Plain(event) => event.letter(),
            Self::Abort => b'A',
            Self::Quit => b'Q',
        }
    }

    fn write_data(&self, out: &mut Vec<u8>) {
        match self {
            Self::Negotiate(offer) => {
                for number in [offer.version, offer.actions.bits(), offer.protocol.bits()] {
                    out.extend_from_slice(&number.to_be_bytes());
                }
            }
            Self::Macros(event, values) => {
                out.push(event.letter());
                for (name, value) in *values {
                    text(out, name.as_bytes());
                    text(out, value.as_bytes());
                }
            }
            Self::Connect(name, client) => {
                text(out, name.as_bytes());
                out.push(if client.is_ipv4() { b'4' } else { b'6' });
                out.extend_from_slice(&client.port().to_be_bytes());
                // Without the prefix that SMTP has for IPv6.
                text(out, client.ip().to_string().as_bytes());
            }
            Self::Helo(name) => text(out, name.as_bytes()),
            Self::Path(_, path, parameters) => {
                text(out, path.as_bytes());
                parameters.iter().for_each(|parameter| text(out, parameter.as_bytes()));
            }
            Self::Header(name, value) => {
                text(out, name);
                text(out, value);
            }
            Self::Body(piece) => out.extend_from_slice(piece),
            Self::Unknown(line) => text(out, line),
            Self::Plain(_) | Self::Abort | Self::Quit => {}
        }
    }
}

/// A text, ended by an octet 0. One within it would end it too early, and hide what follows.
fn text(out: &mut Vec<u8>, text: &[u8]) {
    out.extend(text.iter().map(|octet| if *octet == 0 { b' ' } else { *octet }));
    out.push(0);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wire(command: Command<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        command.write(&mut out);
        out
    }

    #[test]
    fn commands_are_as_the_protocol_has_them() {
        let client = "192.0.2.1:1025".parse().unwrap();
        assert_eq!(wire(Command::Connect("unknown", client)), b"\0\0\0\x16Cunknown\x004\x04\x01192.0.2.1\0");
        let client = "[2001:db8::1]:25".parse().unwrap();
        assert_eq!(wire(Command::Connect("a", client)), b"\0\0\0\x12Ca\x006\0\x192001:db8::1\0");
        assert_eq!(wire(Command::Helo("a.example")), b"\0\0\0\x0bHa.example\0");
        let parameters = ["SIZE=10".to_owned(), "BODY=8BITMIME".to_owned()];
        let mail = Command::Path(Event::Mail, "<a@b>", &parameters);
        assert_eq!(wire(mail), b"\0\0\0\x1dM<a@b>\0SIZE=10\0BODY=8BITMIME\0");
        assert_eq!(wire(Command::Header(b"Subject", b" x")), b"\0\0\0\x0cLSubject\0 x\0");
        assert_eq!(wire(Command::Body(b"abc\r\n")), b"\0\0\0\x06Babc\r\n");
        assert_eq!(wire(Command::Plain(Event::EndOfMessage)), b"\0\0\0\x01E");
        assert_eq!(wire(Command::Quit), b"\0\0\0\x01Q");
        let macros = [("j", "mx".to_owned()), ("{rcpt_addr}", String::new())];
        assert_eq!(wire(Command::Macros(Event::Rcpt, &macros)), b"\0\0\0\x14DRj\0mx\0{rcpt_addr}\0\0");
    }

    #[test]
    fn nothing_is_hidden_behind_an_octet_of_zero() {
        assert_eq!(wire(Command::Header(b"X", b"a\0b")), b"\0\0\0\x07LX\0a b\0");
    }

    proptest! {
        #[test]
        fn the_length_is_that_of_what_follows(value in prop::collection::vec(any::<u8>(), 0..300)) {
            let wire = wire(Command::Header(b"X", &value));
            prop_assert_eq!(u32::from_be_bytes(wire[..4].try_into().unwrap()) as usize, wire.len() - 4);
        }
    }
}
