//! `ask`: one hook of one policy or filter, alone.

use std::any::Any;
use std::sync::Arc;

use ::rhai::{Dynamic, Engine, EvalAltResult};

use super::answers::{Answered, NO_OPINION, hook_name};
use super::builders::{certificate_of, ordinary};
use super::stage::Stage;
use super::trace::Trace;
use crate::bundle::Bundle;
use crate::decider::{Decider, Role};
use crate::decision::Outcome;
use crate::facts::{Client, Facts, Nothing, canonical};
use crate::hooks::{Direction, Hook, HookName, incoming, outgoing};
use crate::place::Place;
use crate::suggest;
use crate::verdicts::Verdict;

/// What is asked.
struct Question<'a> {
    bundle: &'a Bundle,
    decider: &'a Decider,
    peer: Dynamic,
    subject: Option<Dynamic>,
}

/// Registers it.
pub(super) fn register(engine: &mut Engine, stage: &Arc<Stage>) {
    let (of_peer, stage) = (Arc::clone(stage), Arc::clone(stage));
    engine.register_fn("ask", move |file: &str, hook: &str, peer: Dynamic| {
        ask(&of_peer, file, hook, (peer, None))
    });
    engine.register_fn("ask", move |file: &str, hook: &str, peer: Dynamic, subject: Dynamic| {
        ask(&stage, file, hook, (peer, Some(subject)))
    });
}

fn ask(
    stage: &Stage,
    file: &str,
    hook: &str,
    (peer, subject): (Dynamic, Option<Dynamic>),
) -> Result<Answered, Box<EvalAltResult>> {
    let decider = decider(&stage.bundle, file)?;
    let question = Question { bundle: &stage.bundle, decider, peer, subject };
    let name = hook_name(hook)?;
    let answered = match decider.role() {
        Role::Policy(direction) => question.ask(direction, name),
        Role::Filter if question.peer.is::<Arc<Client>>() => question.ask(Direction::Incoming, name),
        Role::Filter => question.ask(Direction::Outgoing, name),
    }?;
    stage.answered(answered.trace.clone());
    Ok(answered)
}

/// The policy or filter of a file, named with or without its extension.
fn decider<'a>(bundle: &'a Bundle, file: &str) -> Result<&'a Decider, String> {
    let extension = [".rhai", ".wasm"].into_iter().find_map(|extension| file.strip_suffix(extension));
    let stem = extension.unwrap_or(file);
    bundle.deciders().find(|decider| decider.stem() == stem).ok_or_else(|| {
        let known: Vec<_> = bundle.deciders().map(Decider::stem).collect();
        format!("there is no policy or filter `{stem}`; {}", suggest::help(stem, &known))
    })
}

impl Question<'_> {
    fn ask(&self, direction: Direction, hook: HookName) -> Result<Answered, String> {
        match (direction, hook) {
            (Direction::Incoming, HookName::Connect) => self.hook::<incoming::Connect>(),
            (Direction::Incoming, HookName::Ehlo) => self.hook::<incoming::Ehlo>(),
            (Direction::Incoming, HookName::Message) => self.hook::<incoming::Message>(),
            (Direction::Outgoing, HookName::Route) => self.hook::<outgoing::Route>(),
            (Direction::Outgoing, HookName::Delivered) => self.hook::<outgoing::Delivered>(),
            (Direction::Outgoing, HookName::Deferred) => self.hook::<outgoing::Deferred>(),
            (Direction::Outgoing, HookName::Failed) => self.hook::<outgoing::Failed>(),
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
            (direction, hook) => Err(format!("there is no hook `{hook}` for {direction} mail")),
        }
    }

    fn hook<H: Hook>(&self) -> Result<Answered, String> {
        let peer = facts::<H::Peer>(H::NAME, &self.peer)?;
        let subject = match &self.subject {
            Some(subject) => facts::<H::Subject>(H::NAME, subject)?,
            None => self.usual::<H::Subject>().ok_or_else(|| format!("`{}` takes more", H::NAME))?,
        };
        let answer = self.decider.try_out::<H>(&peer, &subject);
        let place =
            answer.as_ref().map_or_else(|| Place::file(self.decider.path().clone()), |one| one.place.clone());
        let edits = answer.as_ref().map(|answer| answer.outcome.edits()).unwrap_or_default();
        let edits = edits.iter().map(ToString::to_string).collect();
        let (verdict, code, text) = match answer.map(|answer| answer.outcome) {
            Some(Outcome::Verdict(verdict)) => {
                let reply = verdict.reply().cloned().unwrap_or_default();
                (verdict.word(), reply.code.map(|code| code.to_string()).unwrap_or_default(), reply.text)
            }
            Some(outcome @ Outcome::Failure(_)) => {
                let word = outcome.word();
                let Outcome::Failure(failure) = outcome else { return Err(word.to_owned()) };
                (word, String::new(), failure.message)
            }
            None => (left_out::<H>(self.decider), String::new(), String::new()),
        };
        let trace = self.trace(H::NAME, [verdict, &code, &text], &place);
        let (place, row) = (place.to_string(), String::new());
        Ok(Answered { verdict, code, text, edits, place, row, trace })
    }

    fn trace(&self, hook: HookName, said: [&str; 3], place: &Place) -> Trace {
        let said: Vec<_> = said.into_iter().filter(|part| !part.is_empty()).collect();
        Trace::of_answer(self.bundle, format!("{hook}: {} ({place})", said.join(" ")), place)
    }

    /// What a hook is told besides, where the test does not say: the certificate that the peer was
    /// made with, else an ordinary one.
    fn usual<T: Facts>(&self) -> Option<Arc<T>> {
        let certificate = certificate_of(&self.peer).unwrap_or_else(canonical::valid_certificate);
        let usual: [Arc<dyn Any + Send + Sync>; 8] = [
            Arc::new(Nothing {}),
            Arc::new(certificate),
            Arc::new(ordinary(canonical::hellos())),
            Arc::new(ordinary(canonical::handshakes())),
            Arc::new(ordinary(canonical::mails())),
            Arc::new(ordinary(canonical::recipients())),
            Arc::new(ordinary(canonical::messages())),
            Arc::new(ordinary(canonical::reports())),
        ];
        usual.into_iter().find_map(|one| one.downcast::<T>().ok())
    }
}

/// What holds where a policy leaves the hook out, or a script has no opinion.
fn left_out<H: Hook>(decider: &Decider) -> &'static str {
    let policy = matches!(decider.role(), Role::Policy(_)) && !decider.has(H::DIRECTION, H::NAME);
    H::left_out().filter(|_| policy).map_or(NO_OPINION, |verdict| verdict.word())
}

/// The facts that a hook takes.
fn facts<T: Facts>(hook: HookName, value: &Dynamic) -> Result<Arc<T>, String> {
    let facts = value.read_lock::<Arc<T>>().map(|facts| facts.clone());
    facts.ok_or_else(|| format!("`{hook}` takes a {} here, made by another function", T::WORD))
}
