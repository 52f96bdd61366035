//! What is observed: decision log, metrics, tracing; sessions as they go.

mod audience;
mod changed;
mod decisions;
mod encounter;
mod gathered;
mod metrics;
mod outages;
pub mod posture;
mod recent;
mod record;
mod rotation;
mod session;
pub mod trace;
pub mod tracing;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use waxseal_plugins::decision::{Decision, Edited, Outcome};
use waxseal_plugins::facts::{Client, Message};
use waxseal_plugins::hooks::{Hook, incoming};
use waxseal_plugins::verdicts::incoming::Message as Verdict;

pub use self::audience::Audience;
pub use self::changed::Changed;
use self::decisions::Decisions;
pub use self::encounter::Encounter;
pub use self::metrics::{
    AttemptOutcome, Metrics, Milters, OpenSession, Plugins, Protection, Quarantine, Shadow, State, Telemetry,
};
pub use self::outages::{Meanwhile, Outage, Outages};
pub use self::recent::{Heard, Recent, Since};
pub use self::record::{Record, Told};
pub use self::session::SessionId;
use self::trace::{Decided, Followers, Following, Interest, What};

/// Decision log and metrics. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Observer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    metrics: Metrics,
    decisions: Decisions,
    followers: Arc<Followers>,
    outages: Outages,
    audience: Option<Arc<Audience>>,
}

impl Observer {
    /// Opens the decision log, `decisions.ndjson`, in the relay's data directory. An audience is told, too.
    ///
    /// # Errors
    ///
    /// The file cannot be opened. Later errors are logged and counted: they never stop mail.
    pub fn open(data_dir: &Path, audience: Option<Arc<Audience>>) -> io::Result<Self> {
        let metrics = Metrics::new();
        let path = data_dir.join("decisions.ndjson");
        let opened = Decisions::open(&path, metrics.decision_log_drops(), audience.clone());
        let decisions = opened.map_err(|error| {
            let what = format!("cannot open the decision log `{}`: {error}", path.display());
            io::Error::new(error.kind(), what)
        })?;
        Ok(Self::with(metrics, decisions, audience))
    }

    /// Metrics, and no decision log: for tests.
    pub fn off() -> Self {
        let metrics = Metrics::new();
        let decisions = Decisions::unwritten(metrics.decision_log_drops());
        Self::with(metrics, decisions, None)
    }

    fn with(metrics: Metrics, decisions: Decisions, audience: Option<Arc<Audience>>) -> Self {
        let (followers, outages) = (Arc::default(), Outages::default());
        Self { inner: Arc::new(Inner { metrics, decisions, followers, outages, audience }) }
    }

    /// The metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// The decisions from now on, as they are taken. Who reads too slowly misses some.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Record>> {
        self.inner.decisions.subscribe()
    }

    /// What happens in sessions and attempts from now on, as it happens. Who reads too slowly misses some.
    pub fn follow(&self, interest: Interest) -> Following {
        self.inner.followers.follow(interest)
    }

    fn followers(&self) -> &Followers {
        &self.inner.followers
    }

    /// The milters that fail now.
    pub fn outages(&self) -> &Outages {
        &self.inner.outages
    }

    /// Who looks from the admin side, if there is one.
    pub fn audience(&self) -> Option<&Audience> {
        self.inner.audience.as_deref()
    }

    /// Tells the audience what a host came to. It is only made where there is one.
    pub fn met(&self, encounter: impl FnOnce() -> Encounter) {
        if self.inner.audience.is_some() {
            self.inner.decisions.met(encounter());
        }
    }

    /// A message of a sender's domain was accepted; the audience is told.
    pub fn accepted(&self, domain: &str) {
        if self.inner.audience.is_some() {
            self.inner.decisions.accepted(domain);
        }
    }

    /// Records a decision: a line of the decision log, counters, a failure's warning, and those who
    /// follow are told. `domain` is the sender's domain (incoming, once known) or the recipients'
    /// (outgoing); `took` is how long it took to ask.
    pub fn decided<H: Hook>(
        &self,
        session: &SessionId,
        domain: &str,
        peer: &Arc<H::Peer>,
        subject: &Arc<H::Subject>,
        decision: &Decision<H::Verdict>,
        took: Duration,
    ) {
        self.conclude::<H>(session, decision, took, || {
            Record::of::<H>(session, domain, peer, subject, decision)
        });
    }

    /// Likewise what filters came to about a message, and what they have changed of it. Who keeps the record
    /// keeps nothing of the message but what is logged.
    pub fn decided_of_message(
        &self,
        session: &SessionId,
        (client, message): (&Arc<Client>, &Arc<Message>),
        decision: &Decision<Verdict>,
        (edited, unread): (&[Edited], impl Fn() -> Vec<&'static str>),
        took: Duration,
    ) {
        self.conclude::<incoming::Message>(session, decision, took, || {
            let domain = &client.sender_domain;
            let logged = Arc::new(message.logged());
            let record = Record::of::<incoming::Message>(session, domain, client, &logged, decision);
            let changes = edited.iter().map(Changed::of).collect();
            Record { changes, unread: Some(unread()), ..record }
        });
    }

    fn conclude<H: Hook>(
        &self,
        session: &SessionId,
        decision: &Decision<H::Verdict>,
        took: Duration,
        make: impl Fn() -> Record,
    ) {
        self.metrics().decided::<H>(decision);
        if let Outcome::Failure(failure) = decision.outcome() {
            ::tracing::warn!(
                %session,
                direction = %H::DIRECTION,
                hook = %H::NAME,
                place = %decision.answer.place,
                "{} failed, and counts as a deferral: {failure}",
                decision.answer.place,
            );
        }
        let record = self.inner.decisions.record(&make);
        if self.is_followed() {
            let record = record.unwrap_or_else(|| Arc::new(make()));
            self.step(session, H::DIRECTION, || {
                What::Decided(Box::new(Decided::of(&record, &decision.asked, took)))
            });
        }
    }

    /// Counts that those who only observe were told of something, and logs their failure: nothing comes of
    /// it.
    pub fn told<H: Hook>(&self, session: &SessionId, decision: &Decision<H::Verdict>) {
        self.metrics().decided::<H>(decision);
        let (hook, place) = (H::NAME, &decision.answer.place);
        match decision.outcome() {
            Outcome::Failure(failure) => {
                ::tracing::warn!(%session, %hook, %place, "{place} failed, which changes nothing: {failure}");
            }
            Outcome::Verdict(_) => ::tracing::debug!(%session, %hook, "filters were told"),
        }
    }

    /// Waits until every decision so far is in the file.
    pub async fn flush(&self) {
        self.inner.decisions.flush().await;
    }
}

#[cfg(test)]
mod tests;
