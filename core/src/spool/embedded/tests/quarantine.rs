//! What is quarantined, in files and tables.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::spool::{Quarantine, QuarantineFilter, QuarantineLimits, Unquarantine};

/// The envelope, quarantined for one id in four.
pub(super) fn some(envelope: Envelope) -> Envelope {
    if envelope.id.as_bytes()[14].is_multiple_of(4) { quarantined(envelope) } else { envelope }
}

fn quarantined(envelope: Envelope) -> Envelope {
    let quarantine = Quarantine::begin("Card numbers", "filters/cards.rhai:7:5", envelope.received);
    Envelope { quarantine: Some(quarantine), ..envelope }
}

/// A quarantined message.
pub(super) async fn kept(spool: &Embedded, content: &[u8]) -> Envelope {
    let envelope = quarantined(envelope());
    keep(spool, &envelope, content).await.unwrap();
    envelope
}

async fn keep(spool: &Embedded, envelope: &Envelope, content: &[u8]) -> Result<(), SpoolError> {
    let body = write(spool, content, 50_000).await?;
    spool.commit(envelope.clone(), recipients(&["bob@one.example"]), body).await
}

/// All that is quarantined.
pub(super) async fn ids(spool: &Embedded) -> BTreeSet<MessageId> {
    let (mut ids, mut after) = (BTreeSet::new(), None);
    loop {
        let page = spool.quarantined(&QuarantineFilter::default(), after, 100).await.unwrap();
        ids.extend(page.messages.iter().map(|one| one.envelope.id));
        after = page.next;
        if after.is_none() {
            return ids;
        }
    }
}

fn limited(folder: &Path, messages: u64, octets: u64) -> Embedded {
    let quarantine = QuarantineLimits { messages, octets };
    Embedded::open_with(folder, Options { quarantine, ..Options::default() }).unwrap()
}

#[tokio::test]
async fn a_full_quarantine_takes_no_more_and_everything_else_goes_on() {
    for (messages, octets) in [(2, 1_000_000), (100, 650_000)] {
        let folder = tempfile::tempdir().unwrap();
        let spool = limited(folder.path(), messages, octets);
        let first = kept(&spool, &content(300_000)).await;
        kept(&spool, &content(300_000)).await;
        let refused = quarantined(envelope());
        for _ in 0..2 {
            let full = keep(&spool, &refused, &content(300_000)).await;
            assert!(matches!(full, Err(SpoolError::QuarantineFull)), "{full:?}");
        }
        assert_eq!(spool.health(), crate::spool::Health::Good);
        assert_eq!(files(folder.path()).len(), 2, "nothing is left of what was refused");
        enqueue(&spool, &["bob@one.example"]).await;
        spool.unquarantine(first.id, Unquarantine::Release { to: vec![] }).await.unwrap();
        keep(&spool, &refused, &content(300_000)).await.unwrap();
        assert_eq!(spool.stats().await.unwrap().quarantined, 2);
    }
}

#[tokio::test]
async fn what_comes_at_once_is_not_more_than_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(limited(folder.path(), 7, 1_000_000));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let spool = Arc::clone(&spool);
        tasks.spawn(async move { keep(&spool, &quarantined(envelope()), b"hello").await.is_ok() });
    }
    let taken = tasks.join_all().await.into_iter().filter(|taken| *taken).count();
    assert_eq!((taken as u64, spool.stats().await.unwrap().quarantined), (7, 7));
}

#[tokio::test]
async fn a_lower_limit_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let spool = limited(folder.path(), 10, 1_000_000);
    for _ in 0..3 {
        kept(&spool, b"hello").await;
    }
    spool.shutdown().await;
    drop(spool);
    let spool = limited(folder.path(), 1, 1_000_000);
    assert_eq!(ids(&spool).await.len(), 3);
    let full = keep(&spool, &quarantined(envelope()), b"hello").await;
    assert!(matches!(full, Err(SpoolError::QuarantineFull)), "{full:?}");
}

#[tokio::test]
async fn files_go_with_what_is_removed_and_stay_with_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let (removed, stays) = (kept(&spool, &content(300_000)).await, kept(&spool, &content(400_000)).await);
    spool.unquarantine(removed.id, Unquarantine::Remove).await.unwrap();
    assert_eq!(files(folder.path()).len(), 1);
    spool.shutdown().await;
    drop(spool);
    let spool = open(folder.path());
    assert_eq!(files(folder.path()).len(), 1, "a start removes what nobody names");
    assert!(read(&spool, stays.id).await.unwrap() == content(400_000));
}

#[tokio::test]
async fn a_segment_is_copied_with_what_is_quarantined_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        segment_size: 50_000,
        in_tables: 0,
        compact_after: Some(Duration::ZERO),
        ..Options::default()
    };
    let spool = Embedded::open_with(folder.path(), options).unwrap();
    let stays = kept(&spool, &content(3000)).await;
    let first = segments(folder.path()).remove(0);
    for _ in 0..40 {
        let body = Body::Inline(content(3000).into());
        spool.commit(envelope(), recipients(&["bob@one.example"]), body).await.unwrap();
    }
    for lease in lease_within(&spool, 100, 100).await.unwrap() {
        spool.settle(settlement(&lease, &Outcome::Delivered)).await.unwrap();
    }
    let gone = async {
        while first.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("the segment is not copied");
    assert!(read(&spool, stays.id).await.unwrap() == content(3000));
    spool.unquarantine(stays.id, Unquarantine::Release { to: vec![] }).await.unwrap();
    let lease = leased(&spool, 1).await.remove(0);
    assert_eq!(lease.envelope.id, stays.id);
    spool.settle(settlement(&lease, &Outcome::Delivered)).await.unwrap();
    assert_eq!(spool.stats().await.unwrap(), Default::default());
}

#[tokio::test]
async fn many_that_wait_do_not_slow_the_list_down() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    kept(&spool, b"hello").await;
    spool.shutdown().await;
    drop(spool);
    let database = rusqlite::Connection::open(folder.path().join("queue.sqlite")).unwrap();
    let plan = "EXPLAIN QUERY PLAN SELECT id FROM message INDEXED BY message_quarantined
        WHERE quarantine IS NOT NULL AND released IS NULL AND id BETWEEN ?1 AND ?2 ORDER BY id";
    let plan: String = database.query_row(plan, [[0_u8; 16], [255; 16]], |row| row.get(3)).unwrap();
    assert!(plan.contains("message_quarantined") && plan.contains("id>?"), "{plan}");
}
