//! Mail that reaches us.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use super::asking::Asking;
use super::client::Session;
use super::{Conversation, Met, Situation, Switch};
use crate::bundle::Bundle;
use crate::facts::{Client, Facts};
use crate::hooks::Direction;
use crate::rhai::voice;
use crate::table;

/// A reception: who sends what to whom.
#[derive(Clone, Debug)]
pub struct Reception {
    /// The client's address.
    pub address: IpAddr,
    /// The reverse-path; empty for the null sender.
    pub sender: String,
    /// The forward-paths, in their order.
    pub recipients: Vec<String>,
    /// The message, canonical CRLF; `None` for an ordinary one, which only filters look at.
    pub message: Option<Bytes>,
    /// The client.
    pub client: Met,
    /// How TLS begins.
    pub listener: Listener,
    /// The global TLS switch.
    pub tls: Switch,
    /// The day by which rows hold.
    pub today: Date,
}

/// How TLS begins at the listener.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Listener {
    /// By STARTTLS.
    #[default]
    StartTls,
    /// With the first octet (RFC 8314 section 3.3).
    Implicit,
}

impl Reception {
    /// Mail of a sender, from an address that is nobody's.
    pub fn from(sender: impl Into<String>, situation: Situation) -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 25)),
            sender: sender.into(),
            recipients: vec!["bob@example.org".to_owned()],
            message: None,
            client: Met::in_situation(situation),
            listener: Listener::StartTls,
            tls: Switch::On,
            today: table::today(),
        }
    }

    /// The client's address, which may be among the facts that differ.
    pub(super) fn address(&self) -> IpAddr {
        let differing = self.client.facts.value(Client::WORD, "address").and_then(Value::as_str);
        differing.and_then(|address| address.parse().ok()).unwrap_or(self.address)
    }
}

/// Receives, as the relay would.
pub fn receive(bundle: &Bundle, reception: &Reception) -> Conversation {
    voice::silent(|| {
        let mut asking = Asking::new(bundle);
        let mut session = Session::new(&mut asking, reception);
        let end = session.run();
        let kept = session.kept.take();
        Conversation { kept, ..asking.conversation(Direction::Incoming, end) }
    })
}
