//! Peers whose handshakes failed lately: bounded, for an hour, dropped by a success.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long a failure is remembered.
const KEPT: Duration = Duration::from_secs(60 * 60);

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

/// The memory of one direction.
#[derive(Debug, Default)]
pub struct Memory {
    peers: Mutex<HashMap<IpAddr, Failures>>,
}

#[derive(Debug, Default)]
struct Failures {
    times: VecDeque<Instant>,
    reason: String,
}

impl Memory {
    /// A handshake with this peer failed.
    pub fn failed(&self, peer: IpAddr, reason: &str) {
        let now = Instant::now();
        let mut peers = self.peers();
        if peers.len() >= MOST_PEERS && !peers.contains_key(&peer) {
            make_room(&mut peers, now);
        }
        let failures = peers.entry(peer).or_default();
        if failures.times.len() >= MOST_FAILURES {
            failures.times.pop_front();
        }
        failures.times.push_back(now);
        reason.clone_into(&mut failures.reason);
    }

    /// A handshake succeeded, or the memory did harm: forget.
    pub fn forget(&self, peer: IpAddr) {
        self.peers().remove(&peer);
    }

    /// What is remembered.
    pub fn recent(&self, peer: IpAddr) -> Recent {
        let now = Instant::now();
        let mut peers = self.peers();
        let Some(failures) = peers.get_mut(&peer) else { return Recent::default() };
        failures.times.retain(|time| is_recent(*time, now));
        if failures.times.is_empty() {
            peers.remove(&peer);
            return Recent::default();
        }
        let count = u32::try_from(failures.times.len()).unwrap_or(u32::MAX);
        Recent { failures: count, reason: failures.reason.clone() }
    }

    /// A panic elsewhere leaves whole entries behind, so the memory stays usable.
    fn peers(&self) -> MutexGuard<'_, HashMap<IpAddr, Failures>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets what is too old; if all is recent, the peer whose last failure is the oldest.
fn make_room(peers: &mut HashMap<IpAddr, Failures>, now: Instant) {
    peers.retain(|_, failures| failures.times.back().is_some_and(|last| is_recent(*last, now)));
    if peers.len() < MOST_PEERS {
        return;
    }
    let oldest = peers.iter().min_by_key(|(_, failures)| failures.times.back()).map(|(peer, _)| *peer);
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

    use super::*;

    fn peer(number: u32) -> IpAddr {
        Ipv4Addr::from(number).into()
    }

    #[tokio::test(start_paused = true)]
    async fn forgets_after_an_hour() {
        let memory = Memory::default();
        memory.failed(peer(1), "first");
        advance(Duration::from_secs(40 * 60)).await;
        memory.failed(peer(1), "second");
        assert_eq!(memory.recent(peer(1)), Recent { failures: 2, reason: "second".into() });
        advance(Duration::from_secs(30 * 60)).await;
        assert_eq!(memory.recent(peer(1)).failures, 1);
        advance(Duration::from_secs(30 * 60)).await;
        assert_eq!(memory.recent(peer(1)), Recent::default());
    }

    #[tokio::test(start_paused = true)]
    async fn is_dropped_by_a_success() {
        let memory = Memory::default();
        memory.failed(peer(1), "broken");
        memory.forget(peer(1));
        assert_eq!(memory.recent(peer(1)), Recent::default());
    }

    #[tokio::test(start_paused = true)]
    async fn stays_bounded_and_forgets_the_oldest() {
        let memory = Memory::default();
        for number in 0..=u32::try_from(MOST_PEERS).unwrap() {
            memory.failed(peer(number), "broken");
            advance(Duration::from_millis(1)).await;
        }
        assert_eq!(memory.peers().len(), MOST_PEERS);
        assert_eq!(memory.recent(peer(0)), Recent::default());
        assert_eq!(memory.recent(peer(1)).failures, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn counts_a_bounded_number_of_failures() {
        let memory = Memory::default();
        for _ in 0..100 {
            memory.failed(peer(1), "broken");
        }
        assert_eq!(memory.recent(peer(1)).failures, 16);
    }
}
