//! Places at hosts, and hosts that do not answer.

use super::*;

#[test]
fn many_domains_of_one_busy_host_take_no_more_than_its_places() {
    let mut world = World::with(3, 20);
    let domains: Vec<String> = (0..100).map(|number| format!("d{number}.example")).collect();
    // Each is known to have this host.
    for domain in &domains {
        let entered = world.enters(domain, host(1));
        if entered {
            world.state.leave(host(1));
        }
    }
    for domain in &domains[..3] {
        assert_eq!(world.starts(domain, 1), 1);
        assert!(world.enters(domain, host(1)));
    }
    for domain in &domains[3..] {
        assert_eq!(world.room(domain), 0, "{domain}");
    }
    assert!(world.room("elsewhere.example") > 0);
    world.state.leave(host(1));
    assert_eq!(world.room(&domains[50]), 0, "others came before it");
    assert_eq!(world.room(&domains[3]), 4);
    // A connection that is kept gives way.
    world.state.rests(host(1), 1);
    assert_eq!([3, 4, 5].map(|number| world.room(&domains[number])), [8, 4, 0]);
}

#[test]
fn who_is_on_his_way_to_a_host_has_a_place_there() {
    let mut world = World::with(3, 20);
    let domains: Vec<String> = (0..10).map(|number| format!("d{number}.example")).collect();
    for domain in &domains {
        assert!(world.enters(domain, host(1)));
        world.state.leave(host(1));
    }
    let started: usize = domains.iter().map(|domain| world.starts(domain, 1)).sum();
    assert_eq!(started, 3, "of as many as find a place");
    assert!(world.enters(&domains[0], host(1)));
    assert_eq!(world.room(&domains[9]), 0);
    assert!(world.next(&domains[1]).is_none(), "it has ended on its way");
    assert_eq!(world.room(&domains[9]), 4);
}

#[test]
fn the_host_of_a_destination_is_the_one_that_answered() {
    let mut world = World::with(1, 20);
    assert!(world.enters("a.example", host(1)) && world.enters("a.example", host(2)));
    world.state.won("a.example", host(1), world.now);
    world.state.leave(host(2));
    assert_eq!(world.room("a.example"), 0, "of its host all places are taken");
}

#[test]
fn a_worker_goes_on_after_its_turn_only_if_nobody_wants_its_place() {
    let mut world = World::with(1, 2);
    assert_eq!(world.starts("a.example", 4), 2);
    assert!(world.enters("a.example", host(1)));
    assert!(!world.enters("b.example", host(1)));
    assert!(world.state.turn_ends("a.example", Demand::Met).is_none());
    assert_eq!(world.room("b.example"), 0, "it wants a place at the host");
    assert_eq!(world.state.turn_ends("a.example", Demand::Met).map(|rest| rest.len()), Some(0));
    assert!(world.state.turn_ends("a.example", Demand::Met).is_none(), "one has made room");
    let rest = world.state.turn_ends("a.example", Demand::Unmet);
    assert_eq!(rest.map(|rest| rest.len()), Some(2), "the last worker gives back what waits");
}

#[test]
fn only_so_many_wait_for_a_place() {
    let mut world = World::with(1, 20);
    assert!(world.enters("a.example", host(1)));
    assert!(matches!(world.state.enter("b.example", host(1), world.now), Entry::Busy(_)));
    world.state.waits(host(1), 1);
    assert!(matches!(world.state.enter("c.example", host(1), world.now), Entry::Crowded));
}

#[test]
fn a_host_that_does_not_answer_is_left_alone_for_everybody() {
    let mut world = World::with(20, 20);
    assert!(world.enters("a.example", host(1)));
    let began = world.now;
    world.after(30);
    world.state.unreached(host(1), why(), (began, world.now), EVEN);
    world.state.leave(host(1));
    let Entry::LeftAlone(until, reason) = world.state.enter("b.example", host(1), world.now) else {
        panic!("it is tried")
    };
    assert_eq!((until - world.now, reason), (Duration::from_secs(15), why()));
    assert!(world.enters("b.example", host(2)), "another host is not");
    world.after(15);
    assert!(world.enters("b.example", host(1)), "one finds out");
    assert!(!world.enters("c.example", host(1)), "and one only");
    world.state.greeted(host(1), world.now);
    world.state.delivered("b.example", host(1), world.now);
    assert!(world.enters("c.example", host(1)), "then it grows again");
    assert!(!world.enters("d.example", host(1)));
}

#[test]
fn a_host_that_has_other_connections_gets_fewer_and_is_not_left_alone() {
    let mut world = World::with(20, 20);
    world.delivered("a.example", host(1), 0);
    for _ in 0..3 {
        assert!(world.enters("a.example", host(1)));
    }
    world.after(1);
    world.state.unreached(host(1), why(), (world.now, world.now), EVEN);
    world.state.leave(host(1));
    assert!(!world.enters("a.example", host(1)));
    assert!(matches!(world.state.enter("a.example", host(1), world.now), Entry::Crowded | Entry::Busy(_)));
}

/// The mail of `a.example` is older, so the spool asks for it first.
#[test]
fn a_place_that_was_given_up_for_others_is_not_taken_back() {
    let mut world = World::with(1, 20);
    for domain in ["a.example", "b.example"] {
        assert!(world.enters(domain, host(1)));
        world.state.leave(host(1));
    }
    assert_eq!(world.starts("a.example", 4), 1);
    assert!(world.enters("a.example", host(1)));
    world.asks(&["a.example", "b.example"], [4, 0]);
    assert!(world.state.turn_ends("a.example", Demand::Met).is_some());
    world.asks(&["a.example", "b.example"], [0, 0]);
    world.state.rests(host(1), 1);
    world.asks(&["a.example", "b.example"], [0, 4]);
    assert_eq!(world.starts("b.example", 1), 1);
    world.asks(&["a.example", "b.example"], [0, 4]);
    assert!(world.next("b.example").is_none());
    world.asks(&["b.example", "a.example"], [0, 4]);
}

#[test]
fn who_wants_no_place_any_more_keeps_nobody_waiting() {
    let mut world = World::with(1, 20);
    for domain in ["a.example", "b.example", "c.example"] {
        assert!(world.enters(domain, host(1)));
        world.state.leave(host(1));
    }
    assert_eq!(world.starts("a.example", 1), 1);
    world.asks(&["c.example", "b.example"], [0, 0]);
    assert!(world.next("a.example").is_none());
    // The mail of c.example is gone.
    world.asks(&["b.example"], [0]);
    assert_eq!(world.state.wake(), Some(world.now + GONE), "it is asked for again");
    world.now += GONE + Duration::from_millis(1);
    world.asks(&["b.example"], [4]);
}
