//! Logs and metrics of what milters do, and what their failures come to.

use tokio::time::Instant;

use super::answer;
use super::command::Event;
use super::failure::Failure;
use super::outcome::Disposition;
use crate::config::{Milter, OnFailure};
use crate::observe::{Observer, SessionId};
use crate::smtp::reply::Reply;

/// Who is told of what milters do.
pub(super) struct Watch {
    pub(super) observer: Observer,
    pub(super) session: SessionId,
}

impl Watch {
    /// Mail has waited for it since then.
    pub(super) fn waited(&self, milter: &Milter, begun: Instant) {
        self.observer.metrics().milters().waited(&milter.name, begun.elapsed());
    }

    /// It is against something.
    pub(super) fn denied(&self, milter: &Milter, event: Event, reply: &Reply) {
        tracing::info!(session = %self.session, milter = milter.name, at = event.word(), %reply, "a milter denies");
    }

    /// What was to become of a message after it.
    pub(super) fn came_to(&self, milter: &Milter, disposition: &Disposition) {
        self.observer.metrics().milters().came_to(&milter.name, disposition.word());
        if let Disposition::Deny { reply, .. } = disposition {
            self.denied(milter, Event::EndOfMessage, reply);
        }
    }

    /// Tells of a failure, once a message; gives what the client is told, if that is how it is to be.
    pub(super) fn failed(&self, milter: &Milter, event: Event, failure: &Failure) -> Option<Reply> {
        let session = &self.session;
        if !matches!(failure, Failure::Before) {
            self.observer.metrics().milters().failed(&milter.name, failure.word());
            let (name, at) = (&milter.name, event.word());
            match milter.on_failure {
                OnFailure::Defer => {
                    tracing::warn!(%session, milter = name, at, "milter {name} failed, and mail is deferred: {failure}");
                }
                OnFailure::Skip => {
                    tracing::error!(%session, milter = name, at, "milter {name} failed, and MAIL GOES ON WITHOUT IT: {failure}");
                }
            }
        }
        match milter.on_failure {
            OnFailure::Defer => Some(answer::failed()),
            OnFailure::Skip => None,
        }
    }
}
