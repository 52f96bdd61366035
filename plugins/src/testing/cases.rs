//! `cases`: the same expectations for each entry of a list.

use std::sync::Arc;

use ::rhai::{Array, Dynamic, Engine, FnPtr, Map, NativeCallContext};

use super::answers::Checked;
use super::stage::{FailedCase, Stage};
use crate::rhai::Fault;

/// A case's name is cut after so many characters.
const NAME: usize = 80;

/// Registers it.
pub(super) fn register(engine: &mut Engine, stage: &Arc<Stage>) {
    let stage = Arc::clone(stage);
    engine.register_fn("cases", move |ctx: NativeCallContext, cases: Array, check: FnPtr| {
        run(&stage, &ctx, cases, &check)
    });
}

/// All are tried; those that fail are kept, each with its own trace.
fn run(stage: &Stage, ctx: &NativeCallContext<'_>, cases: Array, check: &FnPtr) -> Checked {
    if cases.is_empty() {
        return Err("`cases` has no cases".into());
    }
    let (count, mut failed) = (cases.len(), 0);
    for (number, case) in cases.into_iter().enumerate() {
        stage.begin();
        let name = name(number + 1, &case);
        if let Err(error) = check.call_within_context::<Dynamic>(ctx, (case,)) {
            // A limit ends the test, not the case.
            if !error.is_catchable() {
                return Err(error);
            }
            failed += 1;
            let fault = Fault::from(&*error);
            stage.failed(FailedCase { case: name, fault, trace: stage.last() });
        }
    }
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of {count} cases fail").into()) }
}

/// What a case is called: its own `name`, else its number with what it is.
fn name(number: usize, case: &Dynamic) -> String {
    let named = case.read_lock::<Map>().and_then(|map| map.get("name")?.clone().into_string().ok());
    named.unwrap_or_else(|| {
        let text = format!("case {number}: {case}");
        if text.chars().count() <= NAME {
            text
        } else {
            text.chars().take(NAME).chain("...".chars()).collect()
        }
    })
}
