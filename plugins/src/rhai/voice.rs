//! What scripts tell the operator: `log`, `alarm`, `print` and `debug`.
//!
//! A policy that is merely tried, at load or by its tests, is silent: nothing has happened. One
//! that is asked may say a few lines a call, so that a loop does not flood the log.

use std::cell::Cell;

use ::rhai::{NativeCallContext, Position};

use crate::spoken::clean;

/// Lines that one call may say.
const LINES: u32 = 16;

thread_local! {
    /// Whether scripts on this thread are merely tried.
    static SILENT: Cell<bool> = const { Cell::new(false) };
    /// The lines that are left to the call in progress.
    static LEFT: Cell<u32> = const { Cell::new(LINES) };
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
    LEFT.set(LINES);
}

/// `log` and `alarm`.
pub(super) fn say(tone: Tone, ctx: &NativeCallContext, text: &str) {
    if !is_heard() {
        return;
    }
    let place = place(ctx.call_source(), ctx.call_position());
    let text = clean(text);
    match tone {
        Tone::Log => tracing::info!(target: "waxseal::script", place, "{text}"),
        Tone::Alarm => tracing::warn!(target: "waxseal::script", place, "ALARM: {text}"),
    }
}

/// `print`, which is not told where it stands.
pub(super) fn print(text: &str) {
    if is_heard() {
        tracing::info!(target: "waxseal::script", "{}", clean(text));
    }
}

/// `debug`.
pub(super) fn debug(text: &str, source: Option<&str>, position: Position) {
    if is_heard() {
        tracing::debug!(target: "waxseal::script", place = place(source, position), "{}", clean(text));
    }
}

fn is_heard() -> bool {
    let left = LEFT.get();
    LEFT.set(left.saturating_sub(1));
    left > 0 && !SILENT.get()
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
        assert_eq!((0..100).filter(|_| is_heard()).count(), LINES as usize);
        begin();
        silent(|| assert!(!is_heard()));
        assert!(is_heard());
    }
}
