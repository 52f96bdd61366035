//! What becomes of a message at its end: who it is from is found out, milters look at it, then filters, one after the other; each sees what
//! those before it have changed, and the strictest that any of them says holds.
//!
//! - `letter`: the message and its envelope, as they are by now
//! - `facts`: what filters are told of it, found out where one of them reads it
//! - `authentication`: SPF, DKIM, DMARC, ARC; our own signatures
//! - `milters`, `filters`: who is asked
//! - `disposition`: what they come to
//! - `aside`: work on what is large
//! - [`imagined`]: the same for messages of tests

mod aside;
mod authentication;
mod disposition;
mod facts;
mod filters;
mod imagined;
mod letter;
mod milters;

use std::io;

use jiff::Timestamp;
use uuid::Uuid;
use waxseal_plugins::hooks::incoming;

use self::disposition::Disposition;
pub use self::imagined::Imagined;
use self::letter::Letter;
use super::hooks::BundleHooks;
use super::receipt::of_spool;
use super::receive::{Written, trace};
use super::refusal::Refused;
use super::session::Session;
use super::transaction::Transaction;
use super::turned_away::Named;
use crate::message::headers::written::Utf8;
use crate::smtp::command::Charset;
use crate::spool::{Quarantine, SpoolError, Tags};

/// What becomes of a message.
pub(super) enum AtEnd {
    /// It is taken, perhaps changed.
    Accept(Kept),
    /// It is forgotten, and the client is told that it was accepted.
    Discard,
}

/// A message that is taken.
pub(super) struct Kept {
    pub(super) written: Written,
    pub(super) tags: Tags,
    pub(super) quarantine: Option<Quarantine>,
    /// What those who looked at it came to, in the metrics' word; counted once it is kept.
    pub(super) filtered: Option<&'static str>,
}

impl From<Written> for Kept {
    fn from(written: Written) -> Self {
        Self { written, tags: Tags::default(), quarantine: None, filtered: None }
    }
}

/// Whether there is anybody to look at a message: else it is taken as it is, at no cost.
pub(super) fn is_looked_at(session: &Session<BundleHooks>) -> bool {
    session.milters.is_some()
        || session.hooks.asker.bundle.is_filtered::<incoming::Message>()
        || authentication::is_configured(&session.hooks.services, session.peer.address.ip())
}

/// Shows the message to all who look at it, and does what came of it.
///
/// # Errors
///
/// It is refused or deferred, somebody has failed, or it cannot be kept.
pub(super) async fn decide(
    session: &mut Session<BundleHooks>,
    transaction: &mut Transaction,
    written: Written,
    (id, time): (Uuid, Timestamp),
) -> Result<AtEnd, Refused> {
    let own = trace(session, transaction, id, time);
    let (sender, recipients) = (transaction.mail.sender.clone(), transaction.recipients.clone());
    let content = written.body.content();
    let mut letter = Letter::open(content, utf8(transaction), (sender, recipients), own);
    let results = authentication::examine(session, &mut letter).await?;
    let by_milters = milters::ask(session, transaction, &mut letter, (id, time)).await?;
    let (by_filters, mut letter) =
        filters::ask(session, &transaction.permit.client, letter, &results).await?;
    let disposition = by_milters.join(by_filters);
    let filtered = disposition.word();
    let asker = &session.hooks.asker.session;
    if let Disposition::Redirect { to, by } = &disposition {
        tracing::info!(session = %asker, %id, %by, %to, "message redirected");
    }
    let quarantine = match disposition.settle(&mut letter) {
        Disposition::Accept | Disposition::Redirect { .. } => None,
        Disposition::Quarantine { reason, by } => {
            letter.keep_recipients(&transaction.recipients);
            Some(Quarantine::begin(reason, by, time))
        }
        Disposition::Discard { reason, by } => {
            let (sender, to) = (&transaction.mail.sender, Named(&transaction.recipients));
            tracing::info!(session = %asker, %id, %sender, %to, by, reason, "message discarded");
            return Ok(AtEnd::discard(session));
        }
    };
    letter.keep_count(written.hops).map_err(|error| unreadable(&io::Error::other(error)))?;
    authentication::sign(session, &mut letter, &results).await?;
    let written = letter.write(session.hooks.services.spool.as_ref(), written).await?;
    let (tags, filtered) = (letter.close(transaction), Some(filtered));
    Ok(AtEnd::Accept(Kept { written, tags, quarantine, filtered }))
}

impl AtEnd {
    /// It is forgotten, and that is counted.
    fn discard(session: &Session<BundleHooks>) -> Self {
        session.hooks.services.observer.metrics().disposed("discarded");
        Self::Discard
    }
}

fn unreadable(error: &io::Error) -> Refused {
    of_spool(&SpoolError::Failed(error.to_string()))
}

/// How fields may be written: in UTF-8 only where the message may be so.
fn utf8(transaction: &Transaction) -> Utf8 {
    match transaction.mail.charset {
        Charset::Utf8 => Utf8::Raw,
        Charset::Ascii => Utf8::Encoded,
    }
}
