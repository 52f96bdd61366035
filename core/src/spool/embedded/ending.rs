//! What follows from a transaction: leases end, those that choose are told, everybody has his answer.
//!
//! Whoever brings mail is answered at once. The rest may not come into the middle of a choice, which
//! reads the database as it was; nor does the writer wait for its end, which mail would wait for too.
//! So if a choice is going on, this is left to whoever makes it.

use bytes::Bytes;
use tokio::sync::oneshot;

use super::arrival::{Arrival, Known};
use super::attention::Noted;
use super::change::{Change, Settling};
use super::lease::{Chooser, Ending, Leases};
use super::place::Place;
use super::record::nanoseconds;
use crate::spool::{Envelope, NewRecipient, Outcome, SpoolError};

/// A transaction that has ended.
#[derive(Debug)]
pub(super) struct Finished {
    ending: Ending,
    added: Vec<Added>,
    others: Vec<Other>,
}

/// A message that was written.
#[derive(Debug)]
pub(super) struct Added {
    pub(super) envelope: Envelope,
    /// With their numbers.
    pub(super) recipients: Vec<(u32, NewRecipient)>,
    pub(super) place: Place,
    /// The body, if it is in the tables.
    pub(super) content: Option<Bytes>,
}

/// A change that brings no mail, and what its asker is to be told.
#[derive(Debug)]
struct Other {
    change: Change,
    answer: oneshot::Sender<Result<u64, SpoolError>>,
    result: Result<u64, SpoolError>,
}

impl Finished {
    /// With nothing yet.
    pub(super) fn new(ending: Ending) -> Self {
        Self { ending, added: vec![], others: vec![] }
    }

    /// A change of it. Whoever has gone away meanwhile has broken the connection, or stops.
    pub(super) fn push(
        &mut self,
        change: Change,
        answer: oneshot::Sender<Result<u64, SpoolError>>,
        result: Result<u64, SpoolError>,
    ) {
        match change {
            Change::Add(arrival) => {
                // With the others go the files of messages that were refused, before it is said.
                let known = arrival.known;
                let added = Some(*arrival).filter(|_| (self.ending, known) == (Ending::Written, Known::Now));
                // What is quarantined is not leased.
                let added = added.filter(|arrival| !arrival.envelope.is_quarantined());
                self.added.extend(added.and_then(Added::of));
                let _ = answer.send(result);
            }
            change => self.others.push(Other { change, answer, result }),
        }
    }

    /// Does what follows. The caller holds the guard of [`Leases::choose`].
    pub(super) fn end(self, leases: &Leases, chooser: &mut Chooser) {
        let mut noted = Noted::Nothing;
        for added in self.added {
            for (_, recipient) in &added.recipients {
                let attention = nanoseconds(recipient.attention);
                noted = noted.max(chooser.attention.note(&recipient.domain, attention));
            }
            leases.keep_fresh(added);
        }
        for other in &self.others {
            match (&other.change, self.ending) {
                (Change::Settle(settling), ending) => settling.end(leases, chooser, ending),
                (change, Ending::Written) => change.tell(chooser),
                (_, Ending::NotWritten) => {}
            }
        }
        // That mail is new was said when it was written.
        if noted == Noted::Something || !self.others.is_empty() {
            leases.plan.changed();
        }
        for Other { answer, result, .. } in self.others {
            let _ = answer.send(result);
        }
    }
}

impl Added {
    fn of(arrival: Arrival) -> Option<Self> {
        let content = arrival.in_table();
        let recipients = (0..).zip(arrival.recipients).collect();
        Some(Self { envelope: arrival.envelope, recipients, place: arrival.place?, content })
    }
}

impl Settling {
    fn end(&self, leases: &Leases, chooser: &mut Chooser, ending: Ending) {
        leases.end(self, ending);
        for (_, outcome) in &self.outcomes {
            match outcome {
                Outcome::Deferred { attention, .. } => {
                    chooser.attention.note(&self.domain, nanoseconds(*attention));
                }
                Outcome::Abandoned => {
                    chooser.attention.note(&self.domain, 0);
                }
                Outcome::Delivered | Outcome::Failed { .. } => {}
            }
        }
        for recipient in self.notices.iter().flat_map(|notice| &notice.recipients) {
            chooser.attention.note(&recipient.domain, nanoseconds(recipient.attention));
        }
    }
}

impl Change {
    /// Tells those that choose what has changed.
    fn tell(&self, chooser: &mut Chooser) {
        match self {
            Self::PutOff { destination, until: Some(_) } => chooser.attention.put_off(destination),
            Self::PutOff { destination, until: None } => chooser.attention.resume(destination),
            Self::Steer(_) | Self::Advance(_) | Self::Unquarantine(_) => chooser.attention.look_at_all(),
            Self::Add(_) | Self::Settle(_) => {}
        }
    }
}
