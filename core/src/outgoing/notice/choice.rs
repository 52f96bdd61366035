//! Who is told what: by what became of a recipient, and by what its sender asked for (RFC 3461
//! section 4.1). No I/O.

use jiff::Timestamp;

use super::Action;
use crate::smtp::dsn::{Named, OriginalRecipient, RecipientDsn};
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
        let mut told = Vec::new();
        for (recipient, outcome) in self.outcomes {
            if recipient.dsn.in_place_of.is_empty() {
                told.extend(self.tell(action, recipient, outcome));
            }
            for named in &recipient.dsn.in_place_of {
                told.extend(self.tell_as(named, action, recipient, outcome));
            }
        }
        told
    }

    /// What is told of one in whose place another is: nothing that names the other.
    fn tell_as(
        &self,
        named: &Named,
        action: Action,
        recipient: &LeasedRecipient,
        outcome: &Outcome,
    ) -> Option<Told> {
        let Named { address, notify, original } = named.clone();
        let dsn = RecipientDsn { notify, original, ..RecipientDsn::default() };
        let mut told = self.tell(action, &LeasedRecipient { dsn, ..recipient.clone() }, outcome)?;
        let Status { reason, reply, .. } = &mut told.status;
        for text in [Some(reason), reply.as_mut()].into_iter().flatten() {
            *text = text.replace(recipient.address.as_str(), &address);
        }
        Some(Told { address, ..told })
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
    use crate::smtp::dsn::Notify;

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
            dsn: RecipientDsn { notify, ..RecipientDsn::default() },
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

    #[test]
    fn of_those_in_whose_place_another_came_the_sender_hears_and_not_of_the_other() {
        let named = |address: &str, notify| Named { address: address.into(), notify, original: None };
        let dsn = RecipientDsn::in_place_of([
            named("a@list.example", Notify::Unspecified),
            named("b@list.example", Notify::Never),
            named("c@list.example", Notify::On { success: false, delay: true, failure: false }),
            named("d@list.example", Notify::Unspecified),
        ]);
        let recipient = LeasedRecipient { dsn, ..recipient(Notify::Unspecified, Timestamp::MAX) };
        let status = Status { reply: Some("550 5.1.1 <bob@there.example>: unknown".into()), ..status() };
        let outcomes = [(recipient, Outcome::Failed { status })];
        let ended = Ended { outcomes: &outcomes, unpromised: &[], attempt: Some(NOW), now: NOW };
        let told = ended.told(Action::Failed);
        let addresses: Vec<_> = told.iter().map(|one| one.address.as_str()).collect();
        assert_eq!(addresses, ["a@list.example", "d@list.example"]);
        assert_eq!(told[1].status.reply.as_deref(), Some("550 5.1.1 <d@list.example>: unknown"));
    }
}
