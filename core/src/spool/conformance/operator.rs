//! What the operator says, of recipients in every state.

use super::*;
use crate::spool::{Control, Purpose, Standing};

pub(super) async fn all<S: Site>() {
    every_word_in_every_state::<S>().await;
    what_was_said_during_an_attempt_holds_after_it::<S>().await;
    nobody_is_told_of_what_was_held_or_removed::<S>().await;
    a_word_reaches_what_the_filter_takes::<S>().await;
    a_word_is_kept_over_a_restart::<S>().await;
    destinations_are_counted::<S>().await;
}

const WORDS: [Control; 5] =
    [Control::Retry, Control::Hold, Control::Release, Control::Remove, Control::Bounce];

/// What can be seen of the only recipient.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seen {
    Deliver,
    GiveUp,
    Held,
    Later,
    Gone,
}

async fn seen(spool: &dyn Spool) -> Seen {
    if let Some(lease) = lease(spool, 1).await.pop() {
        spool.settle(settlement(&lease, &Outcome::Abandoned)).await.unwrap();
        return if lease.purpose == Purpose::GiveUp { Seen::GiveUp } else { Seen::Deliver };
    }
    match listed(spool).await.pop().map(|queued| queued.standing) {
        Some(Standing::Held) => Seen::Held,
        Some(_) => Seen::Later,
        None => Seen::Gone,
    }
}

/// A spool with one recipient: deferred for an hour, and whatever else was said then.
async fn with<S: Site>(before: Option<Control>) -> (S, Arc<dyn Spool>) {
    let site = S::new().await;
    let spool = site.open().await;
    take_in(&*spool, &["bob@one.example"]).await;
    let lease = lease(&*spool, 1).await.remove(0);
    spool.settle(settlement(&lease, &deferred(3600))).await.unwrap();
    if let Some(word) = before {
        assert_eq!(spool.control(&Filter::default(), word).await.unwrap(), 1);
    }
    (site, spool)
}

async fn every_word_in_every_state<S: Site>() {
    use Seen::{Deliver, GiveUp, Gone, Held, Later};
    let table = [
        (None, [(1, Deliver), (1, Held), (0, Later), (1, Gone), (1, GiveUp)]),
        (Some(Control::Hold), [(0, Held), (0, Held), (1, Deliver), (1, Gone), (1, GiveUp)]),
        (Some(Control::Bounce), [(0, GiveUp), (1, Held), (0, GiveUp), (1, Gone), (0, GiveUp)]),
    ];
    for (before, row) in table {
        for (word, (concerned, expected)) in WORDS.into_iter().zip(row) {
            let (_site, spool) = with::<S>(before).await;
            let answer = spool.control(&Filter::default(), word).await.unwrap();
            assert_eq!((answer, seen(&*spool).await), (concerned, expected), "{before:?}, then {word:?}");
            let stats = spool.stats().await.unwrap();
            let held = listed(&*spool).await.iter().filter(|r| r.standing == Standing::Held).count();
            assert_eq!(stats.held, held as u64, "{before:?}, then {word:?}");
            spool.shutdown().await;
        }
    }
}

async fn what_was_said_during_an_attempt_holds_after_it<S: Site>() {
    use Seen::{Deliver, GiveUp, Gone, Held, Later};
    let after = [(Outcome::Delivered, [Gone; 5]), (failed(), [Gone, Held, Gone, Gone, Gone])];
    let later = (deferred(3600), [Later, Held, Later, Gone, GiveUp]);
    let back = (Outcome::Abandoned, [Deliver, Held, Deliver, Gone, GiveUp]);
    for (outcome, row) in after.into_iter().chain([later, back]) {
        for (word, expected) in WORDS.into_iter().zip(row) {
            let site = S::new().await;
            let spool = site.open().await;
            take_in(&*spool, &["bob@one.example"]).await;
            let lease = lease(&*spool, 1).await.remove(0);
            spool.control(&Filter::default(), word).await.unwrap();
            assert!(listed(&*spool).await[0].leased, "{word:?}");
            assert_eq!(read(&*spool, &lease.body).await.unwrap(), b"hello", "{word:?}");
            spool.settle(settlement(&lease, &outcome)).await.unwrap();
            assert_eq!(seen(&*spool).await, expected, "{word:?}, then {outcome:?}");
            spool.shutdown().await;
        }
    }
}

async fn nobody_is_told_of_what_was_held_or_removed<S: Site>() {
    let told = [(Control::Retry, 1), (Control::Hold, 0), (Control::Remove, 0), (Control::Bounce, 1)];
    for (word, expected) in told {
        let site = S::new().await;
        let spool = site.open().await;
        take_in(&*spool, &["bob@one.example"]).await;
        let lease = lease(&*spool, 1).await.remove(0);
        spool.control(&Filter::default(), word).await.unwrap();
        let settlement = Settlement { notices: vec![notice()], ..settlement(&lease, &failed()) };
        spool.settle(settlement).await.unwrap();
        let notices = listed(&*spool).await.iter().filter(|queued| queued.sender.is_empty()).count();
        assert_eq!(notices, expected, "{word:?}");
        spool.shutdown().await;
    }
}

async fn a_word_reaches_what_the_filter_takes<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    for _ in 0..3 {
        take_in(&*spool, &["bob@one.example", "carol@two.example", "dave@one.example"]).await;
    }
    let of = |domain: &str| Filter { domain: Some(domain.to_owned()), ..Filter::default() };
    assert_eq!(spool.control(&of("one.example"), Control::Hold).await.unwrap(), 6);
    let bob = Filter { recipient: Some("BOB@one.example".to_owned()), ..Filter::default() };
    assert_eq!(spool.control(&bob, Control::Remove).await.unwrap(), 3);
    let held = Filter { standing: Some(Standing::Held), ..Filter::default() };
    assert_eq!(spool.control(&held, Control::Bounce).await.unwrap(), 3);
    assert_eq!(spool.control(&of("three.example"), Control::Remove).await.unwrap(), 0);
    let leases = lease_within(&*spool, 20, 0).await;
    assert!(leases.len() == 3 && leases.iter().all(|lease| lease.purpose == Purpose::GiveUp));
    assert_eq!(spool.stats().await.unwrap().recipients, 6);
    spool.shutdown().await;
}

async fn a_word_is_kept_over_a_restart<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    take_in(&*spool, &["bob@one.example", "carol@two.example"]).await;
    let of = |domain: &str| Filter { domain: Some(domain.to_owned()), ..Filter::default() };
    lease(&*spool, 10).await;
    spool.control(&of("one.example"), Control::Hold).await.unwrap();
    spool.control(&of("two.example"), Control::Remove).await.unwrap();
    spool.shutdown().await;

    let spool = site.open().await;
    let left: Vec<_> = listed(&*spool).await.into_iter().map(|r| (r.address, r.standing)).collect();
    assert_eq!(left, [("bob@one.example".to_owned(), Standing::Held)]);
    assert_eq!(lease(&*spool, 10).await.len(), 0);
    spool.shutdown().await;
}

async fn destinations_are_counted<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    let first = take_in(&*spool, &["a@one.example", "b@one.example"]).await;
    take_in(&*spool, &["c@two.example", "d@one.example"]).await;
    let lease = lease(&*spool, 1).await.remove(0);
    spool.settle(settlement(&lease, &deferred(60))).await.unwrap();
    let counted = async |filter: &Filter, after: Option<&str>, most: usize| {
        let found = spool.destinations(filter, after.map(str::to_owned), most).await.unwrap();
        found.into_iter().map(|d| (d.domain, d.messages, d.recipients, d.last.is_some())).collect::<Vec<_>>()
    };
    let (one, two) = ("one.example".to_owned(), "two.example".to_owned());
    let all = [(one.clone(), 2, 3, true), (two.clone(), 1, 1, false)];
    assert_eq!(counted(&Filter::default(), None, 10).await, all);
    assert_eq!(counted(&Filter::default(), None, 1).await, all[..1]);
    assert_eq!(counted(&Filter::default(), Some("one.example"), 10).await, all[1..]);
    let of_first = Filter { message: Some(first.id), ..Filter::default() };
    assert_eq!(counted(&of_first, None, 10).await, [(one, 1, 2, true)]);
    spool.shutdown().await;
}
