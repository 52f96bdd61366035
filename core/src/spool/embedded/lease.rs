//! Who holds what. Leases are in memory: a restart frees them all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::spool::{Lease, MessageId, Outcome, Settlement, SpoolError};

/// The recipients that are leased.
#[derive(Debug)]
pub(super) struct Leases {
    /// Held while something is chosen and while a lease ends. A choice reads the database as it
    /// was a moment ago: a lease that ended meanwhile would let it choose what was just delivered.
    choosing: Mutex<Connection>,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    recipients: HashMap<(MessageId, u32), Holding>,
    /// How many leases each domain has, by their numbers, and how many recipients each of those.
    domains: HashMap<Arc<str>, HashMap<u64, usize>>,
    next: u64,
}

#[derive(Debug)]
struct Holding {
    domain: Arc<str>,
    lease: u64,
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
    pub(super) fn none(connection: Connection) -> Self {
        Self { choosing: Mutex::new(connection), held: Mutex::default() }
    }

    /// The connection to choose with. No lease ends until it is let go.
    pub(super) fn choose(&self) -> MutexGuard<'_, Connection> {
        self.choosing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this recipient is leased.
    pub(super) fn holds(&self, message: MessageId, number: u32) -> bool {
        self.held().recipients.contains_key(&(message, number))
    }

    /// How many leases this domain has.
    pub(super) fn of_domain(&self, domain: &str) -> usize {
        self.held().domains.get(domain).map_or(0, HashMap::len)
    }

    /// Begins leases. The caller holds the guard of [`Leases::choose`].
    pub(super) fn begin(self: &Arc<Self>, leases: Vec<Lease>) -> Begun {
        let mut held = self.held();
        leases.iter().for_each(|lease| held.begin(lease));
        drop(held);
        Begun { leases, owner: Arc::clone(self) }
    }

    /// The part of a settlement that counts: outcomes of recipients that are leased, and not being
    /// settled already. They stay leased until the writer is done.
    pub(super) fn claim(&self, mut settlement: Settlement) -> Result<Settlement, SpoolError> {
        let mut held = self.held();
        let message = settlement.message;
        settlement.outcomes.retain(|(number, _)| held.claim(message, *number));
        if settlement.outcomes.is_empty() {
            return Err(SpoolError::Unknown);
        }
        if !settlement.outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Failed { .. })) {
            settlement.bounce = None;
        }
        Ok(settlement)
    }

    /// Ends the leases of a settlement; if it could not be written, they go on.
    pub(super) fn end(&self, settlement: &Settlement, result: &Result<(), SpoolError>) {
        let _choosing = self.choose();
        let mut held = self.held();
        for (number, _) in &settlement.outcomes {
            match result {
                Ok(()) => held.end(settlement.message, *number),
                Err(_) => held.unclaim(settlement.message, *number),
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
        let mut held = self.owner.held();
        for lease in &self.leases {
            lease.recipients.iter().for_each(|recipient| held.end(lease.envelope.id, recipient.number));
        }
    }
}

impl Held {
    fn begin(&mut self, lease: &Lease) {
        let domain: Arc<str> = lease.domain.as_str().into();
        self.next += 1;
        for recipient in &lease.recipients {
            let holding = Holding { domain: Arc::clone(&domain), lease: self.next, phase: Phase::Leased };
            self.recipients.insert((lease.envelope.id, recipient.number), holding);
        }
        self.domains.entry(domain).or_default().insert(self.next, lease.recipients.len());
    }

    fn claim(&mut self, message: MessageId, number: u32) -> bool {
        match self.recipients.get_mut(&(message, number)) {
            Some(holding) if holding.phase == Phase::Leased => {
                holding.phase = Phase::Settling;
                true
            }
            _ => false,
        }
    }

    fn unclaim(&mut self, message: MessageId, number: u32) {
        if let Some(holding) = self.recipients.get_mut(&(message, number)) {
            holding.phase = Phase::Leased;
        }
    }

    fn end(&mut self, message: MessageId, number: u32) {
        let Some(holding) = self.recipients.remove(&(message, number)) else { return };
        let Some(leases) = self.domains.get_mut(&holding.domain) else { return };
        if let Some(left) = leases.get_mut(&holding.lease) {
            *left = left.saturating_sub(1);
            if *left == 0 {
                leases.remove(&holding.lease);
            }
        }
        if leases.is_empty() {
            self.domains.remove(&holding.domain);
        }
    }
}
