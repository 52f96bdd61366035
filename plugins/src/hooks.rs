//! The hooks: the points at which scripts and plugins are asked.
//!
//! Each hook is a type with no values; it binds the facts that are given to the verdict that is
//! expected. [`Bundle::ask`](crate::bundle::Bundle::ask) takes it as a parameter, so that the
//! relay cannot ask a hook with another's facts or read another's verdict.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::facts::{self, Facts};
use crate::verdicts::{self, Verdict};

/// The two directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Mail that reaches us as a server.
    Incoming,
    /// Mail that we send as a client.
    Outgoing,
}

impl Direction {
    /// The word for it: the folder of its policies, and the block of the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
        }
    }

    /// The first parameter of this direction's hooks.
    pub const fn peer(self) -> &'static str {
        match self {
            Self::Incoming => facts::Client::WORD,
            Self::Outgoing => facts::Host::WORD,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The name of a hook: of the script's function, the metric's label, the log's field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookName {
    /// A client has connected. Filters only, incoming only.
    Connect,
    /// A client has said who it is. Filters only, incoming only.
    Ehlo,
    /// TLS: offer it? or: it is offered or not, what now?
    Offer,
    /// TLS: start it?
    Start,
    /// TLS: is this cipher good enough?
    Cipher,
    /// TLS: is this certificate the peer's?
    Certificate,
    /// May this message cross this connection as it is?
    Mail,
    /// May this recipient be named? Filters only, incoming only.
    Rcpt,
    /// What becomes of this message? Filters only, incoming only.
    Message,
    /// Where does it go? Filters only, outgoing only.
    Route,
    /// It was delivered. Filters only, outgoing only; they observe.
    Delivered,
    /// It waits. Filters only, outgoing only; they observe.
    Deferred,
    /// It failed. Filters only, outgoing only; they observe.
    Failed,
}

impl HookName {
    /// All hooks, in the order in which they are asked.
    pub const ALL: [Self; 13] = [
        Self::Connect,
        Self::Ehlo,
        Self::Route,
        Self::Offer,
        Self::Start,
        Self::Cipher,
        Self::Certificate,
        Self::Mail,
        Self::Rcpt,
        Self::Message,
        Self::Delivered,
        Self::Deferred,
        Self::Failed,
    ];

    /// The name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Ehlo => "ehlo",
            Self::Offer => "offer",
            Self::Start => "start",
            Self::Cipher => "cipher",
            Self::Certificate => "certificate",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Message => "message",
            Self::Route => "route",
            Self::Delivered => "delivered",
            Self::Deferred => "deferred",
            Self::Failed => "failed",
        }
    }

    /// The hook of this name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hook| hook.word() == word)
    }

    /// Whether only filters have it, and only in one direction.
    pub const fn is_for_filters(self) -> bool {
        !matches!(self, Self::Offer | Self::Start | Self::Cipher | Self::Certificate | Self::Mail)
    }

    /// Whether those who are asked only observe: nothing comes of what they say.
    pub const fn is_observed(self) -> bool {
        matches!(self, Self::Delivered | Self::Deferred | Self::Failed)
    }

    /// Whether it is asked in this direction.
    pub const fn is_of(self, direction: Direction) -> bool {
        match self {
            Self::Connect | Self::Ehlo | Self::Rcpt | Self::Message => {
                matches!(direction, Direction::Incoming)
            }
            Self::Route | Self::Delivered | Self::Deferred | Self::Failed => {
                matches!(direction, Direction::Outgoing)
            }
            Self::Offer | Self::Start | Self::Cipher | Self::Certificate | Self::Mail => true,
        }
    }
}

impl fmt::Display for HookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a hook is told of the peer: the facts that carry the row.
pub trait Peer: Facts {
    /// The row that chose the policy.
    fn row(&self) -> &Arc<facts::Row>;

    /// The same peer, told of another row.
    #[must_use]
    fn with_row(&self, row: &Arc<facts::Row>) -> Self;

    /// Whether the connection is encrypted now.
    fn is_encrypted(&self) -> bool;
}

impl Peer for facts::Client {
    fn row(&self) -> &Arc<facts::Row> {
        &self.row
    }

    fn with_row(&self, row: &Arc<facts::Row>) -> Self {
        Self { row: Arc::clone(row), ..self.clone() }
    }

    fn is_encrypted(&self) -> bool {
        self.encrypted
    }
}

impl Peer for facts::Host {
    fn row(&self) -> &Arc<facts::Row> {
        &self.row
    }

    fn with_row(&self, row: &Arc<facts::Row>) -> Self {
        Self { row: Arc::clone(row), ..self.clone() }
    }

    fn is_encrypted(&self) -> bool {
        self.encrypted
    }
}

/// A hook: what it is given, and what it answers.
pub trait Hook: 'static {
    /// Its direction.
    const DIRECTION: Direction;
    /// Its name.
    const NAME: HookName;
    /// When it is asked, for the reference.
    const DOC: &'static str;
    /// What it is told of the peer.
    type Peer: Peer;
    /// What is new at this hook.
    type Subject: Facts;
    /// What it answers.
    type Verdict: Verdict;

    /// What holds when a policy leaves this hook out; `None` where that depends on the policy
    /// ([`mail`](HookName::Mail)).
    fn left_out() -> Option<Self::Verdict>;
}

macro_rules! hooks {
    ($($(#[doc = $doc:literal])* $hook:ident: $direction:ident $name:ident ($peer:ident, $subject:ident) -> $verdict:ty, $left_out:expr;)*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Debug)]
            pub enum $hook {}

            impl super::Hook for $hook {
                const DIRECTION: super::Direction = super::Direction::$direction;
                const NAME: super::HookName = super::HookName::$name;
                const DOC: &'static str = concat!($($doc),*);
                type Peer = crate::facts::$peer;
                type Subject = crate::facts::$subject;
                type Verdict = $verdict;

                fn left_out() -> Option<$verdict> {
                    $left_out
                }
            }
        )*
    };
}

/// The hooks of incoming connections.
pub mod incoming {
    use super::verdicts::incoming::{self as verdict};
    use super::verdicts::{ClientCertificate, Terms};

    hooks! {
        /// A client has connected. Asked of filters.
        Connect: Incoming Connect (Client, Nothing) -> verdict::Mail, Some(verdict::Mail::Accept);
        /// EHLO or HELO is read, clear or inside TLS. Asked of filters.
        Ehlo: Incoming Ehlo (Client, Nothing) -> verdict::Mail, Some(verdict::Mail::Accept);
        /// EHLO or HELO is to be answered, on a clear connection.
        Offer: Incoming Offer (Client, Nothing) -> verdict::Offer, Some(verdict::Offer::Advertise);
        /// STARTTLS is read, or an implicit-TLS connection opens.
        Start: Incoming Start (Client, Nothing) -> verdict::Start, Some(verdict::Start::Accept {
            identity: None,
            client_certificate: ClientCertificate::None,
            terms: Terms::default(),
        });
        /// The ClientHello is read.
        Cipher: Incoming Cipher (Client, Hello) -> verdict::Cipher, Some(verdict::Cipher::Accept {
            identity: None,
            terms: Terms::default(),
        });
        /// The handshake is done; asked again at MAIL FROM.
        Certificate: Incoming Certificate (Client, Certificate) -> verdict::Certificate, Some(verdict::Certificate::Accept);
        /// MAIL FROM is read.
        Mail: Incoming Mail (Client, Mail) -> verdict::Mail, None;
        /// RCPT TO is read. Asked of filters.
        Rcpt: Incoming Rcpt (Client, Recipient) -> verdict::Mail, Some(verdict::Mail::Accept);
        /// The whole message has come, and is not accepted yet. Asked of filters, one after the other in the
        /// order of their file names: each sees what those before it have changed.
        Message: Incoming Message (Client, Message) -> verdict::Message, Some(verdict::Message::Accept(Vec::new()));
    }
}

/// The hooks of outgoing connections.
pub mod outgoing {
    use super::verdicts::outgoing::{self as verdict};
    use super::verdicts::{Floor, Heard, Terms};

    hooks! {
        /// An attempt begins, and where it goes is to be chosen; no host is known yet. Asked of filters.
        Route: Outgoing Route (Host, Mail) -> verdict::Route, Some(verdict::Route::Accept(verdict::Way::default()));
        /// The host's EHLO reply is read.
        Offer: Outgoing Offer (Host, Nothing) -> verdict::Offer, Some(verdict::Offer::StartTls { floor: Floor::None });
        /// STARTTLS is about to be sent.
        Start: Outgoing Start (Host, Nothing) -> verdict::Start, Some(verdict::Start::Accept {
            server_name: None,
            identity: None,
            terms: Terms::default(),
        });
        /// The handshake is done: what was negotiated.
        Cipher: Outgoing Cipher (Host, Handshake) -> verdict::Cipher, Some(verdict::Cipher::Accept);
        /// The handshake is done: the chain and its judgement.
        Certificate: Outgoing Certificate (Host, Certificate) -> verdict::Certificate, Some(verdict::Certificate::Accept);
        /// An envelope is about to cross the connection.
        Mail: Outgoing Mail (Host, Mail) -> verdict::Mail, None;
        /// A host has taken the message. Filters are told.
        Delivered: Outgoing Delivered (Host, Report) -> Heard, Some(Heard);
        /// The message waits for another attempt. Filters are told.
        Deferred: Outgoing Deferred (Host, Report) -> Heard, Some(Heard);
        /// The message goes back to its sender. Filters are told.
        Failed: Outgoing Failed (Host, Report) -> Heard, Some(Heard);
    }
}
