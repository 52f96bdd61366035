//! Milters at the end of a message.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;
use waxseal_plugins::content::Content;
use waxseal_plugins::verdicts::Edit;

use super::super::hooks::BundleHooks;
use super::super::milters::of_milter;
use super::super::receive;
use super::super::refusal::{Refusal, Refused};
use super::super::session::Session;
use super::super::transaction::Transaction;
use super::disposition::Disposition;
use super::letter::{Letter, Senseless};
use super::unreadable;
use crate::message::anatomy::Headed;
use crate::message::headers::HeaderSection;
use crate::milter::{self, Draft, Outcome, Unapplied};

/// Shows them the message.
///
/// # Errors
///
/// One of them refuses or defers it, or has failed.
pub(super) async fn ask(
    session: &mut Session<BundleHooks>,
    transaction: &Transaction,
    letter: &mut Letter,
    (id, time): (Uuid, Timestamp),
) -> Result<Disposition, Refused> {
    let limit = session.hooks.services.config.limits.message_size;
    let own = session.milters.is_some().then(|| receive::trace(session, transaction, id, time));
    let (Some(milters), Some(own)) = (&mut session.milters, own) else { return Ok(Disposition::Accept) };
    let headers = letter.headers().map_err(|error| unreadable(&error))?.clone();
    let mut shown = Shown { content: letter.content(), headers, letter, own, limit };
    let Outcome { edits, disposition } = milters.message(&id.to_string(), &mut shown).await;
    let session = &session.hooks.asker.session;
    for (milter, edits) in &edits {
        let edits: Vec<_> = edits.iter().map(Edit::word).collect();
        tracing::info!(%session, %id, milter, edits = edits.join(","), "message changed");
    }
    match disposition {
        milter::Disposition::Accept => Ok(Disposition::Accept),
        milter::Disposition::Quarantine { milter: by, reason } => Ok(Disposition::Quarantine { reason, by }),
        milter::Disposition::Discard { milter: by } => Ok(Disposition::Discard { reason: String::new(), by }),
        milter::Disposition::Deny { milter, reply } => {
            Err(Refusal::Milter.saying(reply).by(of_milter(&milter)))
        }
    }
}

/// The letter, as milters are shown it.
struct Shown<'a> {
    letter: &'a mut Letter,
    content: Arc<dyn Content>,
    headers: HeaderSection,
    /// Our own Received field with its line end: it is there already, on top.
    own: String,
    limit: u64,
}

impl Draft for Shown<'_> {
    fn message(&self) -> Headed<'_> {
        Headed { headers: &self.headers, content: self.content.as_ref() }
    }

    fn own(&self) -> &[u8] {
        self.own.as_bytes()
    }

    fn limit(&self) -> u64 {
        self.limit
    }

    fn apply(&mut self, edits: &[Edit]) -> Result<(), Unapplied> {
        self.letter.edit_as_given(edits).map_err(|senseless| match senseless {
            Senseless::Unreadable(error) => Unapplied::Content(error),
            edit @ Senseless::Edit { .. } => Unapplied::Edit(edit.to_string()),
        })?;
        self.content = self.letter.content();
        self.headers = self.letter.headers().map_err(Unapplied::Content)?.clone();
        Ok(())
    }
}
