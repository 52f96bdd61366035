//! Who holds what. Leases are in memory: a restart frees them all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use rusqlite::Connection;

use super::attention::Attention;
use super::change::{Attempt, Settling};
use super::due::Turn;
use super::ending::{Added, Finished};
use super::fresh::Fresh;
use super::plan::Plan;
use crate::spool::{Lease, MessageId, Purpose, Settlement, SpoolError};

/// The recipients that are leased.
#[derive(Debug)]
pub(super) struct Leases {
    /// Held while something is chosen and while a lease ends. A choice reads the database as it
    /// was a moment ago: a lease that ended meanwhile would let it choose what was just delivered.
    choosing: Mutex<Chooser>,
    /// What is to be done as soon as nobody chooses.
    finished: Mutex<Vec<Finished>>,
    held: Mutex<Held>,
    /// When to choose again.
    pub(super) plan: Plan,
    /// What was written lately.
    pub(super) fresh: Fresh,
}

/// What choices are made with.
#[derive(Debug)]
pub(super) struct Chooser {
    pub(super) connection: Connection,
    /// Whose turn is next.
    pub(super) turn: Turn,
    /// When those that are put off must be looked at.
    pub(super) attention: Attention,
}

#[derive(Debug, Default)]
struct Held {
    recipients: HashMap<(MessageId, u32), Holding>,
    domains: HashMap<Arc<str>, OfDomain>,
    /// The number of the last lease.
    epoch: u64,
}

/// What a domain has.
#[derive(Debug, Default)]
struct OfDomain {
    /// Recipients that are leased.
    recipients: usize,
    /// The leases to deliver by their numbers, and how many recipients each of them has left.
    deliveries: HashMap<u64, usize>,
}

#[derive(Debug)]
struct Holding {
    domain: Arc<str>,
    epoch: u64,
    attempt: Attempt,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Being delivered.
    Leased,
    /// Its outcome is with the writer.
    Settling,
}

impl Leases {
    /// None yet; the connection is the one to choose with.
    pub(super) fn none(connection: Connection, attention: Attention) -> Self {
        let choosing = Mutex::new(Chooser { connection, turn: Turn::default(), attention });
        Self {
            choosing,
            finished: Mutex::default(),
            held: Mutex::default(),
            plan: Plan::default(),
            fresh: Fresh::default(),
        }
    }

    /// What to choose with. No lease ends until it is let go.
    pub(super) fn choose(&self) -> Guard<'_> {
        let mut chooser = self.choosing.lock().unwrap_or_else(PoisonError::into_inner);
        self.end_finished(&mut chooser);
        Guard { chooser, _after: CatchUp(self) }
    }

    /// Has done what follows from a transaction: now, or by whoever is choosing once he has chosen.
    pub(super) fn finish(&self, finished: Finished) {
        self.finished().push(finished);
        self.catch_up();
    }

    /// Whoever lets the guard go looks here after that, so nothing is left behind.
    fn catch_up(&self) {
        while !self.finished().is_empty() {
            let mut chooser = match self.choosing.try_lock() {
                Ok(chooser) => chooser,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            };
            self.end_finished(&mut chooser);
        }
    }

    fn end_finished(&self, chooser: &mut Chooser) {
        let finished = std::mem::take(&mut *self.finished());
        finished.into_iter().for_each(|finished| finished.end(self, chooser));
    }

    fn finished(&self) -> MutexGuard<'_, Vec<Finished>> {
        self.finished.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a new message for its first lease, but for the recipients that were chosen already: what
    /// is said of them may change. The caller holds the guard of [`Leases::choose`].
    pub(super) fn keep_fresh(&self, mut added: Added) {
        let held = self.held();
        let id = added.envelope.id;
        added.recipients.retain(|(number, _)| !held.recipients.contains_key(&(id, *number)));
        drop(held);
        self.fresh.keep(added);
    }

    /// Whether this recipient is leased.
    pub(super) fn holds(&self, message: MessageId, number: u32) -> bool {
        self.held().recipients.contains_key(&(message, number))
    }

    /// How many recipients are leased.
    pub(super) fn count(&self) -> usize {
        self.held().recipients.len()
    }

    /// How many leases to deliver this domain has, and how many of its recipients are leased.
    pub(super) fn of_domain(&self, domain: &str) -> (usize, usize) {
        let held = self.held();
        held.domains.get(domain).map_or((0, 0), |of| (of.deliveries.len(), of.recipients))
    }

    /// Begins leases, and numbers them. The caller holds the guard of [`Leases::choose`].
    pub(super) fn begin(self: &Arc<Self>, mut leases: Vec<Lease>) -> Begun {
        let mut held = self.held();
        leases.iter_mut().for_each(|lease| held.begin(lease));
        drop(held);
        Begun { leases, owner: Arc::clone(self) }
    }

    /// Begins to settle a lease, whose recipients stay leased until the writer is done. Answers
    /// with its domain and what it was for.
    pub(super) fn claim(&self, settlement: &Settlement) -> Result<(Arc<str>, Attempt), SpoolError> {
        let mut held = self.held();
        let keys = || settlement.outcomes.iter().map(|(number, _)| (settlement.message, *number));
        for (claimed, key) in keys().enumerate() {
            if !held.claim(key, settlement.epoch) {
                // All of it or nothing: the notices speak of all.
                keys().take(claimed).for_each(|key| held.unclaim(key));
                return Err(SpoolError::LeaseLost);
            }
        }
        let first = keys().next().and_then(|key| held.recipients.get(&key));
        let first = first.map(|holding| (Arc::clone(&holding.domain), holding.attempt));
        first.ok_or(SpoolError::LeaseLost)
    }

    /// Ends the leases of a settlement; if it could not be written, they go on. The caller holds
    /// the guard of [`Leases::choose`].
    pub(super) fn end(&self, settling: &Settling, ending: Ending) {
        let mut held = self.held();
        for (number, _) in &settling.outcomes {
            match ending {
                Ending::Written => held.end((settling.message, *number)),
                Ending::NotWritten => held.unclaim((settling.message, *number)),
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to choose. Fields are dropped in their order.
pub(super) struct Guard<'a> {
    pub(super) chooser: MutexGuard<'a, Chooser>,
    _after: CatchUp<'a>,
}

/// Does what could not be done meanwhile.
struct CatchUp<'a>(&'a Leases);

impl Drop for CatchUp<'_> {
    fn drop(&mut self) {
        self.0.catch_up();
    }
}

/// Whether a transaction was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Written,
    NotWritten,
}

/// Leases on their way to who asked for them. If he has gone away meanwhile, they end here:
/// nothing was done with them.
#[derive(Debug)]
pub(super) struct Begun {
    leases: Vec<Lease>,
    owner: Arc<Leases>,
}

impl Begun {
    /// The leases, now to be settled.
    pub(super) fn take(mut self) -> Vec<Lease> {
        std::mem::take(&mut self.leases)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if self.leases.is_empty() {
            return;
        }
        let mut held = self.owner.held();
        for lease in &self.leases {
            lease.recipients.iter().for_each(|recipient| held.end((lease.envelope.id, recipient.number)));
        }
        drop(held);
        let mut guard = self.owner.choose();
        for lease in &self.leases {
            guard.chooser.attention.note(&lease.domain, 0);
        }
        drop(guard);
        self.owner.plan.changed();
    }
}

impl Held {
    fn begin(&mut self, lease: &mut Lease) {
        let domain: Arc<str> = lease.domain.as_str().into();
        self.epoch += 1;
        lease.epoch = self.epoch;
        let attempt = if lease.purpose == Purpose::Deliver { Attempt::Made } else { Attempt::None };
        for recipient in &lease.recipients {
            let domain = Arc::clone(&domain);
            let holding = Holding { domain, epoch: self.epoch, attempt, phase: Phase::Leased };
            self.recipients.insert((lease.envelope.id, recipient.number), holding);
        }
        let of_domain = self.domains.entry(domain).or_default();
        of_domain.recipients += lease.recipients.len();
        if attempt == Attempt::Made {
            of_domain.deliveries.insert(self.epoch, lease.recipients.len());
        }
    }

    fn claim(&mut self, key: (MessageId, u32), epoch: u64) -> bool {
        match self.recipients.get_mut(&key) {
            Some(holding) if holding.phase == Phase::Leased && holding.epoch == epoch => {
                holding.phase = Phase::Settling;
                true
            }
            _ => false,
        }
    }

    fn unclaim(&mut self, key: (MessageId, u32)) {
        if let Some(holding) = self.recipients.get_mut(&key) {
            holding.phase = Phase::Leased;
        }
    }

    fn end(&mut self, key: (MessageId, u32)) {
        let Some(holding) = self.recipients.remove(&key) else { return };
        let Some(of_domain) = self.domains.get_mut(&holding.domain) else { return };
        of_domain.recipients = of_domain.recipients.saturating_sub(1);
        if let Some(left) = of_domain.deliveries.get_mut(&holding.epoch) {
            *left = left.saturating_sub(1);
            if *left == 0 {
                of_domain.deliveries.remove(&holding.epoch);
            }
        }
        if of_domain.recipients == 0 {
            self.domains.remove(&holding.domain);
        }
    }
}
