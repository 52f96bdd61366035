//! What TLS came to, by domain: asked, reached, failed, and how that went over hours and days.
//!
//! - `domain`: what is known of one domain in one direction
//! - `kept`: the file that brings it over a restart
//!
//! Memory is bounded: so many domains of each direction, so many reasons of each. What comes beyond takes the
//! place of what was not seen for longest. Whoever connects names a sender's domain as he likes: one of which mail
//! was accepted never gives way to one of which none was.

mod domain;
mod kept;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use waxseal_plugins::hooks::Direction;

pub use self::domain::{DomainPosture, Failure, Slot, Tally};
use super::encounter::Encounter;

/// How many domains are known at most, in each direction: what clients name takes no place of our recipients'.
const DOMAINS: usize = 5_000;

/// How many of them are let go at once where there are too many.
const LET_GO: usize = DOMAINS / 10;

/// What TLS came to, by direction and domain.
#[derive(Debug, Default)]
pub struct Posture {
    incoming: Mutex<Domains>,
    outgoing: Mutex<Domains>,
}

type Domains = HashMap<String, DomainPosture>;

impl Posture {
    /// A peer was met.
    pub(super) fn meet(&self, encounter: &Encounter) {
        let mut domains = self.domains(encounter.direction);
        if !domains.contains_key(&encounter.domain) && domains.len() >= DOMAINS {
            let_go(&mut domains);
        }
        let known = domains.entry(encounter.domain.clone());
        known.or_insert_with(|| DomainPosture::new(encounter)).meet(encounter);
    }

    /// A message of a sender's domain was accepted.
    pub(super) fn accept(&self, domain: &str) {
        if let Some(known) = self.domains(Direction::Incoming).get_mut(domain) {
            known.accepted += 1;
        }
    }

    /// All of a direction whose names have this in them, by name: at most so many after a name.
    pub fn page(
        &self,
        direction: Direction,
        part: &str,
        after: Option<&str>,
        most: usize,
    ) -> Vec<DomainPosture> {
        let part = part.to_ascii_lowercase();
        let domains = self.domains(direction);
        let mut found: Vec<_> = domains
            .values()
            .filter(|one| one.domain.contains(&part))
            .filter(|one| after.is_none_or(|after| one.domain.as_str() > after))
            .collect();
        found.sort_by(|one, other| one.domain.cmp(&other.domain));
        found.into_iter().take(most).cloned().collect()
    }

    /// What is known of a domain.
    pub fn of(&self, direction: Direction, domain: &str) -> Option<DomainPosture> {
        self.domains(direction).get(&domain.to_ascii_lowercase()).cloned()
    }

    /// All of a direction together.
    pub fn total(&self, direction: Direction) -> Tally {
        self.domains(direction).values().map(|one| one.total).fold(Tally::default(), Tally::and)
    }

    fn domains(&self, direction: Direction) -> MutexGuard<'_, Domains> {
        let domains = match direction {
            Direction::Incoming => &self.incoming,
            Direction::Outgoing => &self.outgoing,
        };
        domains.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets go of those that were not met for longest; first of senders' domains of which no mail was accepted.
fn let_go(domains: &mut Domains) {
    let mut known: Vec<_> =
        domains.iter().map(|(name, one)| (one.has_sent(), one.last, name.clone())).collect();
    known.sort();
    for (.., name) in known.into_iter().take(LET_GO) {
        domains.remove(&name);
    }
}

#[cfg(test)]
mod tests;
