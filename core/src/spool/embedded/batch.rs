//! The changes of one transaction, and who asked for them.

use std::io;

use super::arrival::Arrival;
use super::change::Change;
use super::ending::Finished;
use super::lease::{Ending, Leases};
use super::segments::{Appended, Segments};
use super::writer::Request;
use crate::spool::SpoolError;

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
        if let Change::Unquarantine(_) = &request.change {
            self.rows += 1;
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

    /// Answers those that bring mail, and has the rest done when it may be.
    pub(super) fn answer(self, leases: &Leases, result: Result<Vec<u64>, SpoolError>) {
        let mut finished = Finished::new(if result.is_ok() { Ending::Written } else { Ending::NotWritten });
        let results = match result {
            Ok(concerned) => concerned.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error); self.requests.len()],
        };
        // Before the answers: whoever has his may ask at once for what is due. Who chooses is woken after
        // them: what is woken first runs first, and a client waits.
        leases.plan.count();
        for (Request { change, answer }, result) in self.requests.into_iter().zip(results) {
            finished.push(change, answer, result);
        }
        leases.plan.wake();
        leases.finish(finished);
    }

    /// Whether it is what the operator has said. That is decided by who is leased: nothing else may be
    /// under way with it.
    pub(super) fn is_steering(&self) -> bool {
        self.requests.iter().any(Request::is_steering)
    }
}
