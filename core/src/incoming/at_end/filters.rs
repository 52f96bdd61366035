//! The filters' hook `message`.

use std::io;
use std::sync::Arc;

use waxseal_plugins::decision::{Answer, Failure, Outcome};
use waxseal_plugins::facts::{Client, Message};
use waxseal_plugins::hooks::incoming;
use waxseal_plugins::verdicts::Edit;
use waxseal_plugins::verdicts::incoming::Message as Verdict;

use super::super::hooks::BundleHooks;
use super::super::refusal::{Refusal, Refused};
use super::super::replies;
use super::super::session::Session;
use super::disposition::Disposition;
use super::facts::{self, Wanted};
use super::letter::Letter;
use super::unreadable;
use crate::authentication::Results;
use crate::message::edit;
use crate::observe::SessionId;
use crate::smtp::address::Mailbox;
use crate::tls::ask::{AskedInTurn, Change};

/// Asks them.
///
/// # Errors
///
/// One of them refuses or defers it, or has failed.
pub(super) async fn ask(
    session: &Session<BundleHooks>,
    client: &Arc<Client>,
    letter: &mut Letter,
    results: &Results,
) -> Result<Disposition, Refused> {
    let asker = &session.hooks.asker;
    if !asker.bundle.is_filtered::<incoming::Message>() {
        return Ok(Disposition::Accept);
    }
    let wanted = Wanted::of(&asker.bundle);
    let told = facts::of(letter, wanted, results).map_err(|error| unreadable(&error))?;
    let mut shown = Shown { letter, wanted, results, told: Arc::new(told), session: &asker.session };
    let decision = asker.ask_in_turn(client, &mut shown).await;
    let by = decision.answer.place.to_string();
    match decision.answer.outcome {
        Outcome::Verdict(Verdict::Redirect(to)) => match Mailbox::parse(&to) {
            Ok(to) => Ok(Disposition::Redirect { to, by }),
            // It was looked at when it was said.
            Err(_) => Err(Refusal::Filter.saying(replies::policy_failed()).by(by)),
        },
        Outcome::Verdict(Verdict::Quarantine(said)) => Ok(Disposition::Quarantine { reason: said.text, by }),
        Outcome::Verdict(Verdict::Discard(said)) => Ok(Disposition::Discard { reason: said.text, by }),
        outcome => replies::of_message(&outcome)
            .map_or(Ok(Disposition::Accept), |reply| Err(Refusal::Filter.saying(reply).by(by))),
    }
}

/// The letter, as filters are shown it.
struct Shown<'a> {
    letter: &'a mut Letter,
    wanted: Wanted,
    results: &'a Results,
    told: Arc<Message>,
    session: &'a SessionId,
}

impl AskedInTurn for Shown<'_> {
    fn facts(&self) -> Arc<Message> {
        Arc::clone(&self.told)
    }

    fn take(&mut self, answer: &mut Answer<Verdict>) -> Vec<Change> {
        let Outcome::Verdict(verdict) = &mut answer.outcome else { return Vec::new() };
        if let Verdict::Redirect(to) = verdict
            && let Err(error) = Mailbox::parse(to)
        {
            let message = format!("it redirects to `{to}`, which is no address: {error}");
            answer.outcome = Outcome::Failure(Failure { message });
            return Vec::new();
        }
        let edits = verdict.take_edits();
        if edits.is_empty() {
            return Vec::new();
        }
        let refused = match self.edit(&edits) {
            Ok(refused) => refused,
            Err(failure) => {
                answer.outcome = Outcome::Failure(failure);
                return Vec::new();
            }
        };
        for refusal in &refused {
            let (session, place, edit) = (self.session, &answer.place, refusal.word);
            tracing::warn!(%session, %place, edit, "an edit is left out: {}", refusal.why);
        }
        let left_out = |number: usize| refused.iter().any(|refusal| refusal.edit == number);
        let done = edits.into_iter().enumerate().filter(|(number, _)| !left_out(*number));
        done.map(|(_, edit)| Change { by: answer.place.clone(), edit }).collect()
    }
}

impl Shown<'_> {
    fn edit(&mut self, edits: &[Edit]) -> Result<Vec<edit::Refusal>, Failure> {
        let failure = |message: String| Failure { message };
        let refused = self.letter.edit(edits).map_err(|senseless| failure(senseless.to_string()))?;
        let told: io::Result<Message> = facts::of(self.letter, self.wanted, self.results);
        self.told = Arc::new(told.map_err(|error| failure(error.to_string()))?);
        Ok(refused)
    }
}
