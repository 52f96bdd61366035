//! Who was asked, and what came of it.

use serde::{Deserialize, Serialize};
use waxseal_plugins::decision::Asked;

use super::super::changed::Changed;

/// One who was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voice {
    /// Its file.
    pub path: String,
    /// What it said: the verdict's word, `failure`, `no opinion` or `no function`.
    pub said: String,
    /// Where it said so, if it said something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// A change of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Where it was said, as in `filters/marks.rhai:12:5`.
    pub by: String,
    /// What was changed, in words, as in `add_header X-Spam: yes`; of texts only how long they are.
    pub edit: String,
}

/// What a milter came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Its answer: the reply where it is against something, else a word, as in `continue`; at a message's end what
    /// was to become of the message after it, as in `accepted`.
    Answered(String),
    /// It failed: why.
    Failed(String),
}

impl From<&Asked> for Voice {
    fn from(asked: &Asked) -> Self {
        let place = asked.place.as_ref().map(ToString::to_string);
        Self { path: asked.path.to_string(), said: asked.said.to_owned(), place }
    }
}

impl From<&Changed> for Change {
    fn from(Changed { by, words, .. }: &Changed) -> Self {
        Self { by: by.clone(), edit: words.clone() }
    }
}
