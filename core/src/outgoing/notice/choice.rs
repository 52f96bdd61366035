//! Who is told what: by what became of a recipient, and by what its sender asked for (RFC 3461
//! section 4.1). No I/O.

use jiff::Timestamp;

use super::Action;
use crate::smtp::dsn::OriginalRecipient;
use crate::spool::{LeasedRecipient, Outcome, Status};

/// A recipient of whom the sender is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    /// The forward-path.
    pub address: String,
    /// As the sender wrote it first.
    pub original: Option<OriginalRecipient>,
    /// Why.
    pub status: Status,
    /// When it was tried last; `None` where it was not tried now.
    pub attempt: Option<Timestamp>,
}

/// What became of the recipients of a lease.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended<'a> {
    /// Each with its outcome.
    pub outcomes: &'a [(LeasedRecipient, Outcome)],
    /// Those who were taken by a host that does not offer DSN, and what it said.
    pub unpromised: &'a [(u32, Status)],
    /// When it was tried; `None` where it was not tried at all.
    pub attempt: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
}

impl Ended<'_> {
    /// Of whom the sender is told this.
    pub(crate) fn told(&self, action: Action) -> Vec<Told> {
        self.outcomes
            .iter()
            .filter_map(|(recipient, outcome)| self.tell(action, recipient, outcome))
            .collect()
    }

    fn tell(&self, action: Action, recipient: &LeasedRecipient, outcome: &Outcome) -> Option<Told> {
        let notify = recipient.dsn.notify;
        let status = match (action, outcome) {
            (Action::Failed, Outcome::Failed { status }) if notify.of_failure() => status,
            // The time to be noticed is moved on with the outcome, so that there is one warning.
            (Action::Delayed, Outcome::Deferred { status, .. })
                if notify.of_delay() && recipient.attention <= self.now =>
            {
                status
            }
            (Action::Relayed, Outcome::Delivered) if notify.of_success() => {
                let unpromised = self.unpromised.iter().find(|(number, _)| *number == recipient.number);
                &unpromised?.1
            }
            _ => return None,
        };
        Some(Told {
            address: recipient.address.clone(),
            original: recipient.dsn.original.clone(),
            status: status.clone(),
            attempt: self.attempt,
        })
    }
}

#[cfg(test)]
mod tests {
    use waxseal_plugins::verdicts::EnhancedCode;

    use super::*;
    use crate::smtp::dsn::{Notify, RecipientDsn};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn status() -> Status {
        Status {
            code: EnhancedCode::new(4, 7, 4),
            reason: "why".into(),
            host: None,
            reply: None,
            way: None,
            failure: None,
        }
    }

    fn recipient(notify: Notify, attention: Timestamp) -> LeasedRecipient {
        LeasedRecipient {
            number: 7,
            address: "bob@there.example".into(),
            attempts: 3,
            last: None,
            dsn: RecipientDsn { notify, original: None },
            attention,
        }
    }

    /// Which notices there are of a recipient.
    fn notices(
        recipient: LeasedRecipient,
        outcome: Outcome,
        unpromised: &[(u32, Status)],
    ) -> Vec<&'static str> {
        let outcomes = [(recipient, outcome)];
        let ended = Ended { outcomes: &outcomes, unpromised, attempt: Some(NOW), now: NOW };
        let all = [Action::Failed, Action::Delayed, Action::Relayed];
        all.into_iter().filter(|action| !ended.told(*action).is_empty()).map(Action::word).collect()
    }

    #[test]
    fn the_sender_hears_what_he_asked_for() {
        let on = |success, delay, failure| Notify::On { success, delay, failure };
        let failed = || Outcome::Failed { status: status() };
        let deferred = || Outcome::Deferred { due: NOW, status: status(), attention: Timestamp::MAX };
        let plain = [(7, status())];
        for (notify, outcome, unpromised, expected) in [
            (Notify::Unspecified, failed(), &plain[..], &["failed"][..]),
            (Notify::Never, failed(), &plain, &[]),
            (on(false, false, true), failed(), &plain, &["failed"]),
            (on(true, true, false), failed(), &plain, &[]),
            (Notify::Unspecified, deferred(), &plain, &["delayed"]),
            (Notify::Never, deferred(), &plain, &[]),
            (on(false, true, false), deferred(), &plain, &["delayed"]),
            (on(true, false, true), deferred(), &plain, &[]),
            (Notify::Unspecified, Outcome::Delivered, &plain, &[]),
            (on(true, false, false), Outcome::Delivered, &plain, &["relayed"]),
            (on(false, true, true), Outcome::Delivered, &plain, &[]),
            // The host has promised to tell.
            (on(true, false, false), Outcome::Delivered, &[], &[]),
            (on(true, true, true), Outcome::Abandoned, &plain, &[]),
        ] {
            let shown = format!("{notify:?} {outcome:?}");
            assert_eq!(notices(recipient(notify, NOW), outcome, unpromised), expected, "{shown}");
        }
    }

    #[test]
    fn nobody_is_warned_before_the_time_or_twice() {
        let outcome = Outcome::Deferred { due: NOW, status: status(), attention: Timestamp::MAX };
        assert!(notices(recipient(Notify::Unspecified, Timestamp::MAX), outcome, &[]).is_empty());
    }
}
