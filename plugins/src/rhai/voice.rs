//! What scripts tell the operator: `log`, `alarm`, `print` and `debug`.
//!
//! A policy that is merely tried, at load or by its tests, is silent: nothing has happened. One
//! that is asked may say a few lines a call, so that a loop does not flood the log.

use std::cell::Cell;

use ::rhai::{NativeCallContext, Position};

use crate::spoken::clean;

/// Lines that one call may say, of a script or a plugin.
pub(crate) const LINES: u32 = 16;

thread_local! {
    /// Whether scripts on this thread are merely tried.
    static SILENT: Cell<bool> = const { Cell::new(false) };
    /// The lines that the call in progress has said.
    static SAID: Cell<u32> = const { Cell::new(0) };
}

/// How a script speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// For whoever reads the log.
    Log,
    /// The operator must do something.
    Alarm,
}

/// Runs what asks scripts without their being heard.
pub(crate) fn silent<T>(run: impl FnOnce() -> T) -> T {
    let _restore = Restore(SILENT.replace(true));
    run()
}

/// A call begins: it may say its lines.
pub(super) fn begin() {
    SAID.set(0);
}

/// `log` and `alarm`.
pub(super) fn say(tone: Tone, ctx: &NativeCallContext, text: &str) {
    let place = place(ctx.call_source(), ctx.call_position());
    if !is_heard(&place) {
        return;
    }
    let text = clean(text);
    match tone {
        Tone::Log => tracing::info!(target: "waxseal::script", place, "{text}"),
        Tone::Alarm => tracing::warn!(target: "waxseal::script", place, "ALARM: {text}"),
    }
}

/// `print`, which is not told where it stands.
pub(super) fn print(text: &str) {
    if is_heard("") {
        tracing::info!(target: "waxseal::script", "{}", clean(text));
    }
}

/// `debug`.
pub(super) fn debug(text: &str, source: Option<&str>, position: Position) {
    let place = place(source, position);
    if is_heard(&place) {
        tracing::debug!(target: "waxseal::script", place, "{}", clean(text));
    }
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hearing {
    /// It is heard.
    Heard,
    /// It is the first of those that are left out.
    FirstLeftOut,
    /// It is left out.
    LeftOut,
}

/// What becomes of the next line of a call that has said so many.
pub(crate) fn hearing(said: &mut u32) -> Hearing {
    *said = said.saturating_add(1);
    match *said {
        ..=LINES => Hearing::Heard,
        said if said == LINES + 1 => Hearing::FirstLeftOut,
        _ => Hearing::LeftOut,
    }
}

/// Whether the next line is heard; where it is the first that is not, that is said.
fn is_heard(place: &str) -> bool {
    if SILENT.get() {
        return false;
    }
    let mut said = SAID.get();
    let hearing = hearing(&mut said);
    SAID.set(said);
    if hearing == Hearing::FirstLeftOut {
        tracing::warn!(target: "waxseal::script", place, "says more than {LINES} lines in a call: the rest is left out");
    }
    hearing == Hearing::Heard
}

fn place(source: Option<&str>, position: Position) -> String {
    let (line, column) = (position.line().unwrap_or(0), position.position().unwrap_or(0));
    format!("{}:{line}:{column}", source.unwrap_or_default())
}

/// Puts the outer silence back, also when the run panics.
struct Restore(bool);

impl Drop for Restore {
    fn drop(&mut self) {
        SILENT.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_heard_for_a_few_lines_and_not_when_tried() {
        begin();
        assert_eq!((0..100).filter(|_| is_heard("")).count(), LINES as usize);
        begin();
        silent(|| assert!(!is_heard("")));
        assert!(is_heard(""));
    }

    #[test]
    fn that_lines_are_left_out_is_said_once() {
        let mut said = 0;
        let heard: Vec<_> = (0..30).map(|_| hearing(&mut said)).collect();
        assert_eq!(heard.iter().filter(|one| **one == Hearing::Heard).count(), LINES as usize);
        assert_eq!(heard.get(LINES as usize), Some(&Hearing::FirstLeftOut));
        assert_eq!(heard.iter().filter(|one| **one == Hearing::FirstLeftOut).count(), 1);
    }
}
