//! What the operator says, and destinations that are put off.

use std::time::Duration;

use rusqlite::Connection;

use super::*;
use crate::spool::{Control, Purpose, Standing};

fn of(domain: &str) -> Filter {
    Filter { domain: Some(domain.to_owned()), ..Filter::default() }
}

fn purposes(leases: &[Lease]) -> Vec<(&str, &Purpose)> {
    leases.iter().map(|lease| (lease.domain.as_str(), &lease.purpose)).collect()
}

async fn standings(spool: &Embedded) -> Vec<Standing> {
    listed(spool).await.iter().map(|queued| queued.standing).collect()
}

#[tokio::test]
async fn what_is_put_off_is_not_leased_and_stays_so_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    enqueue(&spool, &["bob@dead.example", "carol@live.example"]).await;
    let until = Timestamp::now() + SignedDuration::from_hours(1);
    spool.put_off("dead.example", Some((until, status()))).await.unwrap();
    enqueue(&spool, &["dave@dead.example"]).await;
    assert_eq!(purposes(&leased(&spool, 10).await), [("live.example", &Purpose::Deliver)]);
    let idle = tokio::time::timeout(Duration::from_millis(50), spool.wait_due()).await;
    assert!(idle.is_err(), "what is put off does not wake");
    spool.shutdown().await;

    let spool = open(folder.path());
    assert_eq!(purposes(&leased(&spool, 10).await), [("live.example", &Purpose::Deliver)]);
    let all = spool.destinations(&Filter::default(), None, 10).await.unwrap();
    assert_eq!(all[0].put_off, Some((until, status())));
    spool.put_off("dead.example", None).await.unwrap();
    assert_eq!(leased(&spool, 10).await.len(), 2);
}

#[tokio::test]
async fn what_needs_attention_is_leased_though_its_destination_is_put_off() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let mut to = recipients(&["bob@dead.example", "carol@dead.example"]);
    to[0].attention = Timestamp::now() + SignedDuration::from_millis(300);
    spool.commit(envelope(), to, Body::Inline(Bytes::from_static(b"hello"))).await.unwrap();
    let until = Timestamp::now() + SignedDuration::from_hours(1);
    spool.put_off("dead.example", Some((until, status()))).await.unwrap();
    assert_eq!(leased(&spool, 10).await.len(), 0);

    tokio::time::timeout(Duration::from_secs(10), spool.wait_due()).await.expect("attention wakes");
    let lease = lease_within(&spool, 10, 0).await.unwrap().remove(0);
    assert_eq!(lease.purpose, Purpose::Overdue { why: status() });
    assert_eq!(lease.recipients.iter().map(|recipient| recipient.number).collect::<Vec<_>>(), [0]);
    spool.settle(settlement(&lease, &deferred(60))).await.unwrap();
    let queued = listed(&spool).await;
    assert_eq!((queued[0].attempts, &queued[0].last), (0, &Some(status())), "it was no attempt");
}

#[tokio::test]
async fn what_is_held_waits_until_it_is_released() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    enqueue(&spool, &["bob@one.example", "carol@two.example"]).await;
    assert_eq!(spool.control(&of("one.example"), Control::Hold).await.unwrap(), 1);
    assert_eq!(spool.stats().await.unwrap().held, 1);
    let leases = leased(&spool, 10).await;
    assert_eq!(purposes(&leases), [("two.example", &Purpose::Deliver)]);

    // What is being delivered is held once it comes back.
    assert_eq!(spool.control(&of("two.example"), Control::Hold).await.unwrap(), 1);
    spool.settle(settlement(&leases[0], &deferred(-1))).await.unwrap();
    assert_eq!(standings(&spool).await, [Standing::Held; 2]);
    assert_eq!(leased(&spool, 10).await.len(), 0);
    assert_eq!(spool.control(&Filter::default(), Control::Retry).await.unwrap(), 0);
    assert_eq!(spool.control(&Filter::default(), Control::Release).await.unwrap(), 2);
    assert_eq!(leased(&spool, 10).await.len(), 2);
}

#[tokio::test]
async fn what_is_to_bounce_is_given_up_whatever_the_room() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    enqueue(&spool, &["bob@one.example", "carol@two.example"]).await;
    spool.control(&of("one.example"), Control::Hold).await.unwrap();
    assert_eq!(spool.control(&of("one.example"), Control::Bounce).await.unwrap(), 1);
    let leases = lease_within(&spool, 10, 0).await.unwrap();
    assert_eq!(purposes(&leases), [("one.example", &Purpose::GiveUp)]);
    spool.settle(settlement(&leases[0], &Outcome::Failed { status: status() })).await.unwrap();
    assert_eq!(listed(&spool).await.len(), 1);
}

#[tokio::test]
async fn what_is_removed_is_gone_with_its_body_at_once_or_after_its_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    for _ in 0..3 {
        let body = write(&spool, &content(300_000), 100_000).await.unwrap();
        spool.commit(envelope(), recipients(&["bob@one.example"]), body).await.unwrap();
    }
    let leases = leased(&spool, 2).await;
    assert_eq!(spool.control(&of("one.example"), Control::Remove).await.unwrap(), 3);
    assert_eq!(standings(&spool).await, [Standing::Removed; 2]);
    assert_eq!(files(folder.path()).len(), 2);
    spool.settle(settlement(&leases[0], &deferred(60))).await.unwrap();
    assert_eq!(listed(&spool).await.len(), 1);
    spool.shutdown().await;

    let spool = open(folder.path());
    assert_eq!((listed(&spool).await.len(), files(folder.path()).len()), (0, 0));
    assert_eq!(spool.stats().await.unwrap(), Default::default());
}

#[tokio::test]
async fn a_retry_is_due_now_and_its_destination_not_put_off_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    enqueue(&spool, &["bob@one.example"]).await;
    let lease = leased(&spool, 1).await.remove(0);
    spool.settle(settlement(&lease, &deferred(3600))).await.unwrap();
    let until = Timestamp::now() + SignedDuration::from_hours(1);
    spool.put_off("one.example", Some((until, status()))).await.unwrap();
    assert_eq!(leased(&spool, 1).await.len(), 0);
    assert_eq!(spool.control(&of("one.example"), Control::Retry).await.unwrap(), 1);
    assert_eq!(leased(&spool, 1).await.len(), 1);
}

#[tokio::test]
async fn destinations_are_counted_with_and_without_a_filter() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let first = enqueue(&spool, &["a@one.example", "b@one.example"]).await;
    enqueue(&spool, &["c@two.example", "d@one.example"]).await;
    let lease = leased(&spool, 1).await.remove(0);
    spool.settle(settlement(&lease, &deferred(60))).await.unwrap();
    let counted = async |filter: &Filter, after: Option<&str>| {
        let after = after.map(str::to_owned);
        let found = spool.destinations(filter, after, 10).await.unwrap();
        found.into_iter().map(|d| (d.domain, d.messages, d.recipients, d.last.is_some())).collect::<Vec<_>>()
    };
    let (one, two) = ("one.example".to_owned(), "two.example".to_owned());
    let all = [(one.clone(), 2, 3, true), (two.clone(), 1, 1, false)];
    assert_eq!(counted(&Filter::default(), None).await, all);
    assert_eq!(counted(&Filter::default(), Some("one.example")).await, all[1..]);
    let of_first = Filter { message: Some(first.id), ..Filter::default() };
    assert_eq!(counted(&of_first, None).await, [(one, 1, 2, true)]);
    let (_, queued, _) = spool.message(first.id).await.unwrap().unwrap();
    assert_eq!(queued.len(), 2);
    assert!(spool.message(MessageId::now_v7()).await.unwrap().is_none());
}

/// The tables of version 1, as they were.
const VERSION_1: &str = "
    CREATE TABLE message (id BLOB PRIMARY KEY, received INTEGER NOT NULL, sender TEXT NOT NULL, size INTEGER NOT NULL,
        eight_bit INTEGER NOT NULL, smtp_utf8 INTEGER NOT NULL, checksum INTEGER NOT NULL, length INTEGER NOT NULL,
        file TEXT UNIQUE) WITHOUT ROWID;
    CREATE TABLE body (message BLOB PRIMARY KEY, content BLOB NOT NULL);
    CREATE TABLE recipient (message BLOB NOT NULL, number INTEGER NOT NULL, address TEXT NOT NULL, domain TEXT NOT NULL,
        due INTEGER NOT NULL, attempts INTEGER NOT NULL, status TEXT, PRIMARY KEY (message, number)) WITHOUT ROWID;
    CREATE INDEX recipient_due ON recipient (domain, due, message, number);
    CREATE TABLE destination (domain TEXT PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX destination_due ON destination (due, domain);
    INSERT INTO message VALUES (x'0190f5fe7c0070008000000000000001', 1, 'alice@sender.example', 5, 1, 0, 2591144780, 5, NULL);
    INSERT INTO body VALUES (x'0190f5fe7c0070008000000000000001', x'68656c6c6f');
    INSERT INTO recipient VALUES (x'0190f5fe7c0070008000000000000001', 0, 'bob@one.example', 'one.example', 7, 2, NULL);
    INSERT INTO destination VALUES ('one.example', 7);
    PRAGMA user_version = 1;
";

#[tokio::test]
async fn a_spool_of_version_1_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    Connection::open(folder.path().join("queue.sqlite")).unwrap().execute_batch(VERSION_1).unwrap();
    let spool = open(folder.path());
    let lease = leased(&spool, 1).await.remove(0);
    assert_eq!(lease.envelope.sender, "alice@sender.example");
    assert_eq!(lease.recipients[0].attempts, 2);
    assert_eq!(read(&spool, lease.envelope.id).await.unwrap(), b"hello");
    spool.settle(settlement(&lease, &Outcome::Delivered)).await.unwrap();
    assert_eq!(spool.stats().await.unwrap(), Default::default());
}
