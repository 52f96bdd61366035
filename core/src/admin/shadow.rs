//! The shadow over the control socket: what is asked of it, and what is answered.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waxseal_plugins::bundle::Rejected;
use waxseal_plugins::reload::Removals;

use super::protocol::{Finding, findings};
use crate::relay::Services;
use crate::replay::report::Report;
use crate::shadow::State;

/// How many groups of changes an answer has.
const GROUPS: usize = 100;

/// What is asked of the shadow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "shadow", rename_all = "snake_case")]
pub enum Ask {
    /// Ask a candidate on real traffic, without effect.
    Start {
        /// Where its files are; absolute.
        directory: PathBuf,
    },
    /// Ask it no more.
    Stop,
    /// What has come of it?
    Show,
    /// Would it be taken at a reload, as its files are now?
    Judge {
        /// Whether it may lose what those in force have: see `Removals`.
        #[serde(default)]
        accept_removals: bool,
    },
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "shadow", rename_all = "snake_case")]
pub enum Answer {
    /// A candidate is asked, or was until now.
    Candidate(Box<Shadow>),
    /// None is asked.
    None,
    /// Its files are broken, or would not be taken.
    Rejected {
        /// What is wrong.
        findings: Vec<Finding>,
    },
    /// Its files are no more those that were asked.
    Changed,
    /// It would be taken.
    Good {
        /// The candidate.
        candidate: Box<Shadow>,
        /// The directory of the policies in force.
        live: PathBuf,
        /// Whether these are the candidate's already.
        in_force: bool,
    },
}

/// A candidate in the shadow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Shadow {
    /// Its directory.
    #[schema(value_type = String, example = "/etc/waxseal/policies.next")]
    pub directory: PathBuf,
    /// The hash of its files, in hexadecimal.
    pub hash: String,
    /// Since when it is asked, RFC 3339.
    pub since: String,
    /// Decisions that came too fast to be compared.
    pub skipped: u64,
    /// Plugins whose answers may rest on more than facts: they begin without what those in force remember,
    /// and look nothing up.
    pub with_grants: Vec<String>,
    /// What it would change.
    pub report: Report,
}

/// Answers.
pub async fn answer(services: &Arc<Services>, ask: Ask) -> Answer {
    let candidate = |state: Option<State>| {
        state.map_or(Answer::None, |state| Answer::Candidate(Box::new(Shadow::from(state))))
    };
    match ask {
        Ask::Show => candidate(services.shadow.state()),
        Ask::Stop => candidate(services.shadow.stop()),
        Ask::Start { directory } => {
            let services = Arc::clone(services);
            let start = move || services.shadow.start(&directory, &services);
            match tokio::task::spawn_blocking(start).await {
                Ok(Ok(state)) => candidate(Some(state)),
                Ok(Err(rejected)) => refuse(&rejected),
                // It panicked, which is our fault and has been logged, or the relay is going down.
                Err(_) => Answer::None,
            }
        }
        Ask::Judge { accept_removals } => {
            let removals = if accept_removals { Removals::Accept } else { Removals::Refuse };
            judge(services, removals).await
        }
    }
}

async fn judge(services: &Services, removals: Removals) -> Answer {
    let Some(state) = services.shadow.state() else { return Answer::None };
    let live = &services.live;
    match live.judge(&state.directory, removals).await {
        Err(rejected) => refuse(&rejected),
        Ok(hash) if hash != state.hash => Answer::Changed,
        Ok(hash) => Answer::Good {
            candidate: Box::new(Shadow::from(state)),
            live: absolute(live.directory()),
            in_force: hash == live.current().hash(),
        },
    }
}

fn refuse(rejected: &Rejected) -> Answer {
    Answer::Rejected { findings: findings(&rejected.diagnostics) }
}

/// As whoever asks sees it, from whatever working directory.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl From<State> for Shadow {
    fn from(state: State) -> Self {
        let State { directory, hash, since, skipped, with_grants, report } = state;
        let since = format!("{since:.0}");
        Self { directory, hash, since, skipped, with_grants, report: report.shortened(GROUPS) }
    }
}
