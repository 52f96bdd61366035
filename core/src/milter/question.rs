//! What milters are asked while a client says what it wants.

use super::command::Event;

/// What a milter is asked. Paths have their brackets, the sender has none.
#[derive(Clone, Copy, Debug)]
pub(super) enum Question<'a> {
    /// A client has connected.
    Connect,
    /// It has said EHLO or HELO, perhaps again.
    Helo,
    /// MAIL, with its parameters.
    Mail(&'a str, &'a [String]),
    /// RCPT, likewise.
    Rcpt { sender: &'a str, path: &'a str, parameters: &'a [String] },
    /// DATA.
    Data { sender: &'a str },
    /// A command that nobody knows, as it came.
    Unknown(&'a [u8]),
}

impl Question<'_> {
    /// The event that it is about.
    pub(super) const fn event(self) -> Event {
        match self {
            Self::Connect => Event::Connect,
            Self::Helo => Event::Helo,
            Self::Mail(..) => Event::Mail,
            Self::Rcpt { .. } => Event::Rcpt,
            Self::Data { .. } => Event::Data,
            Self::Unknown(_) => Event::Unknown,
        }
    }
}
