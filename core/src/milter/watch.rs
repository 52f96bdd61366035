//! Logs and metrics of what milters do, and what their failures come to.

use tokio::time::Instant;
use waxseal_plugins::hooks::Direction;

use super::answer;
use super::command::Event;
use super::failure::Failure;
use super::outcome::Disposition;
use crate::config::{Milter, OnFailure};
use crate::observe::trace::{Said, What};
use crate::observe::{Meanwhile, Observer, Outage, SessionId};
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
        self.counted(milter, disposition);
        if let Disposition::Deny { reply, .. } = disposition {
            self.denied(milter, Event::EndOfMessage, reply);
        }
    }

    /// Counts it.
    pub(super) fn counted(&self, milter: &Milter, disposition: &Disposition) {
        self.observer.metrics().milters().came_to(&milter.name, disposition.word());
    }

    /// It has answered: who follows is told, and an outage is over.
    pub(super) fn answered(&self, milter: &Milter, event: Event, answer: impl Into<String>) {
        self.step(milter, event, || Said::Answered(answer.into()));
        if let Some(outage) = self.observer.outages().answered(&milter.name, event.reached()) {
            let Outage { milter, address, since, failures, .. } = outage;
            tracing::info!(milter, %address, %since, failures, "milter {milter} ({address}) answers again");
        }
    }

    /// Tells of a failure, once a message; gives what the client is told, if that is how it is to be.
    pub(super) fn failed(&self, milter: &Milter, event: Event, failure: &Failure) -> Option<Reply> {
        if !matches!(failure, Failure::Before) {
            self.observer.metrics().milters().failed(&milter.name, failure.word());
            self.step(milter, event, || Said::Failed(failure.to_string()));
            self.log(milter, event, failure);
            // What cannot be read is no fault of the milter's.
            if !matches!(failure, Failure::Content(_)) {
                let (address, meanwhile) = (milter.address.to_string(), meanwhile(milter));
                let failing = (milter.name.as_str(), address.as_str(), meanwhile);
                self.observer.outages().failed(failing, event.reached(), &failure.to_string());
            }
        }
        match milter.on_failure {
            OnFailure::Defer => Some(answer::failed()),
            OnFailure::Skip => None,
        }
    }

    /// Before there is a message nothing comes of it: it is asked again at MAIL.
    fn log(&self, milter: &Milter, event: Event, failure: &Failure) {
        let (session, at) = (&self.session, event.word());
        let Milter { name, address, .. } = milter;
        match (event.is_of_message(), milter.on_failure) {
            (false, _) => {
                tracing::debug!(%session, milter = name, %address, at, "milter {name} ({address}) failed, and is asked again at MAIL: {failure}");
            }
            (true, OnFailure::Defer) => {
                tracing::warn!(%session, milter = name, %address, at, "milter {name} ({address}) failed, and mail is deferred: {failure}");
            }
            (true, OnFailure::Skip) => {
                tracing::error!(%session, milter = name, %address, at, "milter {name} ({address}) failed, and MAIL GOES ON WITHOUT IT: {failure}");
            }
        }
    }

    fn step(&self, milter: &Milter, event: Event, said: impl FnOnce() -> Said) {
        self.observer.step(&self.session, Direction::Incoming, || What::Milter {
            milter: milter.name.clone(),
            at: event.word().to_owned(),
            said: said(),
        });
    }
}

fn meanwhile(milter: &Milter) -> Meanwhile {
    match milter.on_failure {
        OnFailure::Defer => Meanwhile::Deferred,
        OnFailure::Skip => Meanwhile::GoesOn,
    }
}
