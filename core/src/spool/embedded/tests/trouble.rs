//! When the disk or somebody else is in the way.

use super::*;
use crate::spool::Health;
use crate::spool::embedded::OpenError;

#[tokio::test]
async fn a_second_relay_is_told_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let error = Embedded::open(folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }));
    assert!(error.to_string().contains("in use by another process"), "{error}");
    spool.shutdown().await;
    open(folder.path());
}

#[tokio::test]
async fn a_newer_spool_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).shutdown().await;
    let other = rusqlite::Connection::open(folder.path().join("queue.sqlite")).unwrap();
    other.pragma_update(None, "user_version", 99).unwrap();
    let error = Embedded::open(folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::TooNew { found: 99, known: 4 }), "{error}");
}

#[tokio::test]
async fn a_full_spool_keeps_nothing_of_what_it_refused_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { pages: 120, ..Options::default() };
    let spool = Embedded::open_with(folder.path(), options).unwrap();
    let commit = |sender: usize| {
        let envelope = Envelope { sender: "x".repeat(sender), ..envelope() };
        spool.commit(envelope, recipients(&["bob@one.example"]), Body::Inline(Bytes::from_static(b"hello")))
    };

    commit(200_000).await.unwrap();
    let refused = commit(250_000).await;
    assert!(matches!(refused, Err(SpoolError::Full)), "{refused:?}");
    assert_eq!(spool.health(), Health::Full);
    assert_eq!(spool.stats().await.unwrap().messages, 1);

    let lease = leased(&spool, 1).await.remove(0);
    spool.settle(settlement(&lease, &Outcome::Delivered)).await.unwrap();
    assert_eq!(spool.health(), Health::Good);
    commit(250_000).await.unwrap();
}

#[tokio::test]
async fn a_full_spool_keeps_no_file_of_what_it_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { pages: 24, ..Options::default() };
    let spool = Embedded::open_with(folder.path(), options).unwrap();
    let refused = loop {
        let body = write(&spool, &content(300_000), 100_000).await.unwrap();
        let mut envelope = envelope();
        envelope.sender = "x".repeat(5000);
        if let Err(refused) = spool.commit(envelope, recipients(&["bob@one.example"]), body).await {
            break refused;
        }
    };
    assert!(matches!(refused, SpoolError::Full), "{refused:?}");
    assert_eq!(files(folder.path()).len() as u64, spool.stats().await.unwrap().messages);
}

#[tokio::test]
async fn the_last_of_the_disk_is_left_to_what_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    enqueue(&spool, &["bob@one.example"]).await;
    spool.shutdown().await;

    let options = Options { reserve: u64::MAX, ..Options::default() };
    let spool = Embedded::open_with(folder.path(), options).unwrap();
    assert_eq!(spool.health(), Health::Full);
    let space = spool.disk_space().unwrap();
    assert!(space.free > 0 && space.free < space.needed && space.needed == u64::MAX, "{space:?}");
    assert!(matches!(spool.begin().await.map(|_| ()), Err(SpoolError::Full)));
    let refused = spool.commit(envelope(), recipients(&["b@c.example"]), Body::Inline(Bytes::new())).await;
    assert!(matches!(refused, Err(SpoolError::Full)), "{refused:?}");
    let lease = leased(&spool, 1).await.remove(0);
    spool.settle(settlement(&lease, &Outcome::Delivered)).await.unwrap();
    assert_eq!(spool.stats().await.unwrap().messages, 0);
}

#[tokio::test]
async fn after_a_failed_write_nothing_is_accepted_until_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let kept = enqueue(&spool, &["bob@one.example"]).await;
    let lease = leased(&spool, 1).await.remove(0);
    let database = folder.path().join("queue.sqlite");
    let other = rusqlite::Connection::open(database).unwrap();
    other.execute("ALTER TABLE recipient RENAME TO hidden", []).unwrap();

    let failed =
        |result: Result<(), SpoolError>| assert!(matches!(result, Err(SpoolError::Failed(_))), "{result:?}");
    let commit = || spool.commit(envelope(), recipients(&["b@c.example"]), Body::Inline(Bytes::new()));
    failed(commit().await);
    other.execute("ALTER TABLE hidden RENAME TO recipient", []).unwrap();
    failed(commit().await);
    failed(spool.settle(settlement(&lease, &Outcome::Delivered)).await);
    failed(lease_within(&spool, 1, 1).await.map(|_| ()));
    failed(spool.begin().await.map(|_| ()));
    assert!(matches!(spool.health(), Health::Failed(_)));
    spool.shutdown().await;

    let spool = open(folder.path());
    assert_eq!(spool.health(), Health::Good);
    let leases = leased(&spool, 10).await;
    assert_eq!(leases.iter().map(|lease| lease.envelope.id).collect::<Vec<_>>(), [kept.id]);
}

#[tokio::test]
async fn the_writer_waits_for_a_tool_that_has_locked_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let mut tool = rusqlite::Connection::open(folder.path().join("queue.sqlite")).unwrap();
    let lock = tool.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let mut commit =
        Box::pin(spool.commit(envelope(), recipients(&["b@c.example"]), Body::Inline(Bytes::new())));
    assert!(tokio::time::timeout(std::time::Duration::from_millis(100), &mut commit).await.is_err());
    lock.rollback().unwrap();
    commit.await.unwrap();
}

#[tokio::test]
async fn what_a_full_database_refuses_leaves_nothing_in_the_segments() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Embedded::open_with(folder.path(), Options { pages: 80, in_tables: 0, ..Options::default() })
        .unwrap();
    enqueue(&spool, &["bob@one.example"]).await;
    let octets = || segments(folder.path()).iter().map(|path| path.metadata().unwrap().len()).sum::<u64>();
    let before = octets();
    for _ in 0..3 {
        let envelope = Envelope { sender: "x".repeat(1_000_000), ..envelope() };
        let body = Body::Inline(content(5000).into());
        let refused = spool.commit(envelope, recipients(&["eve@one.example"]), body).await;
        assert!(matches!(refused, Err(SpoolError::Full)), "{refused:?}");
    }
    assert_eq!((octets(), segments(folder.path()).len()), (before, 1));
}

#[tokio::test]
async fn an_end_does_not_wait_for_a_tool_that_reads() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let id = enqueue(&spool, &["bob@one.example"]).await.id;
    let mut tool = rusqlite::Connection::open(folder.path().join("queue.sqlite")).unwrap();
    let reading = tool.transaction().unwrap();
    reading.query_row("SELECT count(*) FROM message", [], |row| row.get::<_, i64>(0)).unwrap();
    enqueue(&spool, &["bob@one.example"]).await;
    let end = tokio::time::timeout(std::time::Duration::from_secs(20), spool.shutdown());
    end.await.expect("it waits for the tool");
    drop(reading);
    assert_eq!(read(&open(folder.path()), id).await.unwrap(), b"hello");
}
