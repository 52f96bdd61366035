//! What goes wrong when a script runs.

use ::rhai::{EvalAltResult, Position};

use super::compare;
use super::engine::{ARRAY_SIZE, MAP_SIZE, STRING_SIZE};

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
        EvalAltResult::ErrorDataTooLarge(what, _) => too_large(what),
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
    let hint = if plain.contains("(()") || plain.contains(", ()") {
        ": `()` is nothing at all, as `recall(key)` gives where nothing is remembered; `recall(key, 0)` says what to take then"
    } else {
        ""
    };
    format!("there is no function `{plain}`{hint}")
}

/// Says which bound was met, and what goes below it.
fn too_large(what: &str) -> String {
    match what {
        "Length of string" => format!(
            "a text is too large: it may have {STRING_SIZE} octets; the body of a message is read piece by piece, with `body.pieces()`"
        ),
        "Size of object map" => {
            format!("a map is too large: it may have {MAP_SIZE} entries, with those nested in it")
        }
        _ => format!("a list is too large: it may have {ARRAY_SIZE} elements, with those nested in it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(source: &str) -> String {
        let engine = crate::rhai::engine::sandbox();
        Fault::from(&*engine.eval::<::rhai::Dynamic>(source).unwrap_err()).message
    }

    #[test]
    fn what_is_too_large_says_how_large_it_may_be() {
        assert!(said("let a = \"x\"; loop { a += a }").contains("too large: it may have 327680 octets"));
        assert!(
            said("let a = []; loop { a.push(1) }").contains("a list is too large: it may have 2000 elements")
        );
    }

    #[test]
    fn nothing_cannot_be_added_to_and_a_default_helps() {
        let message = said("let a = (); a + 1");
        assert!(message.starts_with("there is no function `+ ((), number)`: `()` is nothing"), "{message}");
        assert!(message.contains("`recall(key, 0)`"), "{message}");
        assert!(!said("let a = \"x\"; a - 1").contains("recall"));
    }
}
