//! The verdict of the hooks that only let on or hold back.

use serde::Serialize;

use super::{Reply, Strictness, Verdict};

/// May it go on?
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Passage {
    /// Yes.
    Accept,
    /// Not now: incoming a 4xx reply, outgoing another host or a later attempt.
    Defer(Reply),
    /// No: incoming a 5xx reply, outgoing another host or a bounce.
    Refuse(Reply),
}

impl Verdict for Passage {
    fn strictness(&self) -> Strictness {
        match self {
            Self::Accept => Strictness::Lax,
            Self::Defer(_) => Strictness::Defer,
            Self::Refuse(_) => Strictness::Refuse,
        }
    }

    fn merge(self, _: Self) -> Self {
        self
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Defer(_) => "defer",
            Self::Refuse(_) => "refuse",
        }
    }

    fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Accept => None,
            Self::Defer(reply) | Self::Refuse(reply) => Some(reply),
        }
    }
}
