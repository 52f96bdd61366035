//! How a milter fails.

use std::io;
use std::time::Duration;

use super::negotiation::Disagreement;
use super::response::Malformed;

/// Why a milter did not do its work. The connection to it is given up with it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// There is no connection to it.
    #[error("it cannot be reached: {0}")]
    Unreachable(io::Error),
    /// It was silent for too long.
    #[error("it has not answered to {event} within {} s", wait.as_secs())]
    TimedOut {
        /// To what.
        event: &'static str,
        /// How long it had.
        wait: Duration,
    },
    /// The time of all milters for a message was over before it was done.
    #[error("the {} s that milters have for a message were over before it was done", wait.as_secs())]
    Late {
        /// How long they had in all.
        wait: Duration,
    },
    /// It closed the connection, or the connection broke.
    #[error("the connection was closed at {event}: {error}")]
    Closed {
        /// When.
        event: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// It sent what the protocol does not have.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It chose what was not offered.
    #[error(transparent)]
    Disagreement(#[from] Disagreement),
    /// It sent what the protocol does not have at this place, or without having asked for it.
    #[error("it sent {sent} at {event}, where that cannot be")]
    Unexpected {
        /// What.
        sent: &'static str,
        /// When.
        event: &'static str,
    },
    /// Its changes have no end.
    #[error("its changes are larger than a message may be")]
    TooMuch,
    /// What it changes is not possible.
    #[error("an edit of its own cannot be done, and so none of its edits was: {0}")]
    Edit(String),
    /// It says itself that it failed.
    #[error("it says that its own connection failed")]
    OfItsOwn,
    /// It failed earlier in this message.
    #[error("it has failed before in this message")]
    Before,
    /// The message cannot be read, through no fault of the milter's.
    #[error("the message cannot be read: {0}")]
    Content(io::Error),
}

impl Failure {
    /// In a word, for metrics.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut { .. } | Self::Late { .. } => "time",
            Self::Closed { .. } => "closed",
            Self::Malformed(_) | Self::Disagreement(_) | Self::Unexpected { .. } | Self::TooMuch => {
                "protocol"
            }
            Self::Edit(_) => "edit",
            Self::OfItsOwn => "own",
            Self::Before => "before",
            Self::Content(_) => "content",
        }
    }
}
