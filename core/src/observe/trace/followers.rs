//! Who follows, and the queue to each of them.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::Event;

/// How many events may wait for a follower: some tenths of a second of a busy relay.
const QUEUE: usize = 16 * 1024;

/// How much of what happens somebody wants to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interest {
    /// What the relay does and decides.
    Steps = 1,
    /// Also each line that is said.
    Dialogue = 2,
}

/// Who follows.
#[derive(Debug, Default)]
pub(in super::super) struct Followers {
    /// The greatest interest of all; 0 for nobody's.
    interest: AtomicU8,
    all: RwLock<Vec<Arc<Follower>>>,
}

#[derive(Debug)]
struct Follower {
    interest: Interest,
    events: mpsc::Sender<Arc<Event>>,
    missed: AtomicU64,
}

/// What a follower hears, from when he began. Dropped, he hears no more.
#[derive(Debug)]
pub struct Following {
    events: mpsc::Receiver<Arc<Event>>,
    follower: Arc<Follower>,
    followers: Arc<Followers>,
}

impl Followers {
    /// Whether somebody wants to hear of this: the one thing that is looked at where nobody does.
    pub(super) fn are_there(&self, interest: Interest) -> bool {
        self.interest.load(Ordering::Relaxed) >= interest as u8
    }

    pub(in super::super) fn follow(self: &Arc<Self>, interest: Interest) -> Following {
        self.follow_within(interest, QUEUE)
    }

    fn follow_within(self: &Arc<Self>, interest: Interest, queue: usize) -> Following {
        let (sender, events) = mpsc::channel(queue);
        let follower = Arc::new(Follower { interest, events: sender, missed: AtomicU64::new(0) });
        let joins = Arc::clone(&follower);
        self.change(|all| all.push(joins));
        Following { events, follower, followers: Arc::clone(self) }
    }

    /// Tells all who want to hear of such a thing.
    pub(super) fn tell(&self, interest: Interest, event: Event) {
        let event = Arc::new(event);
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        for follower in all.iter().filter(|follower| follower.interest >= interest) {
            // One who is gone leaves the list in a moment.
            if let Err(TrySendError::Full(_)) = follower.events.try_send(Arc::clone(&event)) {
                follower.missed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Arc<Follower>>)) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut all);
        let greatest = all.iter().map(|follower| follower.interest as u8).max().unwrap_or(0);
        self.interest.store(greatest, Ordering::Relaxed);
    }
}

impl Following {
    /// The next event. A follower's own list is never closed: this waits where nothing happens.
    pub async fn next(&mut self) -> Arc<Event> {
        match self.events.recv().await {
            Some(event) => event,
            // The sender lives as long as this does.
            None => std::future::pending().await,
        }
    }

    /// The next event, if one waits.
    pub fn try_next(&mut self) -> Option<Arc<Event>> {
        self.events.try_recv().ok()
    }

    /// How many events found the queue full since this was last asked.
    pub fn missed(&self) -> u64 {
        self.follower.missed.swap(0, Ordering::Relaxed)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.followers.change(|all| all.retain(|one| !Arc::ptr_eq(one, &self.follower)));
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use waxseal_plugins::hooks::Direction;

    use super::super::What;
    use super::*;

    fn event(octets: u64) -> Event {
        let what = What::Content { octets };
        let (time, session) = (Timestamp::UNIX_EPOCH, "abc".to_owned());
        Event { time, session, direction: Direction::Incoming, what }
    }

    fn octets(event: &Arc<Event>) -> u64 {
        let What::Content { octets } = event.what else { panic!("{event:?}") };
        octets
    }

    #[tokio::test]
    async fn each_follower_hears_what_he_wants_and_nobody_is_asked_after_the_last() {
        let followers = Arc::new(Followers::default());
        assert!(!followers.are_there(Interest::Steps));
        let mut steps = followers.follow(Interest::Steps);
        assert!(followers.are_there(Interest::Steps) && !followers.are_there(Interest::Dialogue));
        let mut dialogue = followers.follow(Interest::Dialogue);
        followers.tell(Interest::Dialogue, event(1));
        followers.tell(Interest::Steps, event(2));
        assert_eq!(octets(&steps.next().await), 2);
        assert_eq!((octets(&dialogue.next().await), octets(&dialogue.next().await)), (1, 2));
        drop(dialogue);
        assert!(followers.are_there(Interest::Steps) && !followers.are_there(Interest::Dialogue));
        drop(steps);
        assert!(!followers.are_there(Interest::Steps));
    }

    #[test]
    fn what_finds_a_queue_full_is_dropped_and_counted_for_him_alone() {
        let followers = Arc::new(Followers::default());
        let mut slow = followers.follow_within(Interest::Dialogue, 2);
        let mut fast = followers.follow_within(Interest::Dialogue, 9);
        for number in 0..5 {
            followers.tell(Interest::Dialogue, event(number));
        }
        let heard = |following: &mut Following| std::iter::from_fn(|| following.try_next()).count();
        assert_eq!((heard(&mut slow), slow.missed(), slow.missed()), (2, 3, 0));
        assert_eq!((heard(&mut fast), fast.missed()), (5, 0));
    }
}
