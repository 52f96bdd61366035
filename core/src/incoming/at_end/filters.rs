//! The filters' hook `message`.

use std::sync::Arc;

use waxseal_plugins::decision::{Answer, Failure, Outcome};
use waxseal_plugins::facts::{Client, Message, Reads};
use waxseal_plugins::hooks::incoming;
use waxseal_plugins::verdicts::incoming::Message as Verdict;

use super::super::hooks::BundleHooks;
use super::super::refusal::{Refusal, Refused};
use super::super::replies;
use super::super::session::Session;
use super::disposition::Disposition;
use super::facts;
use super::letter::{Done, Letter};
use crate::authentication::Results;
use crate::message::edit::Reach;
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
    let reads = asker.bundle.filters_read();
    let told = facts::of(letter, reads, results)?;
    let mut shown = Shown { letter, reads, told: Arc::new(told), changed: None, session: &asker.session };
    let decision = asker.ask_in_turn(client, &mut shown).await;
    let by = decision.answer.place.to_string();
    match decision.answer.outcome {
        Outcome::Verdict(Verdict::Redirect(to)) => match Mailbox::parse(&to) {
            Ok(to) => Ok(Disposition::Redirect { to, by }),
            // It was looked at when it was said.
            Err(_) => Err(Refusal::Filter.saying(replies::policy_failed())),
        },
        Outcome::Verdict(Verdict::Quarantine(said)) => Ok(Disposition::Quarantine { reason: said.text, by }),
        Outcome::Verdict(Verdict::Discard(said)) => Ok(Disposition::Discard { reason: said.text, by }),
        outcome => replies::of_message(&outcome)
            .map_or(Ok(Disposition::Accept), |reply| Err(Refusal::Filter.saying(reply))),
    }
}

/// The letter, as filters are shown it.
struct Shown<'a> {
    letter: &'a mut Letter,
    reads: Reads<Message>,
    told: Arc<Message>,
    /// What was changed since then.
    changed: Option<Reach>,
    session: &'a SessionId,
}

impl AskedInTurn for Shown<'_> {
    fn facts(&mut self) -> Result<Arc<Message>, Failure> {
        if let Some(changed) = self.changed {
            facts::renew(Arc::make_mut(&mut self.told), self.letter, self.reads, changed)
                .map_err(|untold| Failure { message: untold.to_string() })?;
            self.changed = None;
        }
        Ok(Arc::clone(&self.told))
    }

    fn logged(&mut self) -> Arc<Message> {
        if let Some(changed) = self.changed.take() {
            let renewed =
                facts::renew_logged(Arc::make_mut(&mut self.told), self.letter, self.reads, changed);
            if let Err(error) = renewed {
                tracing::warn!(session = %self.session, "the log has a message as it was before its last edits: {error}");
            }
        }
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
        let Done { refused, reach } = match self.letter.edit(&edits) {
            Ok(done) => done,
            Err(senseless) => {
                // Those before the senseless one were done.
                self.changed = Some(Reach::Parts);
                answer.outcome = Outcome::Failure(Failure { message: senseless.to_string() });
                return Vec::new();
            }
        };
        self.changed = self.changed.max(Some(reach));
        for refusal in &refused {
            let (session, place, edit) = (self.session, &answer.place, refusal.word);
            tracing::warn!(%session, %place, edit, "an edit is left out: {}", refusal.why);
        }
        let left_out = |number: usize| refused.iter().any(|refusal| refusal.edit == number);
        let done = edits.into_iter().enumerate().filter(|(number, _)| !left_out(*number));
        done.map(|(_, edit)| Change { by: answer.place.clone(), edit }).collect()
    }
}
