//! The decisions of the scheduler, at made-up times.

use jiff::Timestamp;
use uuid::Uuid;
use waxseal_plugins::verdicts::EnhancedCode;

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::config::{Allowance, DestinationLimit, Rate};
use crate::outgoing::peer;
use crate::outgoing::schedule::answer::Entry;
use crate::outgoing::schedule::line::GONE;
use crate::spool::{BodyRef, Envelope, Purpose, Status};

mod hosts;

const EVEN: Chance = Chance(0.5);

/// A scheduler, and the time.
struct World {
    state: State,
    start: Instant,
    now: Instant,
}

impl World {
    fn new(delivery: Delivery) -> Self {
        let now = Instant::now();
        Self { state: State::new(delivery), start: now, now }
    }

    /// With so many connections to a host, and to a destination.
    fn with(host: usize, destination: usize) -> Self {
        let allowance = Allowance { connections: destination, messages: None, new_connections: None };
        Self::new(Delivery { allowance, ..peer::delivery(host) })
    }

    fn after(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    fn room(&mut self, destination: &str) -> usize {
        self.state.room(destination, self.now)
    }

    /// In one round the spool asks for the room of these.
    fn asks<const N: usize>(&mut self, destinations: &[&str; N], room: [usize; N]) {
        self.state.begins_round();
        assert_eq!(destinations.map(|destination| self.room(destination)), room);
    }

    /// How many workers start, of so many leases that arrive.
    fn starts(&mut self, destination: &str, leases: usize) -> usize {
        let arrive = |_| self.state.arrive(lease(destination), self.now);
        (0..leases).map(arrive).filter(|arrival| matches!(arrival, Arrival::Start(_))).count()
    }

    fn enters(&mut self, destination: &str, host: SocketAddr) -> bool {
        self.state.came(destination);
        matches!(self.state.enter(destination, host, self.now), Entry::Free)
    }

    fn delivered(&mut self, destination: &str, host: SocketAddr, times: usize) {
        for _ in 0..times {
            self.state.delivered(destination, host, self.now);
        }
    }

    /// A worker ends for want of leases, or goes on.
    fn next(&mut self, destination: &str) -> Option<Lease> {
        match self.state.next(destination, self.now).0 {
            Next::Deliver(lease) => Some(lease),
            Next::End(_) => None,
        }
    }

    /// The destination cannot be reached, as an attempt that began now finds out.
    fn fails(&mut self, destination: &str) -> u64 {
        let until = self.state.unreachable(destination, (self.now, self.now), EVEN).unwrap();
        (until - self.now).as_secs()
    }
}

fn host(last: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, last], 25))
}

fn lease(domain: &str) -> Lease {
    let envelope = Envelope {
        id: Uuid::nil(),
        received: Timestamp::UNIX_EPOCH,
        sender: String::new(),
        size: 1,
        eight_bit: false,
        smtp_utf8: false,
        dsn: Default::default(),
        tags: Default::default(),
        quarantine: None,
    };
    Lease {
        envelope: Arc::new(envelope),
        domain: domain.to_owned(),
        recipients: vec![],
        purpose: Purpose::Deliver,
        body: BodyRef::of(Uuid::nil()),
        epoch: 1,
    }
}

fn why() -> Status {
    Status {
        code: EnhancedCode::new(4, 4, 1),
        reason: "refused".to_owned(),
        host: None,
        reply: None,
        way: None,
        failure: None,
    }
}

#[test]
fn a_destination_starts_with_few_workers_and_gets_more_with_success() {
    let mut world = World::with(20, 20);
    assert_eq!(world.starts("a.example", 100), 3);
    assert_eq!(world.room("a.example"), 12, "and so many leases that none of them waits for the spool");
    for _ in 0..3 {
        assert!(world.enters("a.example", host(1)));
    }
    world.delivered("a.example", host(1), 3);
    assert_eq!(world.room("a.example"), 16);
    world.delivered("a.example", host(1), 1000);
    assert_eq!(world.room("a.example"), 20 * 4);
}

#[test]
fn a_worker_goes_on_with_what_waits_for_its_destination_and_no_other() {
    let mut world = World::with(1, 1);
    assert_eq!(world.starts("a.example", 3), 1);
    assert_eq!(world.starts("b.example", 1), 1);
    assert_eq!(world.next("b.example").map(|lease| lease.domain), None);
    assert_eq!(world.next("a.example").map(|lease| lease.domain).as_deref(), Some("a.example"));
    assert!(world.next("a.example").is_some());
    assert!(world.next("a.example").is_none());
    assert!(!world.state.is_busy("a.example"));
    assert_eq!(world.starts("a.example", 1), 1);
}

#[test]
fn the_spool_is_asked_for_more_only_where_it_has_more() {
    let mut world = World::with(1, 1);
    world.starts("a.example", 4);
    assert_eq!(world.state.next("a.example", world.now).1, Supply::Exhausted, "three wait still");
    assert_eq!(world.state.next("a.example", world.now).1, Supply::More);
    world.starts("b.example", 2);
    assert_eq!(world.state.next("b.example", world.now).1, Supply::Exhausted);
}

#[test]
fn a_dead_destination_has_one_probe_after_each_wait_and_then_grows_anew() {
    let mut world = World::with(20, 20);
    world.starts("a.example", 12);
    let waits: Vec<u64> = (0..4)
        .map(|_| {
            world.after(1);
            let wait = world.fails("a.example");
            assert_eq!(world.room("a.example"), 0);
            world.after(wait);
            wait
        })
        .collect();
    assert_eq!(waits, [15, 30, 60, 60], "never longer than a message waits: 60 s here");
    // The workers have ended meanwhile, and have given back what waited for them.
    while world.state.is_busy("a.example") {
        while world.next("a.example").is_some() {}
    }
    assert_eq!(world.room("a.example"), 1);
    assert_eq!(world.starts("a.example", 10), 1);
    world.after(1);
    assert!(world.enters("a.example", host(1)));
    assert!(world.state.delivered("a.example", host(1), world.now), "that is news");
    assert_eq!(world.room("a.example"), 2 * 4, "two workers, not as many as before the outage");
}

#[test]
fn who_is_asked_for_all_the_same_is_tried_as_the_operator_wants() {
    let mut world = World::with(20, 20);
    world.starts("a.example", 1);
    assert!(world.enters("a.example", host(1)));
    world.after(1);
    world.state.unreached(host(1), why(), (world.now, world.now), EVEN);
    world.state.leave(host(1));
    world.fails("a.example");
    assert!(world.next("a.example").is_none());
    world.after(1);
    assert_eq!(world.room("a.example"), 0, "the spool may not have heard of it yet");
    assert_eq!(world.state.wake(), Some(world.now + Duration::from_secs(1)));
    world.after(1);
    assert_eq!(world.room("a.example"), 1);
    assert_eq!(world.starts("a.example", 2), 1);
    assert!(world.enters("a.example", host(1)), "its host is tried, too");
}

#[test]
fn what_failed_together_counts_once() {
    let mut world = World::with(20, 20);
    world.starts("a.example", 3);
    let began = world.now;
    world.after(30);
    assert!(world.state.unreachable("a.example", (began, world.now), EVEN).is_some());
    assert!(world.state.unreachable("a.example", (began, world.now), EVEN).is_none());
    assert!(world.state.delivered("a.example", host(1), world.now));
    assert!(world.state.unreachable("a.example", (began, world.now), EVEN).is_none(), "a success came after");
}

#[test]
fn leases_that_wait_are_given_back_when_their_destination_is_left_alone() {
    let mut world = World::with(1, 1);
    world.starts("a.example", 4);
    world.after(1);
    world.fails("a.example");
    let (Next::End(rest), _) = world.state.next("a.example", world.now) else { panic!("it went on") };
    assert_eq!(rest.len(), 3);
    assert!(matches!(world.state.arrive(lease("a.example"), world.now), Arrival::GiveBack(_)));
}

#[test]
fn a_host_that_has_too_much_gets_half_and_at_last_nothing_for_a_while() {
    let mut world = World::with(20, 20);
    world.starts("a.example", 1);
    assert!(world.enters("a.example", host(1)));
    world.delivered("a.example", host(1), 200);
    let mut rooms = vec![];
    let put_off = loop {
        rooms.push(world.room("a.example") / 4);
        world.after(1);
        let began = world.now;
        world.after(1);
        if let Some(until) =
            world.state.throttled("a.example", (host(1), Complaint::Closes), (began, world.now), EVEN)
        {
            break until - world.now;
        }
    };
    assert_eq!((rooms, put_off), (vec![20, 10, 5, 2, 1], Duration::from_secs(15)));
}

#[test]
fn one_sender_whom_a_host_dislikes_does_not_starve_the_others() {
    let mut world = World::with(20, 20);
    world.starts("a.example", 1);
    assert!(world.enters("a.example", host(1)));
    for _ in 0..100 {
        world.after(1);
        let times = (world.now, world.now);
        assert!(world.state.throttled("a.example", (host(1), Complaint::Slower), times, EVEN).is_none());
    }
    assert_eq!(world.room("a.example"), 4, "one worker goes on");
}

#[test]
fn rates_are_held_for_each_destination() {
    let rate = |number| Some(Rate { number, per: Duration::from_secs(60) });
    let slow = Allowance { connections: 20, messages: rate(2), new_connections: None };
    let few = Allowance { connections: 20, messages: None, new_connections: rate(1) };
    let limits = vec![
        DestinationLimit { domain: "*.slow.example".to_owned(), allowance: slow },
        DestinationLimit { domain: "few.example".to_owned(), allowance: few },
    ];
    let mut world = World::new(Delivery { limits, ..peer::delivery(20) });
    assert_eq!(world.starts("a.slow.example", 5), 1);
    assert_eq!(world.room("a.slow.example"), 1);
    assert_eq!(world.state.wake(), Some(world.now + Duration::from_secs(30)));
    world.state.unsent("a.slow.example");
    assert_eq!(world.room("a.slow.example"), 2, "what was not sent uses nothing up");
    assert_eq!(world.starts("a.slow.example", 1), 1);
    assert!(world.next("a.slow.example").is_none());
    assert_eq!(world.room("b.slow.example"), 1, "each has a rate of its own");
    world.after(30);
    assert_eq!(world.room("a.slow.example"), 2);
    assert!(world.room("slow.example") > 2);

    assert_eq!(world.starts("few.example", 2), 2);
    assert!(world.enters("few.example", host(1)));
    assert!(matches!(world.state.enter("few.example", host(1), world.now), Entry::Paced));
    world.after(60);
    assert!(world.enters("few.example", host(1)));
}

#[test]
fn what_is_idle_is_forgotten_and_what_is_busy_is_not() {
    let mut world = World::with(20, 20);
    world.starts("busy.example", 1);
    assert!(world.enters("busy.example", host(1)));
    for number in 0..3 * MOST {
        world.starts(&format!("d{number}.example"), 1);
        assert!(world.next(&format!("d{number}.example")).is_none());
        let number = u32::try_from(number).unwrap().to_be_bytes();
        let address = SocketAddr::from(([10, number[1], number[2], number[3]], 25));
        assert!(world.enters("busy.example", address));
        world.state.leave(address);
    }
    assert!(world.state.destinations.len() <= MOST + 1 && world.state.hosts.len() <= MOST + 1);
    assert!(world.state.is_busy("busy.example"));
    assert_eq!(world.state.hosts.get(&host(1)).map(|host| host.connections), Some(1));
    assert!(world.now >= world.start);
}
