//! What was answered, as tests read it, and the functions that expect something of it.

use std::sync::Arc;

use ::rhai::{Array, Dynamic, Engine, EvalAltResult, NativeCallContext};

use super::stage::Stage;
use super::trace::{self, Trace};
use crate::conversation::{Becomes, Conversation, End, Fate, Kept, Question};
use crate::facts::Message;
use crate::hooks::HookName;
use crate::spoken::Word;
use crate::suggest;

/// What an expectation comes to: an error ends the test.
pub(super) type Checked = Result<(), Box<EvalAltResult>>;

/// The words that stand for no verdict of the script's own.
pub(super) const NO_OPINION: &str = "no opinion";
const FAILURE: &str = "failure";

/// Words for more than one end.
const SENT: (&str, [Fate; 2]) = ("sent", [Fate::SentEncrypted, Fate::SentClear]);
const TAKEN: (&str, [Fate; 2]) = ("taken", [Fate::TakenEncrypted, Fate::TakenClear]);

/// What a hook answered.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    pub(super) verdict: &'static str,
    pub(super) code: String,
    pub(super) text: String,
    /// What is changed of a message, in words.
    pub(super) edits: Vec<String>,
    pub(super) place: String,
    /// The pattern of the row; empty where a policy or filter was asked alone.
    pub(super) row: String,
    pub(super) trace: Trace,
}

/// What a delivery or reception came to.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) conversation: Arc<Conversation>,
    pub(super) trace: Trace,
}

/// Registers them.
pub(super) fn register(engine: &mut Engine, stage: &Arc<Stage>) {
    register_answer(engine);
    register_conversation(engine);
    let on = |stage: &Arc<Stage>| Arc::clone(stage);
    let stage_of_verdict = on(stage);
    engine.register_fn("expect", move |answer: Answered, verdict: &str| {
        answer.expect(&stage_of_verdict, verdict, None)
    });
    let stage_of_code = on(stage);
    engine.register_fn("expect", move |answer: Answered, verdict: &str, code: &str| {
        answer.expect(&stage_of_code, verdict, Some(code))
    });
    let stage_of_end = on(stage);
    engine.register_fn("expect", move |held: Held, end: &str| held.expect(&stage_of_end, end, None));
    let stage_of_end = on(stage);
    engine.register_fn("expect", move |held: Held, end: &str, code: &str| {
        held.expect(&stage_of_end, end, Some(code))
    });
    engine.register_fn("expect", |holds: bool| -> Checked {
        if holds { Ok(()) } else { Err("it does not hold".into()) }
    });
    engine.register_fn("expect_eq", expect_eq);
}

fn register_answer(engine: &mut Engine) {
    engine.register_type_with_name::<Answered>("answer");
    engine.register_get("verdict", |answer: &mut Answered| answer.verdict);
    engine.register_get("code", |answer: &mut Answered| answer.code.clone());
    engine.register_get("text", |answer: &mut Answered| answer.text.clone());
    engine.register_get("edits", |answer: &mut Answered| {
        answer.edits.iter().map(|edit| Dynamic::from(edit.clone())).collect::<Array>()
    });
    engine.register_get("place", |answer: &mut Answered| answer.place.clone());
    engine.register_get("row", |answer: &mut Answered| answer.row.clone());
}

fn register_conversation(engine: &mut Engine) {
    engine.register_type_with_name::<Held>("conversation");
    engine.register_get("end", |held: &mut Held| held.end().fate.word());
    engine.register_get("encrypted", |held: &mut Held| held.end().encrypted);
    engine.register_get("verified", |held: &mut Held| held.end().verified);
    engine.register_get("code", |held: &mut Held| {
        held.end().code.map(|code| code.to_string()).unwrap_or_default()
    });
    engine.register_get("reply", |held: &mut Held| i64::from(held.end().smtp));
    engine.register_get("text", |held: &mut Held| held.end().text.clone());
    engine.register_get("host", |held: &mut Held| held.end().host.clone());
    engine.register_get("row", |held: &mut Held| held.end().row.pattern.clone());
    engine.register_get("decided_by", |held: &mut Held| {
        held.end().decided_by.as_ref().map(ToString::to_string).unwrap_or_default()
    });
    register_kept(engine);
    engine.register_fn("was_asked", |held: &mut Held, hook: &str| -> Result<bool, Box<EvalAltResult>> {
        Ok(held.conversation.asked(hook_name(hook)?).is_some())
    });
    engine.register_fn("asked", |held: &mut Held, hook: &str| -> Result<Answered, Box<EvalAltResult>> {
        let name = hook_name(hook)?;
        let question = held.conversation.asked(name);
        question.map(|question| Answered::of(question, &held.trace)).ok_or_else(|| {
            let asked: Vec<_> = held.conversation.questions().map(|one| one.hook.word()).collect();
            format!("`{hook}` was not asked; asked were {}", suggest::list(&asked)).into()
        })
    });
}

/// The message, as it is kept.
fn register_kept(engine: &mut Engine) {
    engine.register_get("message", |held: &mut Held| -> Result<Arc<Message>, Box<EvalAltResult>> {
        held.kept().map(|kept| Arc::clone(&kept.message))
    });
    engine.register_get("raw", |held: &mut Held| -> Result<String, Box<EvalAltResult>> {
        held.kept().map(|kept| String::from_utf8_lossy(&kept.octets).into_owned())
    });
    engine.register_get("edits", |held: &mut Held| {
        let edits = held.conversation.questions().flat_map(|question| &question.edits);
        edits.map(|edited| Dynamic::from(edited.edit.to_string())).collect::<Array>()
    });
    engine.register_get("quarantine", |held: &mut Held| match held.becomes() {
        Some(Becomes::Quarantined(reason)) => reason.clone(),
        _ => String::new(),
    });
    engine.register_get("redirect", |held: &mut Held| match held.becomes() {
        Some(Becomes::Redirected(to)) => to.clone(),
        _ => String::new(),
    });
    engine.register_get("assumed", |held: &mut Held| {
        held.conversation.assumed.iter().map(|what| Dynamic::from(what.clone())).collect::<Array>()
    });
}

/// The hook of this name.
pub(super) fn hook_name(word: &str) -> Result<HookName, String> {
    HookName::from_word(word).ok_or_else(|| {
        let known = HookName::ALL.map(HookName::word);
        format!("there is no hook `{word}`; {}", suggest::help(word, &known))
    })
}

/// Compares by the engine's own rules, so that texts and numbers are never silently unequal.
#[expect(clippy::needless_pass_by_value, reason = "the engine calls it so")]
fn expect_eq(ctx: NativeCallContext, one: Dynamic, other: Dynamic) -> Checked {
    let equal: bool = ctx.call_native_fn("==", (one.clone(), other.clone()))?;
    if equal { Ok(()) } else { Err(format!("expected {other}, but it is {one}").into()) }
}

impl Answered {
    fn of(question: &Question, trace: &Trace) -> Self {
        Self {
            verdict: question.verdict,
            code: question.code.map(|code| code.to_string()).unwrap_or_default(),
            text: question.text.clone(),
            edits: question.edits.iter().map(|edited| edited.edit.to_string()).collect(),
            place: question.place.to_string(),
            row: question.row.pattern.clone(),
            trace: trace.clone(),
        }
    }

    /// What was said, in words.
    pub(super) fn said(&self) -> String {
        let parts = [self.verdict, &self.code, &self.text];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    fn expect(&self, stage: &Stage, verdict: &str, code: Option<&str>) -> Checked {
        let known: Vec<_> = Word::ALL.iter().map(|word| word.word()).chain([NO_OPINION, FAILURE]).collect();
        if !known.contains(&verdict) {
            return Err(format!("`{verdict}` is no verdict; {}", suggest::help(verdict, &known)).into());
        }
        if self.verdict == verdict && code.is_none_or(|code| self.code == code) {
            return Ok(());
        }
        stage.answered(self.trace.clone());
        Err(format!("expected {}, but {} answers {}", wanted(verdict, code), self.place, self.said()).into())
    }
}

impl Held {
    fn end(&self) -> &End {
        &self.conversation.end
    }

    fn becomes(&self) -> Option<&Becomes> {
        self.conversation.kept.as_ref().map(|kept| &kept.becomes)
    }

    fn kept(&self) -> Result<&Kept, Box<EvalAltResult>> {
        self.conversation.kept.as_ref().ok_or_else(|| {
            let about = trace::about(&self.conversation);
            let ended = trace::ended(self.end());
            format!(
                "there is no message: {about} ended as {ended}, or no filter has `message` and none was given"
            )
            .into()
        })
    }

    fn expect(&self, stage: &Stage, end: &str, code: Option<&str>) -> Checked {
        let fates = fates(end)?;
        let found = self.end();
        let coded = |code: &str| found.code.is_some_and(|found| found.to_string() == code);
        if fates.contains(&found.fate) && code.is_none_or(coded) {
            return Ok(());
        }
        stage.answered(self.trace.clone());
        let about = trace::about(&self.conversation);
        let message = format!("expected {}, but {about} ended as {}", wanted(end, code), trace::ended(found));
        Err(message.into())
    }
}

fn wanted(word: &str, code: Option<&str>) -> String {
    code.map_or_else(|| word.to_owned(), |code| format!("{word} {code}"))
}

/// The ends that a word stands for.
fn fates(word: &str) -> Result<Vec<Fate>, String> {
    if let Some((_, fates)) = [SENT, TAKEN].into_iter().find(|(known, _)| *known == word) {
        return Ok(fates.to_vec());
    }
    let found: Vec<_> = Fate::ALL.into_iter().filter(|fate| fate.word() == word).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let known: Vec<_> = Fate::ALL.map(Fate::word).into_iter().chain([SENT.0, TAKEN.0]).collect();
    Err(format!("`{word}` is no end of a mail; {}", suggest::help(word, &known)))
}
