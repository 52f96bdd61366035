//! What TLS came to, by domain: asked, reached, failed, and how that went over hours and days.
//!
//! - `domain`: what is known of one domain in one direction
//! - `kept`: the file that brings it over a restart
//!
//! Memory is bounded: so many domains, so many reasons of each. What comes beyond takes the place of what
//! was not seen for longest.

mod domain;
mod kept;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use waxseal_plugins::hooks::Direction;

pub use self::domain::{DomainPosture, Failure, Slot, Tally};
use super::encounter::Encounter;

/// How many domains are known at most, in both directions.
const DOMAINS: usize = 5_000;

/// How many of them are let go at once where there are too many.
const LET_GO: usize = DOMAINS / 10;

/// What TLS came to, by direction and domain.
#[derive(Debug, Default)]
pub struct Posture {
    domains: Mutex<HashMap<Key, DomainPosture>>,
}

type Key = (Direction, String);

impl Posture {
    /// A peer was met.
    pub(super) fn meet(&self, encounter: &Encounter) {
        let mut domains = self.domains();
        let key = (encounter.direction, encounter.domain.clone());
        if !domains.contains_key(&key) && domains.len() >= DOMAINS {
            let_go(&mut domains);
        }
        domains.entry(key).or_insert_with(|| DomainPosture::new(encounter)).meet(encounter);
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
        let domains = self.domains();
        let mut found: Vec<_> = domains
            .values()
            .filter(|one| one.direction == direction && one.domain.contains(&part))
            .filter(|one| after.is_none_or(|after| one.domain.as_str() > after))
            .collect();
        found.sort_by(|one, other| one.domain.cmp(&other.domain));
        found.into_iter().take(most).cloned().collect()
    }

    /// What is known of a domain.
    pub fn of(&self, direction: Direction, domain: &str) -> Option<DomainPosture> {
        self.domains().get(&(direction, domain.to_ascii_lowercase())).cloned()
    }

    /// All of a direction together.
    pub fn total(&self, direction: Direction) -> Tally {
        let domains = self.domains();
        let tallies = domains.values().filter(|one| one.direction == direction).map(|one| one.total);
        tallies.fold(Tally::default(), Tally::and)
    }

    fn domains(&self) -> MutexGuard<'_, HashMap<Key, DomainPosture>> {
        self.domains.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets go of those that were not met for longest.
fn let_go(domains: &mut HashMap<Key, DomainPosture>) {
    let mut times: Vec<_> = domains.iter().map(|(key, one)| (one.last, key.clone())).collect();
    times.sort_by_key(|(last, _)| *last);
    for (_, key) in times.into_iter().take(LET_GO) {
        domains.remove(&key);
    }
}

#[cfg(test)]
mod tests;
