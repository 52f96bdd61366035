//! An answer of a plugin, for people.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::decision::{Answer, Asked, Outcome};
use crate::verdicts::{Reply, Verdict};

/// An answer, and how often it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The verdict's word, `no opinion`, or `failure`.
    #[serde(rename = "verdict")]
    pub word: &'static str,
    /// What `defer` and `refuse` say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What else the verdict carries: the terms of a handshake, a floor.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub terms: Map<String, Json>,
    /// Where in the plugin's source it was decided, if the plugin says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// How often.
    pub times: usize,
}

impl Said {
    pub(super) fn of<V: Verdict>(answer: Option<Answer<V>>) -> Self {
        let mut said = Self {
            word: Asked::NO_OPINION,
            reply: None,
            failure: None,
            terms: Map::new(),
            place: None,
            times: 1,
        };
        let Some(Answer { outcome, place }) = answer else { return said };
        said.word = outcome.word();
        said.reply = outcome.reply().cloned();
        said.place = place.source.map(|source| format!("{source}:{}:{}", place.line, place.column));
        match outcome {
            Outcome::Verdict(verdict) => said.terms = terms(&verdict),
            Outcome::Failure(failure) => said.failure = Some(failure.message),
        }
        said
    }

    pub(super) fn is_alike(&self, other: &Self) -> bool {
        *self == Self { times: self.times, ..other.clone() }
    }
}

impl fmt::Display for Said {
    /// In a line, as in `defer 4.7.5 "the key is not known" (src/lib.rs:27:9)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)?;
        if let Some(Reply { code, text }) = &self.reply {
            code.iter().try_for_each(|code| write!(f, " {code}"))?;
            write!(f, " \"{text}\"")?;
        }
        if let Some(failure) = &self.failure {
            write!(f, ": {failure}")?;
        }
        for (index, (term, value)) in self.terms.iter().enumerate() {
            write!(f, "{}{term} {value}", if index == 0 { " " } else { ", " })?;
        }
        self.place.iter().try_for_each(|place| write!(f, " ({place})"))
    }
}

/// The parts of a verdict that say something, but for its reply.
fn terms(verdict: &impl Verdict) -> Map<String, Json> {
    let mut terms = Map::new();
    if verdict.reply().is_none()
        && let Ok(Json::Object(cases)) = serde_json::to_value(verdict)
    {
        cases.into_iter().for_each(|(_, parts)| flatten(parts, &mut terms));
    }
    terms
}

fn flatten(parts: Json, terms: &mut Map<String, Json>) {
    let Json::Object(parts) = parts else { return };
    for (name, value) in parts {
        match value {
            Json::Object(_) => flatten(value, terms),
            // What is left at that says nothing.
            Json::Null => {}
            Json::String(text) if text.is_empty() || text == "none" => {}
            value => _ = terms.insert(name, value),
        }
    }
}
