//! Peers whose handshakes failed lately: bounded, for an hour, dropped by a success.
//!
//! A client is known by its address. Of a host it counts as well what it was asked for: the failures of
//! one domain, whose terms the host does not meet or whose name for it is made up, say nothing of others.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use waxseal_plugins::facts::{Row, Version};

/// How long a failure is remembered.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// How long after the last failure, or the last trial, one attempt is told of no failures.
const TRIAL: Duration = Duration::from_secs(15 * 60);

/// The most peers remembered. Of more, the one whose last failure is the oldest is forgotten.
const MOST_PEERS: usize = 10_000;

/// The most failures counted of one peer.
const MOST_FAILURES: usize = 16;

/// What is remembered of a peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recent {
    /// How many handshakes failed within the hour, counted up to 16.
    pub failures: u32,
    /// How the last one failed.
    pub reason: String,
}

/// A host, and what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    address: SocketAddr,
    name: String,
    policy: String,
    min_version: Version,
    suites: Vec<String>,
    groups: Vec<String>,
    identity: String,
    /// A policy may ask for more by them.
    parameters: String,
}

impl Asked {
    /// A host by its address and name, asked for what this row says.
    pub fn of(address: SocketAddr, name: &str, row: &Row) -> Self {
        Self {
            address,
            name: name.to_owned(),
            policy: row.policy.clone(),
            min_version: row.min_version,
            suites: row.suites.clone(),
            groups: row.groups.clone(),
            identity: row.identity.clone(),
            parameters: format!("{:?}", row.parameters),
        }
    }
}

/// The memory of one direction.
#[derive(Debug)]
pub struct Memory<P = IpAddr> {
    peers: Mutex<HashMap<P, Failures>>,
}

#[derive(Debug, Default)]
struct Failures {
    times: VecDeque<Instant>,
    reason: String,
    /// When one attempt was last told of none of them.
    tried: Option<Instant>,
}

impl<P> Default for Memory<P> {
    fn default() -> Self {
        Self { peers: Mutex::default() }
    }
}

impl<P: Clone + Eq + Hash> Memory<P> {
    /// A handshake with this peer failed.
    pub fn failed(&self, peer: &P, reason: &str) {
        let now = Instant::now();
        let mut peers = self.peers();
        if peers.len() >= MOST_PEERS && !peers.contains_key(peer) {
            make_room(&mut peers, now);
        }
        let failures = peers.entry(peer.clone()).or_default();
        if failures.times.len() >= MOST_FAILURES {
            failures.times.pop_front();
        }
        failures.times.push_back(now);
        reason.clone_into(&mut failures.reason);
    }

    /// A handshake succeeded, or the memory did harm: forget.
    pub fn forget(&self, peer: &P) {
        self.peers().remove(peer);
    }

    /// What is remembered.
    pub fn recent(&self, peer: &P) -> Recent {
        self.recall(peer, |failures, _| failures.told())
    }

    /// What is remembered; but once in a while nothing, so that who is avoided for his failures is tried
    /// again.
    pub fn recent_or_trial(&self, peer: &P) -> Recent {
        self.recall(peer, |failures, now| {
            let last = failures.times.back().copied().max(failures.tried);
            if last.is_some_and(|last| now.duration_since(last) < TRIAL) {
                return failures.told();
            }
            failures.tried = Some(now);
            Recent::default()
        })
    }

    fn recall(&self, peer: &P, tell: impl FnOnce(&mut Failures, Instant) -> Recent) -> Recent {
        let now = Instant::now();
        let mut peers = self.peers();
        let Some(failures) = peers.get_mut(peer) else { return Recent::default() };
        failures.times.retain(|time| is_recent(*time, now));
        if failures.times.is_empty() {
            peers.remove(peer);
            return Recent::default();
        }
        tell(failures, now)
    }

    /// A panic elsewhere leaves whole entries behind, so the memory stays usable.
    fn peers(&self) -> MutexGuard<'_, HashMap<P, Failures>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failures {
    fn told(&self) -> Recent {
        let failures = u32::try_from(self.times.len()).unwrap_or(u32::MAX);
        Recent { failures, reason: self.reason.clone() }
    }
}

/// Forgets what is too old; if all is recent, the peer whose last failure is the oldest.
fn make_room<P: Clone + Eq + Hash>(peers: &mut HashMap<P, Failures>, now: Instant) {
    peers.retain(|_, failures| failures.times.back().is_some_and(|last| is_recent(*last, now)));
    if peers.len() < MOST_PEERS {
        return;
    }
    let oldest = peers.iter().min_by_key(|(_, failures)| failures.times.back()).map(|(peer, _)| peer.clone());
    if let Some(oldest) = oldest {
        peers.remove(&oldest);
    }
}

fn is_recent(time: Instant, now: Instant) -> bool {
    now.duration_since(time) < KEPT
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::time::advance;
    use waxseal_plugins::facts::Parameter;

    use super::*;

    fn peer(number: u32) -> IpAddr {
        Ipv4Addr::from(number).into()
    }

    #[tokio::test(start_paused = true)]
    async fn forgets_after_an_hour() {
        let memory = Memory::default();
        memory.failed(&peer(1), "first");
        advance(Duration::from_secs(40 * 60)).await;
        memory.failed(&peer(1), "second");
        assert_eq!(memory.recent(&peer(1)), Recent { failures: 2, reason: "second".into() });
        advance(Duration::from_secs(30 * 60)).await;
        assert_eq!(memory.recent(&peer(1)).failures, 1);
        advance(Duration::from_secs(30 * 60)).await;
        assert_eq!(memory.recent(&peer(1)), Recent::default());
    }

    #[tokio::test(start_paused = true)]
    async fn is_dropped_by_a_success() {
        let memory = Memory::default();
        memory.failed(&peer(1), "broken");
        memory.forget(&peer(1));
        assert_eq!(memory.recent(&peer(1)), Recent::default());
    }

    #[tokio::test(start_paused = true)]
    async fn stays_bounded_and_forgets_the_oldest() {
        let memory = Memory::default();
        for number in 0..=u32::try_from(MOST_PEERS).unwrap() {
            memory.failed(&peer(number), "broken");
            advance(Duration::from_millis(1)).await;
        }
        assert_eq!(memory.peers().len(), MOST_PEERS);
        assert_eq!(memory.recent(&peer(0)), Recent::default());
        assert_eq!(memory.recent(&peer(1)).failures, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn counts_a_bounded_number_of_failures() {
        let memory = Memory::default();
        for _ in 0..100 {
            memory.failed(&peer(1), "broken");
        }
        assert_eq!(memory.recent(&peer(1)).failures, 16);
    }

    #[tokio::test(start_paused = true)]
    async fn one_in_a_while_finds_out_whether_it_is_over() {
        let memory = Memory::default();
        let tell = || memory.recent_or_trial(&peer(1)).failures;
        (0..3).for_each(|_| memory.failed(&peer(1), "broken"));
        assert_eq!(tell(), 3);
        advance(TRIAL).await;
        assert_eq!([tell(), tell(), tell()], [0, 3, 3], "one, and not all at once");
        advance(TRIAL / 2).await;
        memory.failed(&peer(1), "broken still");
        advance(TRIAL / 2).await;
        assert_eq!(tell(), 4);
        advance(TRIAL / 2).await;
        assert_eq!([tell(), tell()], [0, 4]);
    }

    #[test]
    fn what_was_asked_of_a_host_by_one_row_says_nothing_of_another() {
        let (address, other) = ("192.0.2.1:25".parse().unwrap(), "192.0.2.2:25".parse().unwrap());
        let asked = |row: Row| Asked::of(address, "mx.example.org", &row);
        let memory = Memory::default();
        memory.failed(&asked(Row::default()), "broken");
        let elsewhere = Row { pattern: "x".into(), place: "x".into(), because: "x".into(), ..Row::default() };
        assert_eq!(memory.recent(&asked(elsewhere)).failures, 1);
        for row in [
            Row { policy: "x".into(), ..Row::default() },
            Row { min_version: Version::Tls13, ..Row::default() },
            Row { suites: vec!["x".into()], ..Row::default() },
            Row { groups: vec!["x".into()], ..Row::default() },
            Row { identity: "x".into(), ..Row::default() },
            Row { parameters: [("x".to_owned(), Parameter::Flag(true))].into(), ..Row::default() },
        ] {
            assert_eq!(memory.recent(&asked(row)).failures, 0);
        }
        for asked in [
            Asked::of(other, "mx.example.org", &Row::default()),
            Asked::of(address, "mx.made-up.example", &Row::default()),
        ] {
            assert_eq!(memory.recent(&asked).failures, 0);
        }
    }
}
