//! The verdicts on outgoing connections.

use serde::Serialize;

use super::{Demands, Floor, Reply, Strictness, Terms, Verdict, either};

/// At **cipher** and **certificate**, when the handshake is done, and at **mail**, when an envelope
/// is about to cross the connection.
pub use super::Passage as Cipher;
pub use super::Passage as Certificate;
pub use super::Passage as Mail;
pub use super::route::{Route, Way};

/// At **offer**: the host's EHLO reply is read, STARTTLS offered or not.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Offer {
    /// Start TLS where it is offered.
    StartTls {
        /// What the connection must come to, by the filters' `require(...)`.
        floor: Floor,
    },
    /// Stay in clear, even where TLS is offered.
    StayClear,
    /// Not this host, now.
    Defer(Reply),
    /// Not this host.
    Refuse(Reply),
}

/// At **start**: STARTTLS is about to be sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Send it.
    Accept {
        /// The name to ask for (SNI); `None` for the host's name. Policies only.
        server_name: Option<String>,
        /// Our identity as a client, by its name in the configuration. Policies only.
        identity: Option<String>,
        /// What may be negotiated.
        terms: Terms,
    },
    /// Stay in clear after all.
    StayClear,
    /// Not this host, now.
    Defer(Reply),
    /// Not this host.
    Refuse(Reply),
}

impl Verdict for Offer {
    fn demands(&self) -> Demands {
        let Self::StartTls { floor } = self else { return Demands::default() };
        Demands { floor: *floor, ..Demands::default() }
    }

    fn strictness(&self) -> Strictness {
        match self {
            Self::StayClear => Strictness::Lax,
            Self::StartTls { .. } => Strictness::Strict,
            Self::Defer(_) => Strictness::Defer,
            Self::Refuse(_) => Strictness::Refuse,
        }
    }

    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::StartTls { floor }, Self::StartTls { floor: other }) => {
                Self::StartTls { floor: floor.max(other) }
            }
            (first, _) => first,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::StartTls { .. } => "start_tls",
            Self::StayClear => "stay_clear",
            Self::Defer(_) => "defer",
            Self::Refuse(_) => "refuse",
        }
    }

    fn reply(&self) -> Option<&Reply> {
        match self {
            Self::StartTls { .. } | Self::StayClear => None,
            Self::Defer(reply) | Self::Refuse(reply) => Some(reply),
        }
    }
}

impl Verdict for Start {
    fn demands(&self) -> Demands {
        let Self::Accept { server_name, identity, terms } = self else { return Demands::default() };
        let (server_name, identity, terms) = (server_name.clone(), identity.clone(), terms.clone());
        Demands { server_name, identity, terms, ..Demands::default() }
    }

    fn strictness(&self) -> Strictness {
        match self {
            Self::StayClear => Strictness::Lax,
            Self::Accept { .. } => Strictness::Strict,
            Self::Defer(_) => Strictness::Defer,
            Self::Refuse(_) => Strictness::Refuse,
        }
    }

    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (
                Self::Accept { server_name, identity, terms },
                Self::Accept { server_name: other_name, identity: other_identity, terms: other_terms },
            ) => Self::Accept {
                server_name: either(server_name, other_name),
                identity: either(identity, other_identity),
                terms: terms.join(other_terms),
            },
            (first, _) => first,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Accept { .. } => "accept",
            Self::StayClear => "stay_clear",
            Self::Defer(_) => "defer",
            Self::Refuse(_) => "refuse",
        }
    }

    fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Accept { .. } | Self::StayClear => None,
            Self::Defer(reply) | Self::Refuse(reply) => Some(reply),
        }
    }

    fn settle(self) -> Self {
        match &self {
            Self::Accept { terms, .. } => match terms.clash() {
                Some(clash) => Self::Defer(Reply::text(clash)),
                None => self,
            },
            _ => self,
        }
    }
}
