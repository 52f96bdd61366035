//! What happens in a session or attempt.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;
use waxseal_plugins::decision::Asked;
use waxseal_plugins::facts;
use waxseal_plugins::failure::HandshakeFailure;
use waxseal_plugins::hooks::{Direction, HookName};
use waxseal_plugins::verdicts::Demands;

use super::super::record::{Record, Told};
use super::voice::{Change, Said, Voice};

/// Something that has happened in a session or attempt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub time: Timestamp,
    /// The session or attempt, as the logs call it.
    pub session: String,
    /// The direction.
    pub direction: Direction,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What has happened. Times that something took are in microseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// A client has connected: an incoming session begins.
    Connected {
        /// Its address.
        client: SocketAddr,
        /// Where it came in.
        listener: SocketAddr,
    },
    /// An attempt to deliver begins.
    Attempt(Box<Attempt>),
    /// It was tried to connect to a host.
    Dialed {
        /// Its name, or its address where the configuration names that.
        host: String,
        /// The address that was tried.
        address: SocketAddr,
        /// How long it took.
        took: u64,
        /// Why there is no connection; none where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
    },
    /// A connection over which mail has gone before serves again.
    Reused {
        /// The host's name.
        host: String,
        /// Its address.
        address: SocketAddr,
    },
    /// The client has said a line, without its end.
    Client {
        /// The line.
        text: String,
    },
    /// The server has said a reply: its lines, without the last one's end.
    Server {
        /// The lines.
        text: String,
    },
    /// Content of a message has crossed. What it says is never told.
    Content {
        /// How much, octets.
        octets: u64,
    },
    /// A hook was asked.
    Decided(Box<Decided>),
    /// A milter was asked.
    Milter {
        /// Its name.
        milter: String,
        /// Of what, as in `MAIL`.
        at: String,
        /// What came of it.
        #[serde(flatten)]
        said: Said,
    },
    /// A handshake is done.
    Handshake(Handshake),
    /// A handshake has failed.
    HandshakeFailed {
        /// How, in a word, as in `no_version`.
        kind: String,
        /// How, in words.
        detail: String,
        /// How long it took.
        took: u64,
    },
    /// A transaction begins with MAIL.
    Transaction {
        /// The reverse-path; empty for the null sender.
        sender: String,
        /// How many recipients it is to have; unknown when incoming.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recipients: Option<usize>,
    },
    /// The relay has taken a message.
    Accepted {
        /// Its id.
        id: Uuid,
        /// How many recipients it has.
        recipients: usize,
        /// Its size, octets, with our Received header.
        size: u64,
    },
    /// A transaction has ended.
    TransactionEnded {
        /// Incoming the reply that ended it; outgoing what the connection is good for after it, in a
        /// word: `reuse` where the host has said its word on the whole.
        outcome: String,
    },
    /// An attempt has ended.
    Settled(Settled),
    /// An incoming session has ended.
    Ended {
        /// Why.
        reason: String,
    },
}

/// An attempt to deliver a message to the recipients of one domain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// The message.
    pub id: Uuid,
    /// The reverse-path; empty for the null sender.
    pub sender: String,
    /// The recipients' domain.
    pub domain: String,
    /// The recipients.
    pub recipients: Vec<String>,
    /// Which attempt of the first of them it is, from 1.
    pub number: u32,
}

/// A decision, and all who had a say in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Decided {
    /// The hook.
    pub hook: HookName,
    /// The other host, as in the decision log.
    pub peer: String,
    /// The sender's domain (incoming, once known) or the recipients' (outgoing).
    pub domain: String,
    /// The joined verdict, or `failure`.
    pub verdict: String,
    /// Why, in words; may be empty.
    pub reason: String,
    /// What an accepting verdict demands of what follows.
    #[serde(default, skip_serializing_if = "Demands::is_none")]
    pub demands: Demands,
    /// Where it was decided, as in `outgoing/require.rhai:12:5`.
    pub decided_by: String,
    /// The pattern of the row that chose the policy.
    pub row: String,
    /// The policy's name.
    pub policy: String,
    /// The generation of the bundle.
    pub generation: u64,
    /// Everyone who was asked, filters first.
    pub asked: Vec<Voice>,
    /// What filters have changed of the message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// How long it took to ask them.
    pub took: u64,
    /// What the hook was told.
    pub facts: Facts,
}

/// What a handshake came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handshake {
    /// The version, as in `1.3`.
    pub version: String,
    /// The suite's IANA name.
    pub suite: String,
    /// The key exchange group; empty for a resumed TLS 1.2 session.
    pub group: String,
    /// Whether the TLS session was resumed.
    pub resumed: bool,
    /// The name that the server was asked for; empty for none.
    pub server_name: String,
    /// How long it took.
    pub took: u64,
}

/// What an attempt came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Recipients for whom a host took the message.
    pub delivered: usize,
    /// Recipients for whom it is tried again.
    pub deferred: usize,
    /// Recipients that were given up.
    pub failed: usize,
    /// Recipients for whom nothing was tried after all.
    pub given_back: usize,
    /// The host: the one at fault, else the last that was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// How the last connection was protected, as in `encrypted`; `none` where none came about.
    pub protection: String,
    /// The enhanced status code of the first that was not delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the host said, word for word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
}

/// What a hook was told: kept as it is, and written out only where somebody reads it.
#[derive(Clone, Debug)]
pub enum Facts {
    /// In this process.
    Told(Told),
    /// As it was read.
    Read(serde_json::Value),
}

impl What {
    /// It was tried to connect to a host: within this time, and why there is no connection.
    pub fn dialed(host: &str, address: SocketAddr, (took, problem): (Duration, Option<String>)) -> Self {
        Self::Dialed { host: host.to_owned(), address, took: micros(took), problem }
    }

    /// A handshake has failed, after this time.
    pub fn handshake_failed(failure: &HandshakeFailure, took: Duration) -> Self {
        let HandshakeFailure { kind, detail } = failure;
        Self::HandshakeFailed { kind: kind.word().to_owned(), detail: detail.clone(), took: micros(took) }
    }

    /// Whether nothing follows it but the end of the connection.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Settled(_) | Self::Ended { .. })
    }
}

impl Decided {
    pub(in super::super) fn of(record: &Record, asked: &[Asked], took: Duration) -> Self {
        Self {
            hook: record.hook,
            peer: record.peer.clone(),
            domain: record.domain.clone(),
            verdict: record.verdict.to_owned(),
            reason: record.reason.clone(),
            demands: record.demands.clone(),
            decided_by: record.decided_by.clone(),
            row: record.row.clone(),
            policy: record.policy.clone(),
            generation: record.generation,
            asked: asked.iter().map(Voice::from).collect(),
            changes: record.changes.iter().map(Change::from).collect(),
            took: micros(took),
            facts: Facts::Told(record.facts.clone()),
        }
    }
}

impl Handshake {
    /// Of what was negotiated, within this time.
    pub fn of(negotiated: &facts::Handshake, server_name: &str, took: Duration) -> Self {
        Self {
            version: negotiated.version.as_str().to_owned(),
            suite: negotiated.suite.clone(),
            group: negotiated.group.clone(),
            resumed: negotiated.resumed,
            server_name: server_name.to_owned(),
            took: micros(took),
        }
    }
}

impl Facts {
    /// As JSON, by their words.
    pub fn value(&self) -> serde_json::Value {
        match self {
            Self::Told(told) => told.value(),
            Self::Read(value) => value.clone(),
        }
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Facts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_json::Value::deserialize(deserializer).map(Self::Read)
    }
}

/// A time in microseconds.
pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
