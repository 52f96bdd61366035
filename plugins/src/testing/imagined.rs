//! `later`, `dns` and `counted`: what a test imagines besides facts.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::rhai::{Array, Dynamic, Engine, EvalAltResult, Map};

use super::stage::Stage;
use crate::state::{Imagined, Span};
use crate::suggest;

type Done = Result<(), Box<EvalAltResult>>;

/// What may be asked of a name.
const QUESTIONS: [&str; 4] = ["addresses", "mx", "txt", "names"];

/// Registers them.
pub(super) fn register(engine: &mut Engine, stage: &Arc<Stage>) {
    let (of_time, of_names, of_counters) = (Arc::clone(stage), Arc::clone(stage), Arc::clone(stage));
    engine.register_fn("later", move |time: &str| -> Done {
        let time: Span = time.parse().map_err(|bad: crate::state::BadSpan| bad.to_string())?;
        of_time.trial().later(time.duration());
        Ok(())
    });
    engine.register_fn("dns", move |answers: Map| -> Done {
        for (name, answer) in answers {
            of_names.trial().answer(&name, imagined(&name, answer)?);
        }
        Ok(())
    });
    engine.register_fn("counted", move |counter: &str| {
        i64::try_from(of_counters.trial().counted(counter)).unwrap_or(i64::MAX)
    });
}

fn imagined(name: &str, answer: Dynamic) -> Result<Imagined, String> {
    if let Some(list) = answer.read_lock::<Array>() {
        return texts(name, &list).map(Imagined::Anything);
    }
    if let Some(map) = answer.read_lock::<Map>() {
        let record = |(question, answer): (&::rhai::Identifier, &Dynamic)| {
            if !QUESTIONS.contains(&question.as_str()) {
                return Err(format!("nobody asks for `{question}`; {}", suggest::help(question, &QUESTIONS)));
            }
            let list = answer.read_lock::<Array>().ok_or_else(|| wrong(name))?;
            Ok((question.to_string(), texts(name, &list)?))
        };
        return map.iter().map(record).collect::<Result<BTreeMap<_, _>, _>>().map(Imagined::Records);
    }
    match answer.into_string().as_deref() {
        Ok("unavailable") => Ok(Imagined::Unavailable),
        _ => Err(wrong(name)),
    }
}

fn texts(name: &str, list: &Array) -> Result<Vec<String>, String> {
    list.iter().map(|one| one.clone().into_string().map_err(|_| wrong(name))).collect()
}

fn wrong(name: &str) -> String {
    format!("what is answered about `{name}` is a list of texts, a map of such lists, or \"unavailable\"")
}

#[cfg(test)]
mod tests;
