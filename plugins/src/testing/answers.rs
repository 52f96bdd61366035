//! The functions with which tests ask and expect.

use std::sync::Arc;

use ::rhai::{Dynamic, Engine, EvalAltResult};

use super::Deciders;
use crate::decider::{Decider, Role};
use crate::facts::{Facts, Nothing};
use crate::hooks::{Direction, Hook, HookName, incoming, outgoing};
use crate::spoken::Word;
use crate::suggest;
use crate::verdicts::Verdict;

type Checked = Result<(), Box<EvalAltResult>>;

/// What a policy or filter answered, as tests read it.
#[derive(Clone, Debug)]
struct Answered {
    verdict: &'static str,
    code: String,
    text: String,
    place: String,
}

/// What is asked: one hook of one policy or filter.
struct Question<'a> {
    decider: &'a Decider,
    peer: Dynamic,
    subject: Option<Dynamic>,
}

/// The words that stand for no verdict of the script's own.
const NO_OPINION: &str = "no opinion";
const FAILURE: &str = "failure";

/// Registers them.
pub(super) fn register(engine: &mut Engine, deciders: &Arc<Deciders>) {
    let (of_peer, deciders) = (Arc::clone(deciders), Arc::clone(deciders));
    engine.register_fn("ask", move |file: &str, hook: &str, peer: Dynamic| {
        ask(&of_peer, file, hook, peer, None)
    });
    engine.register_fn("ask", move |file: &str, hook: &str, peer: Dynamic, subject: Dynamic| {
        ask(&deciders, file, hook, peer, Some(subject))
    });
    engine.register_type_with_name::<Answered>("answer");
    engine.register_get("verdict", |answer: &mut Answered| answer.verdict);
    engine.register_get("code", |answer: &mut Answered| answer.code.clone());
    engine.register_get("text", |answer: &mut Answered| answer.text.clone());
    engine.register_get("place", |answer: &mut Answered| answer.place.clone());
    engine.register_fn("expect", |answer: Answered, verdict: &str| expect(&answer, verdict, None));
    engine.register_fn("expect", |answer: Answered, verdict: &str, code: &str| {
        expect(&answer, verdict, Some(code))
    });
    engine.register_fn("expect", |holds: bool| -> Checked {
        if holds { Ok(()) } else { Err("it does not hold".into()) }
    });
    engine.register_fn("expect_eq", expect_eq);
}

fn expect(answer: &Answered, verdict: &str, code: Option<&str>) -> Checked {
    let known: Vec<_> = Word::ALL.iter().map(|word| word.word()).chain([NO_OPINION, FAILURE]).collect();
    if !known.contains(&verdict) {
        return Err(format!("`{verdict}` is no verdict; {}", suggest::help(verdict, &known)).into());
    }
    if answer.verdict == verdict && code.is_none_or(|code| answer.code == code) {
        return Ok(());
    }
    let expected = code.map_or_else(|| verdict.to_owned(), |code| format!("{verdict} {code}"));
    let Answered { verdict, code, text, place } = answer;
    let said = [verdict, code.as_str(), text.as_str()].into_iter().filter(|part| !part.is_empty());
    let said = said.collect::<Vec<_>>().join(" ");
    Err(format!("expected {expected}, but {place} answers {said}").into())
}

/// Compares by the engine's own rules, so that texts and numbers are never silently unequal.
#[expect(clippy::needless_pass_by_value, reason = "the engine calls it so")]
fn expect_eq(ctx: ::rhai::NativeCallContext, one: Dynamic, other: Dynamic) -> Checked {
    let equal: bool = ctx.call_native_fn("==", (one.clone(), other.clone()))?;
    if equal { Ok(()) } else { Err(format!("expected {other}, but it is {one}").into()) }
}

fn ask(
    deciders: &Deciders,
    file: &str,
    hook: &str,
    peer: Dynamic,
    subject: Option<Dynamic>,
) -> Result<Answered, Box<EvalAltResult>> {
    let question = Question { decider: decider(deciders, file)?, peer, subject };
    let name = HookName::from_word(hook).ok_or_else(|| {
        let known = HookName::ALL.map(HookName::word);
        format!("there is no hook `{hook}`; {}", suggest::help(hook, &known))
    })?;
    let answered = match question.decider.role() {
        Role::Policy(direction) => question.ask(direction, name),
        Role::Filter if question.peer.is::<Arc<crate::facts::Client>>() => {
            question.ask(Direction::Incoming, name)
        }
        Role::Filter => question.ask(Direction::Outgoing, name),
    };
    answered.map_err(Into::into)
}

/// The policy or filter of a file, named with or without its extension.
fn decider<'a>(deciders: &'a Deciders, file: &str) -> Result<&'a Decider, Box<EvalAltResult>> {
    let extension = [".rhai", ".wasm"].into_iter().find_map(|extension| file.strip_suffix(extension));
    let stem = extension.unwrap_or(file);
    deciders.get(stem).ok_or_else(|| {
        let known: Vec<_> = deciders.keys().map(|stem| &**stem).collect();
        format!("there is no policy or filter `{stem}`; {}", suggest::help(stem, &known)).into()
    })
}

impl Question<'_> {
    fn ask(&self, direction: Direction, hook: HookName) -> Result<Answered, String> {
        match (direction, hook) {
            (Direction::Incoming, HookName::Connect) => self.hook::<incoming::Connect>(),
            (Direction::Incoming, HookName::Offer) => self.hook::<incoming::Offer>(),
            (Direction::Incoming, HookName::Start) => self.hook::<incoming::Start>(),
            (Direction::Incoming, HookName::Cipher) => self.hook::<incoming::Cipher>(),
            (Direction::Incoming, HookName::Certificate) => self.hook::<incoming::Certificate>(),
            (Direction::Incoming, HookName::Mail) => self.hook::<incoming::Mail>(),
            (Direction::Incoming, HookName::Rcpt) => self.hook::<incoming::Rcpt>(),
            (Direction::Outgoing, HookName::Offer) => self.hook::<outgoing::Offer>(),
            (Direction::Outgoing, HookName::Start) => self.hook::<outgoing::Start>(),
            (Direction::Outgoing, HookName::Cipher) => self.hook::<outgoing::Cipher>(),
            (Direction::Outgoing, HookName::Certificate) => self.hook::<outgoing::Certificate>(),
            (Direction::Outgoing, HookName::Mail) => self.hook::<outgoing::Mail>(),
            (Direction::Outgoing, HookName::Connect | HookName::Rcpt) => {
                Err(format!("there is no hook `{hook}` for outgoing mail"))
            }
        }
    }

    fn hook<H: Hook>(&self) -> Result<Answered, String> {
        let peer = facts::<H::Peer>(H::NAME, &self.peer)?;
        let subject = match &self.subject {
            Some(subject) => facts::<H::Subject>(H::NAME, subject)?,
            None => nothing::<H::Subject>()
                .ok_or_else(|| format!("`{}` takes a {} besides", H::NAME, H::Subject::WORD))?,
        };
        let path = self.decider.path().to_string();
        Ok(match self.decider.try_out::<H>(&peer, &subject) {
            Some(answer) => {
                let reply = answer.outcome.reply().cloned().unwrap_or_default();
                let failure = match &answer.outcome {
                    crate::decision::Outcome::Failure(failure) => failure.message.clone(),
                    crate::decision::Outcome::Verdict(_) => reply.text,
                };
                Answered {
                    verdict: answer.outcome.word(),
                    code: reply.code.map(|code| code.to_string()).unwrap_or_default(),
                    text: failure,
                    place: answer.place.to_string(),
                }
            }
            None => Answered::left_out::<H>(self.decider, path),
        })
    }
}

impl Answered {
    /// What holds where a policy leaves the hook out, or a script has no opinion.
    fn left_out<H: Hook>(decider: &Decider, place: String) -> Self {
        let policy = matches!(decider.role(), Role::Policy(_)) && !decider.has(H::DIRECTION, H::NAME);
        let verdict = H::left_out().filter(|_| policy);
        let verdict = verdict.map_or(NO_OPINION, |verdict| verdict.word());
        Self { verdict, code: String::new(), text: String::new(), place }
    }
}

/// The facts that a hook takes.
fn facts<T: Facts>(hook: HookName, value: &Dynamic) -> Result<Arc<T>, String> {
    let facts = value.read_lock::<Arc<T>>().map(|facts| facts.clone());
    facts.ok_or_else(|| format!("`{hook}` takes a {} here, made by another function", T::WORD))
}

/// What a hook takes that is told of the peer alone.
fn nothing<T: Facts>() -> Option<Arc<T>> {
    let nothing: Arc<dyn std::any::Any + Send + Sync> = Arc::new(Nothing {});
    nothing.downcast::<T>().ok()
}
