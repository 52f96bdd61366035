//! Filters are told what came of a delivery: the hooks `delivered`, `deferred` and `failed`. Nothing comes of
//! what they say.

use std::sync::Arc;

use super::asking::Asking;
use super::{Conversation, Delivery, End, Fate};
use crate::facts::{Host, Mail, Report, canonical};
use crate::hooks::{Direction, Hook, outgoing};
use crate::verdicts::Heard;

/// When mail that waits is tried again, seconds: the first of the usual intervals.
const NEXT: i64 = 300;

/// What there is to tell.
pub(super) struct News<'a> {
    pub(super) delivery: &'a Delivery,
    pub(super) mail: &'a Mail,
    /// The host that the mail crossed to.
    pub(super) host: Option<Host>,
}

impl News<'_> {
    /// What came of it all, once filters were told.
    pub(super) fn told(self, mut asking: Asking<'_>, end: End) -> Conversation {
        match end.fate {
            Fate::SentEncrypted | Fate::SentClear => self.tell::<outgoing::Delivered>(&mut asking, &end),
            Fate::Waits => self.tell::<outgoing::Deferred>(&mut asking, &end),
            _ => self.tell::<outgoing::Failed>(&mut asking, &end),
        }
        asking.conversation(Direction::Outgoing, end)
    }

    fn tell<H>(self, asking: &mut Asking<'_>, end: &End)
    where
        H: Hook<Peer = Host, Subject = Report, Verdict = Heard>,
    {
        if !asking.is_filtered::<H>() {
            return;
        }
        let report = Arc::new(self.delivery.facts.apply(self.report(end)));
        let unmet = || Host {
            name: end.host.clone(),
            domain: self.delivery.domain.clone(),
            row: Arc::clone(&end.row),
            ..Host::default()
        };
        let host = Arc::new(self.host.unwrap_or_else(unmet));
        asking.ask::<H>(&end.host, &host, &report);
    }

    fn report(&self, end: &End) -> Report {
        let id = canonical::reports().into_iter().next().map(|report| report.id).unwrap_or_default();
        Report {
            id,
            sender: self.mail.sender.clone(),
            recipients: self.mail.recipients.clone(),
            size: self.mail.size,
            tags: Arc::clone(&self.mail.tags),
            code: end.code.map(|code| code.to_string()).unwrap_or_default(),
            reply: end.text.clone(),
            attempts: self.mail.attempts.saturating_add(1),
            age: 0,
            next_attempt: if end.fate == Fate::Waits { NEXT } else { 0 },
        }
    }
}
