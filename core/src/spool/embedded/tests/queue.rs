//! Commit, lease, settle.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use super::*;

#[tokio::test]
async fn what_was_committed_is_leased_and_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let envelope = enqueue(&spool, &["bob@one.example", "carol@two.example", "dave@one.example"]).await;

    let leases = leased(&spool, 10).await;
    let mut seen: Vec<_> = leases
        .iter()
        .map(|lease| {
            assert_eq!(*lease.envelope, envelope);
            (lease.domain.as_str(), lease.recipients.iter().map(|r| r.number).collect::<Vec<_>>())
        })
        .collect();
    seen.sort();
    assert_eq!(seen, [("one.example", vec![0, 2]), ("two.example", vec![1])]);
    assert_eq!(leased(&spool, 10).await.len(), 0, "leased twice");

    assert_eq!(read(&spool, envelope.id).await.unwrap(), b"hello");
    for lease in &leases {
        spool.settle(settlement(lease, &Outcome::Delivered)).await.unwrap();
    }
    assert_eq!(spool.stats().await.unwrap(), Default::default());
    assert!(matches!(read(&spool, envelope.id).await, Err(SpoolError::Unknown)));
}

#[tokio::test]
async fn a_deferred_recipient_is_due_later_and_remembers_why() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    enqueue(&spool, &["bob@one.example", "carol@one.example"]).await;
    let lease = leased(&spool, 1).await.remove(0);
    let outcomes = vec![(0, deferred(3600)), (1, deferred(-1))];
    spool.settle(Settlement { outcomes, ..settlement(&lease, &Outcome::Abandoned) }).await.unwrap();

    let again = leased(&spool, 10).await;
    assert_eq!(again.len(), 1);
    let recipients = &again[0].recipients;
    assert_eq!(recipients.len(), 1);
    assert_eq!((recipients[0].number, recipients[0].attempts), (1, 1));
    assert_eq!(recipients[0].last, Some(status()));
    let stats = spool.stats().await.unwrap();
    assert_eq!((stats.messages, stats.recipients, stats.due, stats.octets), (1, 2, 1, 5));
}

#[tokio::test]
async fn an_abandoned_lease_counts_no_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    enqueue(&spool, &["bob@one.example"]).await;
    let lease = leased(&spool, 1).await.remove(0);
    spool.settle(settlement(&lease, &Outcome::Abandoned)).await.unwrap();
    assert_eq!(leased(&spool, 1).await[0].recipients[0].attempts, 0);
}

#[tokio::test]
async fn a_bounce_comes_with_the_failure_that_it_reports() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    enqueue(&spool, &["bob@one.example"]).await;
    let lease = leased(&spool, 1).await.remove(0);
    let bounce = bounce(&["alice@sender.example"]);
    let failed = Settlement {
        notices: vec![bounce.clone()],
        ..settlement(&lease, &Outcome::Failed { status: status() })
    };
    spool.settle(failed.clone()).await.unwrap();
    assert!(matches!(spool.settle(failed).await, Err(SpoolError::LeaseLost)), "settled twice");

    let leases = leased(&spool, 10).await;
    assert_eq!(leases.len(), 1);
    assert_eq!(*leases[0].envelope, bounce.envelope);
    assert_eq!(read(&spool, bounce.envelope.id).await.unwrap(), b"it failed");
}

#[tokio::test]
async fn only_who_holds_a_lease_may_settle_it() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let envelope = enqueue(&spool, &["bob@one.example"]).await;
    let settlement = Settlement {
        message: envelope.id,
        epoch: 1,
        outcomes: vec![(0, Outcome::Failed { status: status() })],
        notices: vec![bounce(&["alice@sender.example"])],
    };
    assert!(matches!(spool.settle(settlement).await, Err(SpoolError::LeaseLost)));
    assert_eq!(spool.stats().await.unwrap().messages, 1);
}

#[tokio::test]
async fn a_commit_may_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let (envelope, big) = (envelope(), content(300_000));
    for _ in 0..2 {
        let body = write(&spool, &big, 10_000).await.unwrap();
        spool.commit(envelope.clone(), recipients(&["bob@one.example"]), body).await.unwrap();
    }
    assert_eq!(spool.stats().await.unwrap().recipients, 1);
    assert_eq!(files(folder.path()).len(), 1);
    assert_eq!(read(&spool, envelope.id).await.unwrap(), big);
}

#[tokio::test]
async fn a_restart_keeps_everything_and_frees_leases() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let first = enqueue(&spool, &["bob@one.example"]).await;
    assert_eq!(leased(&spool, 10).await.len(), 1);
    spool.shutdown().await;
    assert!(matches!(
        spool.commit(envelope(), recipients(&["b@c.example"]), Body::Inline(Bytes::new())).await,
        Err(SpoolError::Failed(_))
    ));

    let spool = open(folder.path());
    let leases = leased(&spool, 10).await;
    assert_eq!(leases.len(), 1);
    assert_eq!(*leases[0].envelope, first);
    assert_eq!(read(&spool, first.id).await.unwrap(), b"hello");
}

#[tokio::test]
async fn a_dead_domain_does_not_keep_the_others_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    for _ in 0..10 {
        enqueue(&spool, &["bob@dead.example"]).await;
    }
    enqueue(&spool, &["carol@live.example"]).await;
    enqueue(&spool, &["dave@other.example"]).await;

    let domains = |leases: &[Lease]| leases.iter().map(|lease| lease.domain.clone()).collect::<Vec<_>>();
    let first = lease_within(&spool, 4, 3).await.unwrap();
    assert_eq!(domains(&first), ["dead.example", "live.example", "other.example", "dead.example"]);
    let second = lease_within(&spool, 10, 3).await.unwrap();
    assert_eq!(domains(&second), ["dead.example"], "the cap is 3");
    spool.settle(settlement(&second[0], &deferred(60))).await.unwrap();
    assert_eq!(domains(&lease_within(&spool, 10, 3).await.unwrap()), ["dead.example"]);
}

#[tokio::test]
async fn the_oldest_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(enqueue(&spool, &["bob@one.example"]).await.id);
    }
    let leases = leased(&spool, 5).await;
    assert_eq!(leases.iter().map(|lease| lease.envelope.id).collect::<Vec<_>>(), ids);
}

#[tokio::test]
async fn a_choice_that_nobody_waits_for_holds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    enqueue(&spool, &["bob@one.example"]).await;
    let chosen = leased(&spool, 1).await;
    spool.settle(settlement(&chosen[0], &Outcome::Abandoned)).await.unwrap();

    let begun = spool.leases.begin(chosen);
    assert_eq!(leased(&spool, 1).await.len(), 0);
    drop(begun);
    assert_eq!(leased(&spool, 1).await.len(), 1);
}

#[tokio::test]
async fn no_lease_ends_while_something_is_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    enqueue(&spool, &["bob@one.example"]).await;
    let lease = leased(&spool, 1).await.remove(0);

    let leases = Arc::clone(&spool.leases);
    let ((chosen, choice), (choosing, begun)) =
        (std::sync::mpsc::channel::<()>(), tokio::sync::oneshot::channel());
    let chooser = std::thread::spawn(move || {
        let _guard = leases.choose();
        choosing.send(()).unwrap();
        let _ = choice.recv();
    });
    begun.await.unwrap();
    let mut settled = Box::pin(spool.settle(settlement(&lease, &Outcome::Delivered)));
    let early = tokio::time::timeout(Duration::from_millis(100), &mut settled).await;
    assert!(early.is_err(), "a choice that is being made could take what was just delivered");
    drop(chosen);
    settled.await.unwrap();
    chooser.join().unwrap();
}

#[tokio::test]
async fn waiting_ends_when_something_may_be_due() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let soon = Duration::from_secs(10);

    let (waited, _) =
        tokio::join!(tokio::time::timeout(soon, spool.wait_due()), enqueue(&spool, &["bob@one.example"]));
    waited.expect("a commit wakes");
    tokio::time::timeout(soon, spool.wait_due()).await.expect("what is due is not waited for");

    let lease = leased(&spool, 2).await.remove(0);
    let idle = tokio::time::timeout(Duration::from_millis(50), spool.wait_due()).await;
    assert!(idle.is_err(), "what is leased does not wake");

    let due = Timestamp::now() + SignedDuration::from_millis(300);
    spool
        .settle(settlement(&lease, &Outcome::Deferred { due, status: status(), attention: Timestamp::MAX }))
        .await
        .unwrap();
    assert_eq!(leased(&spool, 1).await.len(), 0);
    tokio::time::timeout(soon, spool.wait_due()).await.expect("the due time wakes");
    assert!(Timestamp::now() >= due);
    assert_eq!(leased(&spool, 1).await.len(), 1);
}

/// What is due in an hour by the clock of the wall may be due in a minute, once that is set right.
#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_forward_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    enqueue(&spool, &["bob@one.example"]).await;
    let lease = leased(&spool, 1).await.remove(0);
    let due = Timestamp::now() + SignedDuration::from_hours(1);
    spool
        .settle(settlement(&lease, &Outcome::Deferred { due, status: status(), attention: Timestamp::MAX }))
        .await
        .unwrap();
    assert_eq!(leased(&spool, 1).await.len(), 0);
    let begun = tokio::time::Instant::now();
    spool.wait_due().await;
    assert!(begun.elapsed() <= Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_clock_that_is_set_back_delays_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    enqueue(&spool, &["bob@one.example"]).await;
    enqueue(&spool, &["carol@two.example"]).await;
    for lease in leased(&spool, 2).await {
        let seconds = if lease.domain == "one.example" { 3600 } else { 3 * 3600 };
        spool.settle(settlement(&lease, &deferred(seconds))).await.unwrap();
    }
    let until = Timestamp::now() + SignedDuration::from_hours(1);
    spool.put_off("one.example", Some((until, status()))).await.unwrap();
    assert_eq!(leased(&spool, 2).await.len(), 0);
    // As if it had been two hours later until now.
    spool.advance(2 * 3600 * 1_000_000_000).await.unwrap();
    let leases = leased(&spool, 2).await;
    assert_eq!(leases.iter().map(|lease| lease.domain.as_str()).collect::<Vec<_>>(), ["one.example"]);
    let due = listed(&spool).await[1].due;
    assert!(due <= Timestamp::now() + SignedDuration::from_hours(1), "{due}");
}

#[tokio::test]
async fn the_queue_is_listed_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    enqueue(&spool, &["a@one.example", "b@one.example"]).await;
    enqueue(&spool, &["c@two.example"]).await;

    let all = Filter::default();
    let first = spool.list(&all, None, 2).await.unwrap();
    let second = spool.list(&all, first.next, 2).await.unwrap();
    let recipients = first.recipients.iter().chain(&second.recipients);
    let addresses: Vec<_> = recipients.map(|queued| queued.address.as_str()).collect();
    assert_eq!(addresses, ["a@one.example", "b@one.example", "c@two.example"]);
    assert_eq!((second.recipients.len(), second.next), (1, None));
}

#[tokio::test]
async fn many_sessions_commit_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(open(folder.path()));
    let mut sessions = tokio::task::JoinSet::new();
    for _ in 0..300 {
        let spool = Arc::clone(&spool);
        sessions.spawn(async move { enqueue(&spool, &["bob@one.example"]).await.id });
    }
    let ids: BTreeSet<_> = sessions.join_all().await.into_iter().collect();
    let listed: BTreeSet<_> = listed(&spool).await.into_iter().map(|queued| queued.message).collect();
    assert_eq!(ids.len(), 300);
    assert_eq!(ids, listed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_delivered_twice_however_many_deliver() {
    const MESSAGES: usize = 400;
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(open(folder.path()));
    let delivered = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (sender, receiver) = (Arc::clone(&spool), Arc::clone(&spool));
        tasks.spawn(async move {
            for _ in 0..MESSAGES / 4 {
                enqueue(&sender, &["bob@one.example", "carol@two.example"]).await;
            }
        });
        let delivered = Arc::clone(&delivered);
        tasks.spawn(async move {
            while delivered.lock().unwrap().len() < 2 * MESSAGES {
                for lease in leased(&receiver, 3).await {
                    delivered.lock().unwrap().push((lease.envelope.id, lease.recipients[0].number));
                    receiver.settle(settlement(&lease, &Outcome::Delivered)).await.unwrap();
                }
            }
        });
    }
    tokio::time::timeout(Duration::from_secs(60), tasks.join_all()).await.expect("all is delivered");
    let mut delivered = std::mem::take(&mut *delivered.lock().unwrap());
    assert_eq!(delivered.len(), 2 * MESSAGES);
    delivered.sort_unstable();
    delivered.dedup();
    assert_eq!(delivered.len(), 2 * MESSAGES, "delivered twice");
    assert_eq!(spool.stats().await.unwrap().messages, 0);
}
