//! The filters' hook `message`.

use std::fmt;
use std::sync::Arc;

use waxseal_plugins::bundle::AskedInTurn;
use waxseal_plugins::decision::{Answer, Edited, Failure, Outcome};
use waxseal_plugins::facts::{Client, Message, Reads};
use waxseal_plugins::hooks::incoming;
use waxseal_plugins::place::Place;
use waxseal_plugins::verdicts::incoming::Message as Verdict;

use super::super::hooks::BundleHooks;
use super::super::refusal::{Refusal, Refused};
use super::super::replies;
use super::super::session::Session;
use super::aside::aside;
use super::disposition::Disposition;
use super::facts::{self, Untold};
use super::letter::{Done, Letter};
use crate::authentication::Results;
use crate::message::edit::{self, Reach};
use crate::smtp::address::Mailbox;
use crate::smtp::reply::Reply;

/// Asks them; gives the letter back as they have changed it.
///
/// # Errors
///
/// One of them refuses or defers it, or has failed.
pub(super) async fn ask(
    session: &Session<BundleHooks>,
    client: &Arc<Client>,
    letter: Letter,
    results: &Results,
) -> Result<(Disposition, Letter), Refused> {
    let asker = &session.hooks.asker;
    if !asker.bundle.is_filtered::<incoming::Message>() {
        return Ok((Disposition::Accept, letter));
    }
    let mut shown = Shown::begin(letter, asker.bundle.filters_read(), results)?;
    let decision = asker.ask_in_turn(client, &mut shown).await;
    for LeftOut { place, refusal } in shown.left_out() {
        tracing::warn!(session = %asker.session, %place, edit = refusal.word, "an edit is left out: {}", refusal.why);
    }
    let by = decision.answer.place.to_string();
    let disposition = disposition(decision.answer).map_err(|denial| Refusal::Filter.saying(denial).by(by))?;
    Ok((disposition, shown.into_letter()))
}

/// What an answer comes to.
///
/// # Errors
///
/// The reply, where it denies the message.
pub(super) fn disposition(answer: Answer<Verdict>) -> Result<Disposition, Reply> {
    let by = answer.place.to_string();
    match answer.outcome {
        Outcome::Verdict(Verdict::Redirect(to)) => match Mailbox::parse(&to) {
            Ok(to) => Ok(Disposition::Redirect { to, by }),
            // It was looked at when it was said.
            Err(_) => Err(replies::policy_failed()),
        },
        Outcome::Verdict(Verdict::Quarantine(said)) => Ok(Disposition::Quarantine { reason: said.text, by }),
        Outcome::Verdict(Verdict::Discard(said)) => Ok(Disposition::Discard { reason: said.text, by }),
        outcome => replies::of_message(&outcome).map_or(Ok(Disposition::Accept), Err),
    }
}

/// A letter, as filters are shown it.
pub(super) struct Shown {
    letter: Letter,
    reads: Reads<Message>,
    told: Arc<Message>,
    /// What was changed since then.
    changed: Option<Reach>,
    left_out: Vec<LeftOut>,
}

/// An edit that could not be done to this message.
pub(super) struct LeftOut {
    place: Place,
    refusal: edit::Refusal,
}

impl Shown {
    /// A letter of which filters are told what they read.
    ///
    /// # Errors
    ///
    /// They cannot be told all of that.
    pub(super) fn begin(
        mut letter: Letter,
        reads: Reads<Message>,
        results: &Results,
    ) -> Result<Self, Untold> {
        let size = letter.size();
        let told = Arc::new(aside(size, || facts::of(&mut letter, reads, results))?);
        Ok(Self { letter, reads, told, changed: None, left_out: Vec::new() })
    }

    /// The letter as filters have changed it.
    pub(super) fn into_letter(self) -> Letter {
        self.letter
    }

    /// The edits that could not be done.
    pub(super) fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }
}

impl AskedInTurn for Shown {
    fn facts(&mut self) -> Result<Arc<Message>, Failure> {
        if let Some(changed) = self.changed {
            let (told, size) = (Arc::make_mut(&mut self.told), self.letter.size());
            aside(size, || facts::renew(told, &mut self.letter, self.reads, changed))
                .map_err(|untold| Failure { message: untold.to_string() })?;
            self.changed = None;
        }
        Ok(Arc::clone(&self.told))
    }

    fn take(&mut self, answer: &mut Answer<Verdict>) -> Vec<Edited> {
        let Outcome::Verdict(verdict) = &mut answer.outcome else { return Vec::new() };
        if let Err(message) = edit::possible(verdict) {
            answer.outcome = Outcome::Failure(Failure { message });
            return Vec::new();
        }
        let edits = verdict.take_edits();
        if edits.is_empty() {
            return Vec::new();
        }
        let size = self.letter.size();
        let Done { refused, reach } = match aside(size, || self.letter.edit(&edits)) {
            Ok(done) => done,
            Err(senseless) => {
                answer.outcome = Outcome::Failure(Failure { message: senseless.to_string() });
                return Vec::new();
            }
        };
        self.changed = self.changed.max(Some(reach));
        let left_out = |number: usize| refused.iter().any(|refusal| refusal.edit == number);
        let done = edits.into_iter().enumerate().filter(|(number, _)| !left_out(*number));
        let done = done.map(|(_, edit)| Edited { by: answer.place.clone(), edit }).collect();
        let place = |refusal| LeftOut { place: answer.place.clone(), refusal };
        self.left_out.extend(refused.into_iter().map(place));
        done
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.refusal.word, self.place, self.refusal.why)
    }
}
