//! A spool that is only looked at.

use super::*;
use crate::spool::{Control, OpenError, QuarantineFilter, ReadOnly, Unquarantine};

#[tokio::test]
async fn what_waits_is_seen_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let id = enqueue(&spool, &["bob@one.example", "eve@two.example"]).await.id;
    let kept = quarantine::kept(&spool, b"kept").await;
    spool.shutdown().await;
    drop(spool);

    let seen = ReadOnly::open(folder.path()).unwrap();
    let page = seen.list(&Filter::default(), None, 10).await.unwrap();
    let addresses: Vec<_> = page.recipients.iter().map(|queued| queued.address.as_str()).collect();
    assert_eq!(addresses, ["bob@one.example", "eve@two.example"]);
    let destinations = seen.destinations(&Filter::default(), None, 10).await.unwrap();
    assert_eq!(destinations.len(), 2);
    let (envelope, recipients, body) = seen.message(id).await.unwrap().unwrap();
    assert_eq!((envelope.id, recipients.len()), (id, 2));
    assert_eq!(seen.open_body(&body).await.unwrap().read().await.unwrap(), "hello");
    let stats = seen.stats().await.unwrap();
    assert_eq!((stats.messages, stats.recipients, stats.due, stats.octets), (1, 2, 2, 5));
    let first = seen.list(&Filter::default(), None, 1).await.unwrap();
    let second = seen.list(&Filter::default(), first.next, 1).await.unwrap();
    assert_eq!((second.recipients[0].address.as_str(), second.next), ("eve@two.example", None));
    assert!(seen.message(MessageId::nil()).await.unwrap().is_none());
    assert!(seen.control(&Filter::default(), Control::Remove).await.is_err());
    let page = seen.quarantined(&QuarantineFilter::default(), None, 10).await.unwrap();
    assert_eq!((page.messages[0].envelope.id, stats.quarantined), (kept.id, 1));
    assert!(seen.unquarantine(kept.id, Unquarantine::Remove).await.is_err());

    // Nothing is locked, and all of it is there.
    assert_eq!(listed(&open(folder.path())).await.len(), 2);
}

#[test]
fn a_spool_of_another_version_is_not_guessed_at() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(ReadOnly::open(folder.path()), Err(OpenError::Folder { .. })));
    drop(open(folder.path()));
    let database = rusqlite::Connection::open(folder.path().join("queue.sqlite")).unwrap();
    database.pragma_update(None, "user_version", 1).unwrap();
    drop(database);
    assert!(matches!(ReadOnly::open(folder.path()), Err(OpenError::OtherVersion { found: 1, .. })));
}
