//! What there is to tell of an attempt: a report for all recipients for whom it came to the same.
//! No I/O.

use std::sync::Arc;

use jiff::Timestamp;
use waxseal_plugins::facts::{Host, Report, Row};

use crate::outgoing::facts;
use crate::spool::{Lease, LeasedRecipient, Outcome, Purpose, Status};

/// An attempt that is settled, or what was settled without one.
pub(in crate::outgoing) struct Settled<'a> {
    /// Of what.
    pub lease: &'a Lease,
    /// The row of its domain.
    pub row: &'a Arc<Row>,
    /// The last host that the envelope was let cross to.
    pub host: Option<Arc<Host>>,
    /// What became of each recipient.
    pub outcomes: Vec<(LeasedRecipient, Outcome)>,
    /// What the hosts said that took it, by the numbers of the recipients.
    pub taken: &'a [(u32, Status)],
    /// When.
    pub now: Timestamp,
}

/// What is told.
#[derive(Debug)]
pub(super) struct News {
    /// What it came to.
    pub kind: Kind,
    /// The host, as far as one was met.
    pub host: Arc<Host>,
    /// The rest.
    pub report: Arc<Report>,
}

/// What it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Delivered,
    Deferred,
    Failed,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Delivered, Self::Deferred, Self::Failed];
}

/// What it came to, and why; equal for recipients who share a report.
#[derive(Clone, Copy, PartialEq)]
struct Why<'a> {
    kind: Kind,
    status: Option<&'a Status>,
    due: Option<Timestamp>,
}

impl Settled<'_> {
    /// A report for each thing that it came to, in the order of the recipients. What was given back came
    /// to nothing; what merely waits on without an attempt is no news.
    pub(super) fn news(&self) -> Vec<News> {
        let mut groups: Vec<(Why<'_>, Vec<&LeasedRecipient>)> = vec![];
        for (recipient, outcome) in &self.outcomes {
            let Some(why) = self.why(recipient, outcome).filter(|why| self.is_news(why)) else { continue };
            match groups.iter_mut().find(|(known, _)| *known == why) {
                Some((_, recipients)) => recipients.push(recipient),
                None => groups.push((why, vec![recipient])),
            }
        }
        let news = |(why, recipients): (Why<'_>, Vec<&LeasedRecipient>)| News {
            kind: why.kind,
            host: self.host(why.status),
            report: Arc::new(self.report(&why, &recipients)),
        };
        groups.into_iter().map(news).collect()
    }

    /// What it came to for a recipient. Where it was delivered the host's yes is told, as its no is elsewhere.
    fn why<'s>(&'s self, recipient: &LeasedRecipient, outcome: &'s Outcome) -> Option<Why<'s>> {
        let yes = self.taken.iter().find(|(number, _)| *number == recipient.number);
        let why = Why::of(outcome)?;
        Some(if why.kind == Kind::Delivered {
            Why { status: yes.map(|(_, status)| status), ..why }
        } else {
            why
        })
    }

    fn is_news(&self, why: &Why<'_>) -> bool {
        why.kind != Kind::Deferred || self.lease.purpose == Purpose::Deliver
    }

    /// The host that was met last; else what is known of it, which may be its name.
    fn host(&self, status: Option<&Status>) -> Arc<Host> {
        let named = status.and_then(|status| status.host.as_deref());
        match &self.host {
            Some(host) if named.is_none_or(|named| named == host.name) => Arc::clone(host),
            _ => Arc::new(Host {
                name: named.unwrap_or_default().to_owned(),
                ..facts::unmet(&self.lease.domain, self.row)
            }),
        }
    }

    fn report(&self, why: &Why<'_>, recipients: &[&LeasedRecipient]) -> Report {
        let envelope = &self.lease.envelope;
        let this_one = u32::from(self.lease.purpose == Purpose::Deliver);
        let attempts = recipients.iter().map(|recipient| recipient.attempts).max().unwrap_or(0);
        let code = why.status.map(|status| status.code.to_string());
        let reply = why.status.map(|status| status.reply.as_ref().unwrap_or(&status.reason).clone());
        Report {
            id: envelope.id.to_string(),
            sender: envelope.sender.clone(),
            recipients: recipients.iter().map(|recipient| recipient.address.clone()).collect(),
            size: i64::try_from(envelope.size).unwrap_or(i64::MAX),
            tags: facts::tags(envelope),
            code: code.unwrap_or_default(),
            reply: reply.unwrap_or_default(),
            attempts: i64::from(attempts.saturating_add(this_one)),
            age: seconds(envelope.received, self.now),
            next_attempt: why.due.map(|due| seconds(self.now, due)).unwrap_or_default(),
        }
    }
}

impl<'a> Why<'a> {
    fn of(outcome: &'a Outcome) -> Option<Self> {
        match outcome {
            Outcome::Delivered => Some(Self { kind: Kind::Delivered, status: None, due: None }),
            Outcome::Deferred { due, status, .. } => {
                Some(Self { kind: Kind::Deferred, status: Some(status), due: Some(*due) })
            }
            Outcome::Failed { status } => Some(Self { kind: Kind::Failed, status: Some(status), due: None }),
            Outcome::Abandoned => None,
        }
    }
}

/// From a time to a later one.
fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_secs().max(0)
}

#[cfg(test)]
mod tests {
    use waxseal_plugins::verdicts::EnhancedCode;

    use super::*;
    use crate::outgoing::attempt::tests::lease;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn status(code: EnhancedCode, reply: Option<&str>) -> Status {
        let (reason, host) = ("the host refused it".to_owned(), Some("mx.example.org".to_owned()));
        Status { code, reason, host, reply: reply.map(str::to_owned), way: None, failure: None }
    }

    fn deferred(due: i64) -> Outcome {
        let status = status(EnhancedCode::new(4, 2, 1), Some("450 4.2.1 later"));
        Outcome::Deferred { due: at(due), status, attention: Timestamp::MAX }
    }

    fn failed() -> Outcome {
        Outcome::Failed { status: status(EnhancedCode::new(5, 1, 1), None) }
    }

    /// What is told of these outcomes, of recipients in a row, at a time.
    fn news(outcomes: Vec<Outcome>, purpose: Purpose) -> Vec<News> {
        news_after(outcomes, &[], purpose)
    }

    /// The same where hosts have said this to those who took it.
    fn news_after(outcomes: Vec<Outcome>, taken: &[(u32, Status)], purpose: Purpose) -> Vec<News> {
        let mut lease = lease(u32::try_from(outcomes.len()).unwrap());
        Arc::make_mut(&mut lease.envelope).received = at(1000);
        lease.purpose = purpose;
        let outcomes = lease.recipients.clone().into_iter().zip(outcomes).collect();
        let settled = Settled {
            lease: &lease,
            row: &Arc::new(Row::default()),
            host: None,
            outcomes,
            taken,
            now: at(1060),
        };
        settled.news()
    }

    #[test]
    fn recipients_share_a_report_where_all_is_the_same() {
        let outcomes = vec![
            failed(),
            Outcome::Delivered,
            deferred(1090),
            Outcome::Abandoned,
            Outcome::Delivered,
            deferred(1090),
            deferred(1091),
        ];
        let told: Vec<(Kind, Vec<String>)> = news(outcomes, Purpose::Deliver)
            .iter()
            .map(|news| (news.kind, news.report.recipients.clone()))
            .collect();
        let recipients = |numbers: &[u32]| numbers.iter().map(|one| format!("r{one}@example.org")).collect();
        let expected = [
            (Kind::Failed, recipients(&[0])),
            (Kind::Delivered, recipients(&[1, 4])),
            (Kind::Deferred, recipients(&[2, 5])),
            (Kind::Deferred, recipients(&[6])),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_report_says_what_came_of_it() {
        let taken = [(2, status(EnhancedCode::new(2, 0, 0), Some("250 2.0.0 kept")))];
        let news = news_after(vec![deferred(1090), failed(), Outcome::Delivered], &taken, Purpose::Deliver);
        let [deferred, failed, delivered] = news.as_slice() else { panic!("{news:?}") };
        let report = &deferred.report;
        assert_eq!((report.code.as_str(), report.reply.as_str()), ("4.2.1", "450 4.2.1 later"));
        assert_eq!((report.attempts, report.age, report.next_attempt), (1, 60, 30));
        assert_eq!((deferred.host.name.as_str(), &*deferred.host.domain), ("mx.example.org", "example.org"));
        let report = &failed.report;
        assert_eq!((report.code.as_str(), report.reply.as_str()), ("5.1.1", "the host refused it"));
        assert_eq!((&*delivered.report.code, &*delivered.report.reply), ("2.0.0", "250 2.0.0 kept"));
        assert_eq!((failed.report.next_attempt, delivered.report.size), (0, 19));
    }

    #[test]
    fn without_an_attempt_only_the_end_is_news() {
        let why = status(EnhancedCode::new(4, 4, 1), None);
        let told = news(vec![deferred(1090), failed()], Purpose::Overdue { why });
        let [failed] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((failed.kind, failed.report.attempts), (Kind::Failed, 0));
    }
}
