//! A whole delivery or reception, hook after hook, without a network.
//!
//! The relay asks its hooks in an order, with facts that grow from one to the next, and holds some
//! terms itself. Here the same is done for a peer that is only imagined: a [`Situation`], and
//! what differs from it. What comes out says who was asked, what they answered, how it ended, and
//! the line that decided. Nothing has happened: plugins are only tried, scripts are not heard.
//!
//! - [`Situation`], [`Met`], [`Overrides`]: what is imagined of the peer
//! - [`Delivery`], [`deliver`]: mail that we send
//! - [`Reception`], [`receive`]: mail that reaches us
//! - [`Reader`]: who reads the message, and does to it what filters say: the relay, where there is one
//! - [`Conversation`]: what came of it

mod asking;
mod at_mail;
mod client;
mod delivery;
mod end;
mod host;
mod judgement;
mod letter;
mod negotiation;
mod news;
mod overrides;
mod problem;
mod reception;
mod situation;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::decision::{Asked, Edited};
use crate::facts::Row;
use crate::hooks::{Direction, HookName};
use crate::place::Place;
use crate::verdicts::EnhancedCode;

pub use delivery::{Delivery, deliver};
pub use end::{End, Fate};
pub(crate) use letter::ordinary_fields;
pub use letter::{Becomes, Kept, Letter, Reader, Sent, ordinary};
pub use overrides::{BadOverride, Overrides};
pub use reception::{Listener, Reception, receive};
pub use situation::{Met, Presented, Situation};

/// The global TLS switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// TLS hooks are asked.
    #[default]
    On,
    /// Nothing is offered or started, and of the hooks none but those that are not of TLS are asked.
    Off,
}

/// What came of a delivery or reception.
#[derive(Clone, Debug, Serialize)]
pub struct Conversation {
    /// Its direction.
    pub direction: Direction,
    /// The rows of the table that were asked, in their order.
    pub rows: Vec<Arc<Row>>,
    /// What was asked and what happened, in its order.
    pub steps: Vec<Step>,
    /// How it ended.
    pub end: End,
    /// The message, as it is kept; `None` where it was denied, or nobody looked at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
    /// What filters read and nobody gave, and what they were told instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assumed: Vec<String>,
}

/// One step.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A hook was asked.
    Asked(Box<Question>),
    /// Something happened between two questions, in words.
    Happened(String),
}

/// A hook that was asked, and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Question {
    /// The hook.
    pub hook: HookName,
    /// Whom it was about: the host's name, or the client's address.
    pub peer: String,
    /// The joined verdict's word, or `failure`.
    pub verdict: &'static str,
    /// The enhanced code that it chose, if it did.
    pub code: Option<EnhancedCode>,
    /// Why, in words; empty where nothing was said.
    pub text: String,
    /// What was changed of the message, in the order in which it was done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edited>,
    /// Where it was decided.
    pub place: Place,
    /// The row that chose the policy.
    pub row: Arc<Row>,
    /// Everyone who was asked, filters first.
    pub asked: Vec<Asked>,
    /// The joined verdict in full, terms among them.
    pub answer: Value,
    /// What was told of the peer.
    pub facts: Value,
    /// What else was told; of a message, before anything of it was changed.
    pub subject: Value,
}

impl Conversation {
    /// The questions, in their order.
    pub fn questions(&self) -> impl DoubleEndedIterator<Item = &Question> {
        self.steps.iter().filter_map(|step| match step {
            Step::Asked(question) => Some(&**question),
            Step::Happened(_) => None,
        })
    }

    /// The last time that a hook was asked.
    pub fn asked(&self, hook: HookName) -> Option<&Question> {
        self.questions().rev().find(|question| question.hook == hook)
    }
}
