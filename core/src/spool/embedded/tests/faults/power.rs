//! The power goes at many points of a run: whatever was acknowledged is there afterwards with its
//! body, and what was delivered is not back.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::super::kill::{body_of, ids, say};
use super::super::*;
use super::replay::{self, Chance, Disk};
use super::{folder, on_disk};
use crate::spool::Unquarantine;

/// At how many points the power goes.
const POINTS: usize = 80;

#[tokio::test]
async fn a_power_loss_at_any_time_loses_nothing_that_was_acknowledged() {
    let seed = std::env::var("WAXSEAL_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| Timestamp::now().as_nanosecond() as u64 | 1);
    let mut run = tempfile::tempdir().unwrap();
    let (spool, log) = (run.path().join("spool"), run.path().join("log"));
    on_disk("power::a_run", &spool, &[("DISK_LOG", log.to_str().unwrap())]);

    let entries = replay::read(&log);
    let (mut disk, mut chance) = (Disk::default(), Chance(seed));
    let mut points: BTreeSet<_> = (0..POINTS).map(|_| chance.below(entries.len())).collect();
    points.insert(entries.len() - 1);
    let (mut kept, mut delivered) = (0, 0);
    for (number, entry) in entries.iter().enumerate() {
        disk.happen(entry);
        if points.contains(&number) {
            let after = tempfile::tempdir().unwrap();
            disk.lose_power(&spool, after.path(), &mut chance);
            // If this fails, the log of the run is there to be looked at.
            run.disable_cleanup(true);
            let when = format!("entry {number} of {}, seed {seed}", log.display());
            let found = check(after.path(), &disk.said, &when).await;
            run.disable_cleanup(false);
            (kept, delivered) = (kept + found.0, delivered + found.1);
        }
    }
    assert!(kept > 1000 && delivered > 1000, "{kept} kept and {delivered} delivered: too little to say much");
}

/// How many were there as they should, and how many gone as they should.
pub(super) async fn check(folder: &Path, said: &str, when: &str) -> (usize, usize) {
    let ids = |word: &str| ids(said.lines(), word);
    let (accepted, settling, delivered) = (ids("accepted "), ids("settling "), ids("delivered "));
    let spool = small_segments(folder);
    let waiting: BTreeSet<_> = listed(&spool).await.iter().map(|queued| queued.message).collect();
    let quarantined = quarantine::ids(&spool).await;
    assert_eq!(waiting.intersection(&quarantined).count(), 0, "waits, though quarantined: {when}");
    let found: BTreeSet<_> = waiting.union(&quarantined).copied().collect();
    let lost: Vec<_> = accepted.difference(&settling).filter(|id| !found.contains(id)).collect();
    assert_eq!(lost, Vec::<&MessageId>::new(), "lost, of {}: {when}", accepted.len());
    assert_eq!(delivered.intersection(&found).count(), 0, "delivered, and back: {when}");
    for id in &found {
        assert!(read(&spool, *id).await.unwrap() == body_of(*id), "the body of {id}: {when}");
    }
    let sums = spool.stats().await.unwrap();
    assert_eq!(sums.messages, waiting.len() as u64, "{when}");
    assert_eq!(sums.quarantined, quarantined.len() as u64, "{when}");
    // What comes in now is kept as before.
    enqueue(&spool, &["bob@one.example"]).await;
    spool.shutdown().await;
    (found.len(), delivered.len())
}

/// Segments are short, so that they end, and are copied, all the time.
fn small_segments(folder: &Path) -> Embedded {
    let after = Some(std::time::Duration::ZERO);
    let options =
        Options { segment_size: 100_000, in_tables: 6_000, compact_after: after, ..Options::default() };
    Embedded::open_with(folder, options).unwrap()
}

#[tokio::test]
#[ignore = "the child of the test above"]
async fn a_run() {
    let Some(folder) = folder() else { return };
    for _ in 0..2 {
        let spool = Arc::new(small_segments(&folder));
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..4 {
            tasks.spawn(accept(Arc::clone(&spool)));
        }
        for _ in 0..2 {
            tasks.spawn(deliver(Arc::clone(&spool)));
        }
        tasks.join_all().await;
        spool.shutdown().await;
    }
}

async fn accept(spool: Arc<Embedded>) {
    for _ in 0..40 {
        let envelope = quarantine::some(envelope());
        let id = envelope.id;
        let body = write(&spool, &body_of(id), 64 * 1024).await.unwrap();
        spool.commit(envelope, recipients(&["bob@one.example"]), body).await.unwrap();
        say("accepted", id);
    }
}

async fn deliver(spool: Arc<Embedded>) {
    for _ in 0..15 {
        for lease in leased(&spool, 4).await {
            let id = lease.envelope.id;
            // One in four comes back.
            if id.as_bytes()[15] % 4 == 0 {
                spool.settle(settlement(&lease, &deferred(3600))).await.unwrap();
                continue;
            }
            say("settling", id);
            spool.settle(settlement(&lease, &Outcome::Delivered)).await.unwrap();
            say("delivered", id);
        }
        // What was quarantined is let go, or removed.
        if let Some(id) = quarantine::ids(&spool).await.first().copied() {
            let remove = id.as_bytes()[13].is_multiple_of(2);
            if remove {
                say("settling", id);
            }
            let how = if remove { Unquarantine::Remove } else { Unquarantine::Release { to: vec![] } };
            // Somebody else may have been first.
            let done = spool.unquarantine(id, how).await.is_ok();
            if remove && done {
                say("delivered", id);
            }
        }
        tokio::time::timeout(std::time::Duration::from_millis(50), spool.wait_due()).await.ok();
    }
}
