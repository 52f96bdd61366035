//! What goes wrong when a script runs.

use ::rhai::{EvalAltResult, Position};

use super::compare;

/// An error of a running script: what is wrong, and where.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) position: Position,
}

impl Fault {
    pub(crate) fn new(message: impl Into<String>, position: Position) -> Self {
        Self { message: message.into(), position }
    }
}

impl From<&EvalAltResult> for Fault {
    /// The innermost error: a failing helper is at fault, not the hook that called it.
    fn from(error: &EvalAltResult) -> Self {
        let inner = error.unwrap_inner();
        Self { message: message(inner), position: inner.position() }
    }
}

fn message(error: &EvalAltResult) -> String {
    match error {
        EvalAltResult::ErrorRuntime(value, _) => value.to_string(),
        EvalAltResult::ErrorTooManyOperations(_) => "it runs too long: too many operations".to_owned(),
        EvalAltResult::ErrorTerminated(..) => "it runs too long: its time is over".to_owned(),
        EvalAltResult::ErrorStackOverflow(_) => "its functions call each other too deeply".to_owned(),
        EvalAltResult::ErrorMismatchDataType(needed, given, _) => {
            format!("{} stands where {} is needed", compare::kind(given), compare::kind(needed))
        }
        EvalAltResult::ErrorFunctionNotFound(signature, _) => no_function(signature),
        other => {
            let text = other.to_string();
            // The position stands in the place, not in the text.
            text.rsplit_once(" (line ").map_or(text.as_str(), |(text, _)| text).to_owned()
        }
    }
}

/// Says which function is missing, with types named as people do.
fn no_function(signature: &str) -> String {
    let plain = signature
        .replace("alloc::sync::Arc<waxseal_plugins::facts::", "")
        .replace("&str | ImmutableString | String", "text")
        .replace("i64", "number");
    format!("there is no function `{plain}`")
}
