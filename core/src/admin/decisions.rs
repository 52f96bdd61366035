//! Decisions as the admin side shows them: which, a page of them, or as they come.

use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;
use utoipa::{IntoParams, ToSchema};

use super::http::Side;
use crate::observe::{Changed, Heard, Record};

/// Which decisions: those that have everything that is set. What is empty is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// About this domain: of the sender (incoming) or the recipients (outgoing).
    pub domain: String,
    /// Of this direction: `incoming` or `outgoing`.
    pub direction: String,
    /// Of this hook.
    #[param(example = "certificate")]
    pub hook: String,
    /// With this verdict: `accept`, `refuse`, `defer`, `failure` ..
    pub verdict: String,
    /// Of this session or attempt.
    pub session: String,
    /// With a peer whose name or address has this in it.
    pub peer: String,
}

/// A decision, as it is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Decision {
    /// Its number since the relay's start.
    pub number: u64,
    /// When it was taken.
    pub time: Timestamp,
    /// The session or attempt.
    pub session: String,
    /// `incoming` or `outgoing`.
    pub direction: &'static str,
    /// The hook.
    pub hook: &'static str,
    /// The other host: an address, or `name[address]`.
    pub peer: String,
    /// The sender's domain (incoming, once known) or the recipients' (outgoing).
    pub domain: String,
    /// The joined verdict, or `failure`.
    pub verdict: &'static str,
    /// Why, in words; may be empty.
    pub reason: String,
    /// What it demands of what follows, in words; may be empty.
    pub demands: String,
    /// Where it was decided, as in `outgoing/require.rhai:12:5`.
    pub decided_by: String,
    /// The lines of filters that have changed something of the message, each once.
    pub changed_by: Vec<String>,
    /// What filters have changed of the message, in the order in which it was done; only where one decision is
    /// asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<Change>>,
    /// The pattern of the row that chose the policy.
    pub row: String,
    /// The policy's name.
    pub policy: String,
    /// The generation of the bundle.
    pub generation: u64,
    /// What the hook was told, by the facts' names; only where one decision is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub facts: Option<serde_json::Value>,
}

/// A change of a message, as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Change {
    /// The line that said so, as in `filters/marks.rhai:12:5`.
    pub by: String,
    /// What was changed, in words, as in `add_header X-Spam: yes`; of texts only how long they are.
    pub words: String,
    /// Likewise as the decision log has it.
    #[schema(value_type = Object)]
    pub edit: serde_json::Value,
}

/// What somebody who watches is told.
#[derive(Clone, Debug)]
pub enum News {
    /// A decision was taken.
    Decided(Heard),
    /// So many were taken too fast to be told.
    Missed(u64),
}

impl Wanted {
    /// Whether a decision is one of them.
    pub fn has(&self, record: &Record) -> bool {
        let is = |wanted: &str, found: &str| wanted.is_empty() || wanted.eq_ignore_ascii_case(found);
        is(&self.domain, &record.domain)
            && is(&self.direction, record.direction.word())
            && is(&self.hook, record.hook.word())
            && is(&self.verdict, record.verdict)
            && is(&self.session, &record.session)
            && record.peer.to_ascii_lowercase().contains(&self.peer.to_ascii_lowercase())
    }
}

/// Whether a verdict, by its word, keeps mail or a session from going on.
pub fn is_against(verdict: &str) -> bool {
    matches!(verdict, "defer" | "refuse" | "quarantine" | "discard" | "failure")
}

impl Decision {
    /// Without its facts and changes.
    pub fn of(heard: &Heard) -> Self {
        let record = &*heard.record;
        Self {
            number: heard.number,
            time: record.time,
            session: record.session.clone(),
            direction: record.direction.word(),
            hook: record.hook.word(),
            peer: record.peer.clone(),
            domain: record.domain.clone(),
            verdict: record.verdict,
            reason: record.reason.clone(),
            demands: record.demands.to_string(),
            decided_by: record.decided_by.clone(),
            changed_by: changed_by(&record.changes),
            changes: None,
            row: record.row.clone(),
            policy: record.policy.clone(),
            generation: record.generation,
            facts: None,
        }
    }

    /// With its facts and changes.
    pub fn with_facts(heard: &Heard) -> Self {
        let changes = heard.record.changes.iter().map(Change::from).collect();
        Self { facts: Some(heard.record.facts.json()), changes: Some(changes), ..Self::of(heard) }
    }
}

impl From<&Changed> for Change {
    fn from(Changed { by, edit, words }: &Changed) -> Self {
        Self { by: by.clone(), words: words.clone(), edit: edit.clone() }
    }
}

/// Each once, in the order of the changes.
fn changed_by(changes: &[Changed]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for Changed { by, .. } in changes {
        if !lines.contains(by) {
            lines.push(by.clone());
        }
    }
    lines
}

/// Decisions as they come, from behind a number on; without one, from now on. It ends with the relay.
/// `None` where too many watch already.
pub fn watch(side: Arc<Side>, after: Option<u64>, wanted: Wanted) -> Option<impl Stream<Item = News>> {
    let place = Arc::clone(&side.watchers).try_acquire_owned().ok()?;
    let newest = side.running.services.observer.audience()?.recent.subscribe();
    let number = after.unwrap_or(*newest.borrow());
    let stopping = side.running.services.stopping.clone();
    let watch = Watch { side, newest, number, wanted, _place: place };
    let news = stream::unfold(watch, |mut watch| async {
        let news = watch.next().await?;
        Some((stream::iter(news), watch))
    });
    Some(news.flatten().take_until(Box::pin(stopping.cancelled_owned())))
}

struct Watch {
    side: Arc<Side>,
    newest: tokio::sync::watch::Receiver<u64>,
    number: u64,
    wanted: Wanted,
    _place: OwnedSemaphorePermit,
}

impl Watch {
    /// What came since, once something did.
    async fn next(&mut self) -> Option<Vec<News>> {
        loop {
            // Marked as seen before it is read: what comes in between wakes us again.
            self.newest.borrow_and_update();
            let recent = &self.side.running.services.observer.audience()?.recent;
            let since = recent.since(self.number, |record| self.wanted.has(record));
            self.number = since.number;
            let missed = (since.missed > 0).then_some(News::Missed(since.missed));
            let news: Vec<News> =
                missed.into_iter().chain(since.heard.into_iter().map(News::Decided)).collect();
            if !news.is_empty() {
                return Some(news);
            }
            self.newest.changed().await.ok()?;
        }
    }
}
