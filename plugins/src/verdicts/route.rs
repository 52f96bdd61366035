//! Where a message goes.

use std::net::IpAddr;

use serde::Serialize;

use super::{Reply, Strictness, Verdict, either};

/// At **route**: an attempt begins.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// It goes this way.
    Accept(Way),
    /// Not now: it waits.
    Defer(Reply),
    /// It goes back to its sender.
    Refuse(Reply),
}

/// A way to send mail: what is not said is as the configuration has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Way {
    /// The next hops, `host:port` or `[address]:port`, the preferred first; none is by route or MX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Vec<String>>,
    /// Our own address that connections come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// The name that we give in EHLO.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helo_name: Option<String>,
    /// A `[[transport]]` of the configuration, by its name, which says the above where a script does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
}

impl Verdict for Route {
    fn strictness(&self) -> Strictness {
        match self {
            Self::Accept(_) => Strictness::Lax,
            Self::Defer(_) => Strictness::Defer,
            Self::Refuse(_) => Strictness::Refuse,
        }
    }

    /// Part by part; where two filters say the same part, the smaller value holds, so that the order of asking
    /// does not matter.
    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::Accept(one), Self::Accept(other)) => Self::Accept(Way {
                to: either(one.to, other.to),
                source: either(one.source, other.source),
                helo_name: either(one.helo_name, other.helo_name),
                transport: either(one.transport, other.transport),
            }),
            (first, _) => first,
        }
    }

    fn way(&self) -> Option<&Way> {
        match self {
            Self::Accept(way) if *way != Way::default() => Some(way),
            _ => None,
        }
    }

    /// Who chooses no way is not who chose it.
    fn is_silent(&self) -> bool {
        matches!(self, Self::Accept(way) if *way == Way::default())
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Accept(_) => "accept",
            Self::Defer(_) => "defer",
            Self::Refuse(_) => "refuse",
        }
    }

    fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Accept(_) => None,
            Self::Defer(reply) | Self::Refuse(reply) => Some(reply),
        }
    }
}
