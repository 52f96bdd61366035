//! Leases: fenced, fair, and settled at once with what is told of them.

use std::time::Duration;

use tokio::time::timeout;

use super::*;
use crate::spool::Purpose;

pub(super) async fn all<S: Site>() {
    only_who_holds_a_lease_may_settle_it::<S>().await;
    an_outcome_is_kept::<S>().await;
    notices_come_with_the_outcomes_that_they_report::<S>().await;
    leases_are_fair_between_destinations::<S>().await;
    every_destination_has_its_turn::<S>().await;
    what_is_put_off_waits::<S>().await;
    what_needs_attention_is_leased_all_the_same::<S>().await;
    waiting_ends_when_something_may_be_due::<S>().await;
}

async fn only_who_holds_a_lease_may_settle_it<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    take_in(&*spool, &["bob@one.example", "carol@one.example"]).await;
    let first = lease(&*spool, 1).await.remove(0);
    assert_eq!(lease(&*spool, 1).await.len(), 0, "leased twice");
    let lost =
        |result: Result<(), SpoolError>| assert!(matches!(result, Err(SpoolError::LeaseLost)), "{result:?}");
    let other = Settlement { epoch: first.epoch + 1, ..settlement(&first, &Outcome::Delivered) };
    lost(spool.settle(other).await);
    spool.settle(settlement(&first, &Outcome::Abandoned)).await.unwrap();
    let second = lease(&*spool, 1).await.remove(0);
    assert!(second.epoch > first.epoch);
    // Whoever had it before may be late: his word counts no more, nor do his notices.
    let late = Settlement { notices: vec![notice()], ..settlement(&first, &failed()) };
    lost(spool.settle(late).await);
    assert_eq!(listed(&*spool).await.len(), 2);
    spool.settle(settlement(&second, &Outcome::Delivered)).await.unwrap();
    lost(spool.settle(settlement(&second, &Outcome::Delivered)).await);
    assert_eq!(spool.stats().await.unwrap(), Default::default());
    spool.shutdown().await;
}

async fn an_outcome_is_kept<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    take_in(&*spool, &["bob@one.example", "carol@one.example", "dave@one.example"]).await;
    let lease = lease(&*spool, 1).await.remove(0);
    let outcomes = vec![(0, deferred(3600)), (1, deferred(-1)), (2, Outcome::Delivered)];
    spool.settle(Settlement { outcomes, ..settlement(&lease, &failed()) }).await.unwrap();
    spool.shutdown().await;

    let spool = site.open().await;
    let queued = listed(&*spool).await;
    assert_eq!(
        queued.iter().map(|queued| (queued.number, queued.attempts)).collect::<Vec<_>>(),
        [(0, 1), (1, 1)]
    );
    assert_eq!(queued[0].last, Some(status()));
    let lease = super::lease(&*spool, 1).await.remove(0);
    assert_eq!(lease.recipients.iter().map(|r| (r.number, r.attempts)).collect::<Vec<_>>(), [(1, 1)]);
    spool.settle(settlement(&lease, &Outcome::Abandoned)).await.unwrap();
    assert_eq!(super::lease(&*spool, 1).await[0].recipients[0].attempts, 1, "giving back is no attempt");
    spool.shutdown().await;
}

async fn notices_come_with_the_outcomes_that_they_report<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    take_in(&*spool, &["bob@one.example"]).await;
    let lease = lease(&*spool, 1).await.remove(0);
    let notices = [notice(), notice()];
    let settled = Settlement { notices: notices.to_vec(), ..settlement(&lease, &failed()) };
    spool.settle(settled).await.unwrap();
    spool.shutdown().await;

    let spool = site.open().await;
    let leases = super::lease(&*spool, 10).await;
    let envelopes: Vec<_> = leases.iter().map(|lease| (*lease.envelope).clone()).collect();
    assert_eq!(envelopes, notices.map(|notice| notice.envelope));
    assert_eq!(read(&*spool, &leases[0].body).await.unwrap(), b"it failed");
    spool.shutdown().await;
}

fn domains(leases: &[Lease]) -> Vec<&str> {
    leases.iter().map(|lease| lease.domain.as_str()).collect()
}

async fn leases_are_fair_between_destinations<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    let mut dead = Vec::new();
    for _ in 0..10 {
        dead.push(take_in(&*spool, &["bob@dead.example"]).await.id);
    }
    take_in(&*spool, &["carol@live.example"]).await;
    let first = lease_within(&*spool, 3, 3).await;
    assert_eq!(domains(&first), ["dead.example", "live.example", "dead.example"]);
    assert_eq!([first[0].envelope.id, first[2].envelope.id], dead[..2], "oldest first");
    assert_eq!(domains(&lease_within(&*spool, 10, 3).await), ["dead.example"], "there is room for 3");
    assert_eq!(lease_within(&*spool, 10, 0).await.len(), 0);
    spool.settle(settlement(&first[0], &deferred(60))).await.unwrap();
    assert_eq!(domains(&lease_within(&*spool, 10, 3).await), ["dead.example"]);
    spool.shutdown().await;
}

async fn every_destination_has_its_turn<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    for number in 0..6 {
        for _ in 0..3 {
            take_in(&*spool, &[&format!("bob@d{number}.example")]).await;
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        seen.extend(lease(&*spool, 2).await.into_iter().map(|lease| lease.domain));
    }
    assert_eq!(seen.len(), 6, "whoever asks for few at a time gets something of everybody");
    spool.shutdown().await;
}

async fn what_is_put_off_waits<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    take_in(&*spool, &["bob@dead.example", "carol@live.example"]).await;
    let until = Timestamp::now() + SignedDuration::from_hours(1);
    spool.put_off("dead.example", Some((until, status()))).await.unwrap();
    take_in(&*spool, &["dave@dead.example"]).await;
    assert_eq!(domains(&lease(&*spool, 10).await), ["live.example"]);
    spool.shutdown().await;

    let spool = site.open().await;
    assert_eq!(domains(&lease(&*spool, 10).await), ["live.example"]);
    let all = spool.destinations(&Filter::default(), None, 10).await.unwrap();
    assert_eq!(all[0].put_off, Some((until, status())));
    spool.put_off("dead.example", None).await.unwrap();
    assert_eq!(lease(&*spool, 10).await.len(), 2);
    spool.shutdown().await;
}

async fn what_needs_attention_is_leased_all_the_same<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    let until = Timestamp::now() + SignedDuration::from_hours(1);
    let soon = |milliseconds| {
        let mut to = recipients(&["bob@dead.example"]);
        to[0].attention = Timestamp::now() + SignedDuration::from_millis(milliseconds);
        to
    };
    let body = || Body::Inline(Bytes::from_static(b"hello"));
    take_in(&*spool, &["carol@dead.example"]).await;
    spool.put_off("dead.example", Some((until, status()))).await.unwrap();
    assert_eq!(lease(&*spool, 10).await.len(), 0);
    // It comes in after the destination was put off and looked at.
    spool.commit(envelope(), soon(200), body()).await.unwrap();
    let mut overdue = lease_within(&*spool, 10, 0).await;
    while overdue.is_empty() {
        timeout(Duration::from_secs(10), spool.wait_due()).await.expect("attention wakes");
        overdue = lease_within(&*spool, 10, 0).await;
    }
    assert_eq!(overdue[0].purpose, Purpose::Overdue { why: status() });
    assert_eq!(overdue[0].recipients[0].address, "bob@dead.example");
    // Given back, it is still overdue; put off to another time it is not; and it was no attempt.
    spool.settle(settlement(&overdue[0], &Outcome::Abandoned)).await.unwrap();
    let overdue = lease_within(&*spool, 10, 0).await;
    spool.settle(settlement(&overdue[0], &deferred(60))).await.unwrap();
    assert_eq!(lease_within(&*spool, 10, 0).await.len(), 0);
    assert!(listed(&*spool).await.iter().all(|queued| queued.attempts == 0));
    spool.commit(envelope(), soon(0), body()).await.unwrap();
    spool.shutdown().await;

    let spool = site.open().await;
    assert_eq!(lease(&*spool, 10).await.len(), 1, "also after a restart");
    spool.shutdown().await;
}

async fn waiting_ends_when_something_may_be_due<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    let soon = Duration::from_secs(10);
    lease(&*spool, 1).await;
    let (waited, _) = tokio::join!(timeout(soon, spool.wait_due()), take_in(&*spool, &["bob@one.example"]));
    waited.expect("a commit wakes");
    timeout(soon, spool.wait_due()).await.expect("what is due is not waited for");
    let leases = lease(&*spool, 10).await;
    let idle = timeout(Duration::from_millis(50), spool.wait_due()).await;
    assert!(idle.is_err(), "what is leased does not wake");
    let due = Timestamp::now() + SignedDuration::from_millis(200);
    let outcome = Outcome::Deferred { due, status: status(), attention: Timestamp::MAX };
    spool.settle(settlement(&leases[0], &outcome)).await.unwrap();
    while lease(&*spool, 1).await.is_empty() {
        timeout(soon, spool.wait_due()).await.expect("the due time wakes");
    }
    assert!(Timestamp::now() >= due);
    spool.shutdown().await;
}
