//! What TLS came to with one peer, once.

use jiff::Timestamp;
use waxseal_plugins::facts::{Client, Version};
use waxseal_plugins::hooks::{Direction, HookName};

use super::metrics::Protection;
use super::record::Record;

/// What TLS came to with one peer: for an envelope that crosses a connection to a host, for a host that
/// was ruled out before, and for a session of a client that began a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Encounter {
    /// When.
    pub time: Timestamp,
    /// The session or attempt.
    pub session: String,
    /// The direction.
    pub direction: Direction,
    /// The sender's domain (incoming) or the recipients' (outgoing).
    pub domain: String,
    /// The peer: a host's name, a client's address.
    pub peer: String,
    /// What was asked: the policy's name.
    pub policy: String,
    /// What was reached. `None`: nothing may cross.
    pub reached: Protection,
    /// The TLS version, `Version::None` in clear.
    pub version: Version,
    /// The cipher suite by its IANA name; empty in clear.
    pub suite: String,
    /// The key exchange group; empty in clear, and for a session of TLS 1.2 that was resumed.
    pub group: String,
    /// Why nothing may cross, or why it crosses in clear; empty where all is well.
    pub problem: String,
}

impl Encounter {
    /// What a client's session came to, as its decision of MAIL tells; `None` of any other decision.
    pub(super) fn of_client(record: &Record) -> Option<Self> {
        if (record.direction, record.hook) != (Direction::Incoming, HookName::Mail) {
            return None;
        }
        let client = record.facts.peer::<Client>()?;
        let lets_on = record.verdict == "accept";
        let problem = if lets_on { &client.tls_failure } else { &record.reason };
        let reached = match (lets_on, client.encrypted) {
            (false, _) => Protection::None,
            (true, true) => Protection::Encrypted,
            (true, false) => Protection::Clear,
        };
        Some(Self {
            time: record.time,
            session: record.session.clone(),
            direction: record.direction,
            domain: record.domain.clone(),
            peer: record.peer.clone(),
            policy: record.policy.clone(),
            reached,
            version: client.version,
            suite: client.suite.clone(),
            group: client.group.clone(),
            // A handshake that failed earlier is no problem of one that came about.
            problem: if reached == Protection::Encrypted { String::new() } else { problem.clone() },
        })
    }
}
