//! Who may send how much, where to, and when: fair between destinations, and considerate of hosts.
//!
//! - `state`: the decisions, pure; `answer` is what they come to; `destination` and `host` are what is known of each
//! - `window`: how many connections at once; it adapts
//! - `backoff`: how long what cannot be reached is left alone
//! - `pace`: the configured rates
//! - `line`: who goes first where places are few
//! - `place`: a counted connection
//!
//! A destination is the domain of recipients; its leases come to its workers, each of which has one
//! connection at a time. A host is an address. Both adapt and are left alone each on its own: many
//! domains may have one host, and one domain many hosts.

mod answer;
mod backoff;
mod destination;
mod forget;
mod host;
mod line;
mod pace;
mod place;
mod state;
mod window;

use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

use self::answer::Entry;
pub(super) use self::answer::{Arrival, Next};
pub(super) use self::backoff::{Chance, LONGEST};
pub(super) use self::destination::AHEAD;
use self::destination::Supply;
pub(super) use self::host::{Complaint, Demand};
pub(super) use self::place::Place;
use self::state::State;
use crate::config::Delivery;
use crate::observe::Observer;
use crate::spool::{Lease, Status};

/// How long an attempt waits for a place at a host that has as many connections as it may have. Then
/// its lease is given back, and its place among all is another's.
const PATIENCE: Duration = Duration::from_millis(500);

/// The scheduler of outgoing mail.
#[derive(Debug)]
pub(super) struct Scheduler {
    state: Mutex<State>,
    /// There may be room where there was none.
    changed: Notify,
    observer: Observer,
}

/// Why there is no connection to a host now.
#[derive(Debug)]
pub(super) enum NoPlace {
    /// It, or the destination, has as many as it may have.
    Busy,
    /// It did not answer lately, and is left alone until then.
    LeftAlone(Instant, Status),
}

impl Scheduler {
    /// Nothing is known of anybody yet.
    pub(super) fn new(delivery: &Delivery, observer: Observer) -> Arc<Self> {
        let state = Mutex::new(State::new(delivery.clone()));
        Arc::new(Self { state, changed: Notify::new(), observer })
    }

    /// The spool begins to ask for the room of all destinations.
    pub(super) fn begins_round(&self) {
        self.decide(|state, _| state.begins_round());
    }

    /// How many leases a destination may have.
    pub(super) fn room(&self, destination: &str) -> usize {
        self.decide(|state, now| state.room(destination, now))
    }

    /// Whether a destination has workers.
    pub(super) fn is_busy(&self, destination: &str) -> bool {
        self.decide(|state, _| state.is_busy(destination))
    }

    /// Waits until there may be room where there was none.
    pub(super) async fn changed(&self) {
        match self.decide(|state, _| state.wake()) {
            Some(wake) => tokio::select! {
                () = self.changed.notified() => {}
                () = sleep_until(wake) => {}
            },
            None => self.changed.notified().await,
        }
    }

    /// What becomes of a lease that the spool has given.
    pub(super) fn arrive(&self, lease: Lease) -> Arrival {
        self.decide(|state, now| state.arrive(lease, now))
    }

    /// What a worker of this destination does next.
    pub(super) fn next(&self, destination: &str) -> Next {
        let (next, supply) = self.decide(|state, now| state.next(destination, now));
        if supply == Supply::More {
            self.changed.notify_one();
        }
        next
    }

    /// A worker of this destination has had its turn; `places` says whether others wait for one among all.
    /// If it must end, what it gives back.
    pub(super) fn turn_ends(&self, destination: &str, places: Demand) -> Option<Vec<Lease>> {
        let rest = self.decide(|state, _| state.turn_ends(destination, places));
        if rest.is_some() {
            self.changed.notify_one();
        }
        rest
    }

    /// A worker of this destination ends, whatever waits for it. What it gives back.
    pub(super) fn ends(&self, destination: &str) -> Vec<Lease> {
        let rest = self.decide(|state, _| state.ends(destination));
        self.changed.notify_one();
        rest
    }

    /// A message of this destination was not brought to any host: it uses nothing of the rate up.
    pub(super) fn unsent(&self, destination: &str) {
        self.decide(|state, _| state.unsent(destination));
    }

    /// A place at a host; where it is busy `make_room` may give up what is kept there, and then it is worth
    /// a moment's wait.
    pub(super) async fn enter(
        self: &Arc<Self>,
        destination: &str,
        host: SocketAddr,
        make_room: impl Fn(),
    ) -> Result<Place, NoPlace> {
        let deadline = Instant::now() + PATIENCE;
        self.decide(|state, _| state.came(destination));
        loop {
            match self.decide(|state, now| state.enter(destination, host, now)) {
                Entry::Free => return Ok(Place::taken(self, host)),
                Entry::LeftAlone(until, why) => return Err(NoPlace::LeftAlone(until, why)),
                Entry::Crowded | Entry::Paced => return Err(NoPlace::Busy),
                Entry::Busy(freed) => {
                    let _waiting = place::Waiting::begin(self, host);
                    make_room();
                    if timeout_at(deadline, freed.notified()).await.is_err() {
                        return Err(NoPlace::Busy);
                    }
                }
            }
        }
    }

    /// Of a destination's hosts this one has answered first.
    pub(super) fn won(&self, destination: &str, host: SocketAddr) {
        self.decide(|state, now| state.won(destination, host, now));
    }

    /// A host has greeted us.
    pub(super) fn greeted(&self, host: SocketAddr) {
        self.decide(|state, now| state.greeted(host, now));
    }

    /// A connection that began then did not come about, or not up to the EHLO reply.
    pub(super) fn unreached(&self, host: SocketAddr, began: Instant, why: &Status) {
        self.decide(|state, now| state.unreached(host, why.clone(), (began, now), Chance::drawn()));
    }

    /// A host has said, of a transaction that began then, that it has too much. How long the destination is
    /// left alone for it, if it is.
    pub(super) fn throttled(
        &self,
        destination: &str,
        host: SocketAddr,
        complaint: Complaint,
        began: Instant,
    ) -> Option<Duration> {
        self.decide(|state, now| {
            let until = state.throttled(destination, (host, complaint), (began, now), Chance::drawn());
            until.map(|until| until - now)
        })
    }

    /// A host has said, of a transaction that began then, that it has too much; of the destination that
    /// says nothing, since its mail goes different ways.
    pub(super) fn slows_down(&self, host: SocketAddr, began: Instant) {
        self.decide(|state, now| state.slows_down(host, (began, now)));
    }

    /// A host took a message. Whether the destination was left alone before.
    pub(super) fn delivered(&self, destination: &str, host: SocketAddr) -> bool {
        self.decide(|state, now| state.delivered(destination, host, now))
    }

    /// No host of a destination was reached by an attempt that began then. How long it is left alone,
    /// unless that was known.
    pub(super) fn unreachable(&self, destination: &str, began: Instant) -> Option<Duration> {
        self.decide(|state, now| {
            let until = state.unreachable(destination, (began, now), Chance::drawn());
            until.map(|until| until - now)
        })
    }

    /// All hosts of a destination are left alone until then: so is it, for how long. Many destinations
    /// may have the same hosts, and must not come back together.
    pub(super) fn left_alone(&self, destination: &str, until: Instant) -> Duration {
        self.decide(|state, now| {
            let wait = until.saturating_duration_since(now);
            let wait = wait + Chance::drawn().spread(wait) / 4;
            state.left_alone(destination, now + wait, now);
            wait
        })
    }

    fn decide<T>(&self, decide: impl FnOnce(&mut State, Instant) -> T) -> T {
        // A panic elsewhere leaves whole entries behind, so the state stays usable.
        decide(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner), Instant::now())
    }
}

impl Chance {
    /// Drawn from the system's randomness.
    pub(super) fn drawn() -> Self {
        let drawn = u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default();
        Self(f64::from(drawn) / f64::from(u32::MAX))
    }
}
