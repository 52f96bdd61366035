//! What came of asking a hook: the joined verdict, who decided it, and who was asked.

mod denial;
mod mail;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::facts::Row;
use crate::hooks::HookName;
use crate::place::Place;
use crate::verdicts::{Demands, Edit, Reply, Strictness, Verdict, outgoing};

pub use denial::{Admission, Denial};

/// What one script or plugin came to: a verdict, or a failure beside the verdicts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome<V> {
    /// It answered.
    Verdict(V),
    /// It failed: an error, a limit, a wrong type. Joined as `defer`; never opens anything.
    Failure(Failure),
}

/// Why a script or plugin did not answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What went wrong, for the log; peers are told only that a policy failed.
    pub message: String,
}

/// An outcome with its place: what the join works on. Where a policy has no such function, or no
/// opinion, the place is its whole file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer<V> {
    /// The verdict or failure.
    pub outcome: Outcome<V>,
    /// Where it was decided.
    pub place: Place,
}

/// One who was asked, for the trace.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Asked {
    /// The file that was asked.
    pub path: Arc<str>,
    /// What it said: the verdict's word, `failure`, `no opinion`, or `no function`.
    pub said: &'static str,
    /// The line that said so, if it said something.
    pub place: Option<Place>,
}

/// An edit that was done to a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edited {
    /// Where it was said.
    pub by: Place,
    /// What was changed.
    pub edit: Edit,
}

impl Asked {
    /// It was asked, and came to no verdict.
    pub const NO_OPINION: &str = "no opinion";
    /// A policy that has no function for the hook.
    pub const NO_FUNCTION: &str = "no function";
}

/// The decision of a hook: the join of all answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision<V> {
    /// The hook that was asked.
    pub hook: HookName,
    /// The joined answer.
    pub answer: Answer<V>,
    /// The row that chose the policy.
    pub row: Arc<Row>,
    /// The generation of the bundle that was asked.
    pub generation: u64,
    /// Everyone who was asked, filters first.
    pub asked: Vec<Asked>,
    /// The filters' answers alone, joined, if one had an opinion: these hold whatever row is found
    /// later.
    #[serde(skip)]
    pub filters: Option<Answer<V>>,
}

impl<V: Verdict> Outcome<V> {
    /// Its place in the order of the join.
    pub fn strictness(&self) -> Strictness {
        match self {
            Self::Verdict(verdict) => verdict.strictness(),
            Self::Failure(_) => Strictness::Defer,
        }
    }

    /// The word for it in logs and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Verdict(verdict) => verdict.word(),
            Self::Failure(_) => "failure",
        }
    }

    /// What it demands of what follows, if it lets on.
    pub fn demands(&self) -> Demands {
        match self {
            Self::Verdict(verdict) => verdict.demands(),
            Self::Failure(_) => Demands::default(),
        }
    }

    /// What it changes of a message.
    pub fn edits(&self) -> &[Edit] {
        match self {
            Self::Verdict(verdict) => verdict.edits(),
            Self::Failure(_) => &[],
        }
    }

    /// The way that mail is to go, if the verdict says something of it.
    pub fn way(&self) -> Option<&outgoing::Way> {
        match self {
            Self::Verdict(verdict) => verdict.way(),
            Self::Failure(_) => None,
        }
    }

    /// What is said to the peer, if the verdict says something.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Verdict(verdict) => verdict.reply(),
            Self::Failure(_) => None,
        }
    }
}

impl<V: Verdict> Decision<V> {
    /// The joined outcome.
    pub fn outcome(&self) -> &Outcome<V> {
        &self.answer.outcome
    }

    /// Why, in words: the verdict's text, or the failure's message; empty where neither says
    /// something.
    pub fn reason(&self) -> &str {
        match &self.answer.outcome {
            Outcome::Verdict(verdict) => verdict.reply().map_or("", |reply| &reply.text),
            Outcome::Failure(failure) => &failure.message,
        }
    }

    /// What the file at which the decision points did not say, where it said nothing itself: it has
    /// no such function, or its function came to no verdict.
    fn silence(&self) -> Option<String> {
        let place = &self.answer.place;
        let whole_file = place.line == 0 && matches!(self.answer.outcome, Outcome::Verdict(_));
        let silent = self.asked.iter().filter(|_| whole_file).find(|one| one.path == place.path)?;
        match silent.said {
            Asked::NO_FUNCTION => Some(format!("has no `{}`", self.hook)),
            Asked::NO_OPINION => Some(format!("has no opinion in `{}`", self.hook)),
            _ => None,
        }
    }

    /// Both decisions at once: the incoming hooks are asked for the rows of both lookups. The row
    /// is that of the answer which decides.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        let row = if other.answer.precedes(&self.answer) { other.row } else { self.row };
        let asked = self.asked.into_iter().chain(other.asked).collect();
        let filters = match (self.filters, other.filters) {
            (Some(one), Some(two)) => Some(one.join(two)),
            (one, two) => one.or(two),
        };
        let answer = self.answer.join(other.answer).settle();
        Self { answer, row, asked, filters, ..self }
    }
}

impl<V: Verdict> fmt::Display for Decision<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.answer.outcome.word(), self.answer.place)?;
        if let Some(silence) = self.silence() {
            write!(f, " {silence}")?;
        }
        if !self.reason().is_empty() {
            write!(f, ": {}", self.reason())?;
        }
        f.write_str(")")
    }
}
