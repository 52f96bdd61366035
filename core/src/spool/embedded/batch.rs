//! The changes of one transaction, and who asked for them.

use std::io;

use super::arrival::{Arrival, Known};
use super::change::{Change, Settling};
use super::lease::{Chooser, Ending, Leases};
use super::record::nanoseconds;
use super::segments::{Appended, Segments};
use super::writer::Request;
use crate::spool::{Outcome, SpoolError};

/// The changes of one transaction.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) requests: Vec<Request>,
    /// Octets of bodies.
    pub(super) octets: usize,
    /// Recipients that have an outcome.
    pub(super) outcomes: usize,
    /// Rows of a usual length that are written, about.
    pub(super) rows: usize,
}

impl Batch {
    /// With one request.
    pub(super) fn of(first: Request) -> Self {
        let mut batch = Self { requests: vec![], octets: 0, outcomes: 0, rows: 0 };
        batch.push(first);
        batch
    }

    pub(super) fn push(&mut self, request: Request) {
        // Even an empty message is one that somebody waits for.
        self.octets += request.change.weight() + request.change.arrivals().len();
        if let Change::Settle(settling) = &request.change {
            self.outcomes += settling.outcomes.len();
            self.rows += settling.outcomes.len();
        }
        self.rows += request.change.arrivals().iter().map(Arrival::rows).sum::<usize>();
        self.requests.push(request);
    }

    /// Those that bring no message together, and each of the others alone.
    pub(super) fn apart(self) -> Vec<Self> {
        let (bring, leave): (Vec<_>, Vec<_>) =
            self.requests.into_iter().partition(|request| !request.change.arrivals().is_empty());
        let mut leave = leave.into_iter();
        let together = leave.next().map(|first| {
            let mut together = Self::of(first);
            leave.for_each(|request| together.push(request));
            together
        });
        together.into_iter().chain(bring.into_iter().map(Self::of)).collect()
    }

    /// Appends the bodies that are in memory to a segment, and tells them where they are. So few octets
    /// go into the tables instead: they are written twice then, but one sync is enough for all, and who
    /// waits for it waits half as long.
    pub(super) fn append(&mut self, segments: &mut Segments, in_tables: usize) -> io::Result<()> {
        if self.octets <= in_tables {
            let arrivals = self.requests.iter_mut().flat_map(|request| request.change.arrivals_mut());
            arrivals.for_each(Arrival::place_in_table);
            return Ok(());
        }
        let arrivals = self.requests.iter().flat_map(|request| request.change.arrivals());
        let bodies: Vec<Appended<'_>> = arrivals.filter_map(Arrival::to_append).collect();
        if bodies.is_empty() {
            return Ok(());
        }
        let mut places = segments.append(&bodies)?.into_iter();
        let arrivals = self.requests.iter_mut().flat_map(|request| request.change.arrivals_mut());
        for arrival in arrivals.filter(|arrival| arrival.to_append().is_some()) {
            arrival.place = places.next();
        }
        Ok(())
    }

    /// Takes back what was done beside the database.
    pub(super) fn unmake(&mut self) {
        let arrivals = self.requests.iter_mut().flat_map(|request| request.change.arrivals_mut());
        arrivals.for_each(Arrival::unmake);
    }

    /// Tells everybody. Leases end before: who asked may ask for the next at once.
    pub(super) fn answer(self, leases: &Leases, result: Result<Vec<u64>, SpoolError>) {
        let ending = if result.is_ok() { Ending::Written } else { Ending::NotWritten };
        let mut chooser = leases.choose();
        for request in &self.requests {
            match &request.change {
                Change::Settle(settling) => settling.end(leases, &mut chooser, ending),
                other if ending == Ending::Written => other.tell(&mut chooser),
                _ => {}
            }
        }
        drop(chooser);
        let (changes, answers): (Vec<_>, Vec<_>) =
            self.requests.into_iter().map(|request| (request.change, request.answer)).unzip();
        // With the others go the files of messages that were refused.
        let added = changes.into_iter().filter_map(|change| match change {
            Change::Add(arrival) if arrival.known == Known::Now => Some(*arrival),
            _ => None,
        });
        match ending {
            Ending::Written => leases.fresh.keep(added),
            Ending::NotWritten => drop(added),
        }
        leases.plan.changed();
        let results = result.map(Vec::into_iter);
        match results {
            Ok(concerned) => answers.into_iter().zip(concerned).for_each(|(answer, concerned)| {
                // Whoever has gone away meanwhile has broken the connection, or stops.
                let _ = answer.send(Ok(concerned));
            }),
            Err(error) => answers.into_iter().for_each(|answer| {
                let _ = answer.send(Err(error.clone()));
            }),
        }
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
                Outcome::Abandoned => chooser.attention.note(&self.domain, 0),
                Outcome::Delivered | Outcome::Failed { .. } => {}
            }
        }
    }
}

impl Change {
    /// Tells those that choose what has changed.
    fn tell(&self, chooser: &mut Chooser) {
        match self {
            Self::PutOff { destination, until: Some(_) } => chooser.attention.put_off(destination),
            Self::PutOff { destination, until: None } => chooser.attention.resume(destination),
            Self::Steer(_) | Self::Advance { .. } => chooser.attention.look_at_all(),
            Self::Add(_) | Self::Settle(_) => {
                for recipient in self.arrivals().iter().flat_map(|arrival| &arrival.recipients) {
                    chooser.attention.note(&recipient.domain, nanoseconds(recipient.attention));
                }
            }
        }
    }
}
