//! The disk fails: at once nothing more is acknowledged, nothing that was is lost, and only a full
//! disk is forgiven.

use std::collections::BTreeSet;
use std::io::Write;

use super::super::kill::{body_of, ids, say};
use super::super::*;
use super::{folder, on_disk};
use crate::spool::Health;

const EIO: i32 = 5;
const ENOMEM: i32 = 12;
const EMFILE: i32 = 24;
const ENOSPC: i32 = 28;
const EROFS: i32 = 30;

const ROUNDS: &str = "WAXSEAL_TEST_ROUNDS";

/// What becomes of the spool.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// It fails, and stays so until a restart.
    Fails,
    /// It is full for once, and takes mail again.
    IsFull,
    /// It refuses mail for once, and is well.
    Refuses,
    /// It goes on: nothing depends on it.
    GoesOn,
}

use Fate::{Fails, GoesOn, IsFull, Refuses};

/// A call, the end of the file's name, the error, and what comes of it.
const CASES: [(&str, &str, i32, Fate); 21] = [
    ("write", ".segment", EIO, Fails),
    ("write", ".segment", ENOSPC, IsFull),
    ("sync", ".segment", EIO, Fails),
    ("sync", ".segment", ENOSPC, IsFull),
    ("open", ".segment", EROFS, Fails),
    ("open", ".segment", ENOSPC, IsFull),
    ("open", ".segment", EMFILE, Refuses),
    ("open", ".body", EMFILE, Refuses),
    ("open", ".body", ENOMEM, Refuses),
    ("sync", "/small", EIO, Fails),
    ("unlink", ".segment", EIO, GoesOn),
    ("write", ".body", EIO, Fails),
    ("write", ".body", ENOSPC, IsFull),
    ("sync", ".body", EIO, Fails),
    ("sync", "/big", EIO, Fails),
    ("unlink", ".body", EIO, GoesOn),
    ("write", "-wal", EIO, Fails),
    ("write", "-wal", ENOSPC, IsFull),
    ("sync", "-wal", EIO, Fails),
    ("write", "queue.sqlite", EIO, Fails),
    ("sync", "queue.sqlite", EIO, Fails),
];

#[tokio::test]
async fn whatever_fails_nothing_is_lost() {
    for (call, part, error, fate) in CASES {
        let run = tempfile::tempdir().unwrap();
        let spool = run.path().join("spool");
        // While it is opened nothing is acknowledged: the calls after that.
        let nth = match (call, part) {
            ("sync", "queue.sqlite") => 5,
            ("write", "-wal") => 300,
            (_, "queue.sqlite" | "-wal") => 40,
            _ => 3,
        };
        // The log is written back now and then.
        let rounds = if part == "queue.sqlite" { "1500" } else { "100" };
        let fail = format!("{call}:{part}:{nth}:{error}:1");
        let said = on_disk("errors::until_it_fails", &spool, &[("DISK_FAIL", &fail), (ROUNDS, rounds)]);
        let ids = |word: &str| ids(said.iter().map(String::as_str), word);
        let seen = match said.iter().find_map(|line| line.split_once("fate ").map(|(_, fate)| fate)) {
            Some("failed") => Fails,
            Some("full") => IsFull,
            Some("refuses") => Refuses,
            _ => GoesOn,
        };
        assert_eq!(seen, fate, "{fail}: {said:?}");

        let spool = open(&spool);
        let found: BTreeSet<_> = listed(&spool).await.iter().map(|queued| queued.message).collect();
        let waiting: BTreeSet<_> = ids("accepted ").difference(&ids("delivered ")).copied().collect();
        assert!(!waiting.is_empty() && waiting.is_subset(&found), "{fail}");
        assert_eq!(ids("delivered ").intersection(&found).count(), 0, "{fail}");
        for id in found {
            assert!(read(&spool, id).await.unwrap() == body_of(id), "{fail}: the body of {id}");
        }
    }
}

#[tokio::test]
#[ignore = "the child of the test above"]
async fn until_it_fails() {
    let Some(folder) = folder() else { return };
    let options = Options { segment_size: 20_000, in_tables: 0, ..Options::default() };
    let spool = Embedded::open_with(&folder, options).unwrap();
    let rounds: u32 = std::env::var(ROUNDS).unwrap().parse().unwrap();
    for number in 0..rounds {
        let envelope = envelope();
        let id = envelope.id;
        let done = match write(&spool, &body_of(id), 100_000).await {
            Ok(body) => spool.commit(envelope, recipients(&["bob@one.example"]), body).await,
            Err(error) => Err(error),
        };
        match done {
            Ok(()) => say("accepted", id),
            Err(SpoolError::Full) => return full(&spool).await,
            Err(error) => return failed(&spool, &error).await,
        }
        if number % 2 == 0 {
            continue;
        }
        // The log is written back beside all this: it may have failed meanwhile.
        let leases = match lease_within(&spool, 1, 20).await {
            Ok(leases) => leases,
            Err(error) => return failed(&spool, &error).await,
        };
        for lease in leases {
            match spool.settle(settlement(&lease, &Outcome::Delivered)).await {
                Ok(()) => say("delivered", lease.envelope.id),
                Err(error) => return failed(&spool, &error).await,
            }
        }
    }
}

async fn full(spool: &Embedded) {
    match spool.health() {
        Health::Full => tell("full"),
        _ => tell("refuses"),
    }
    let envelope = envelope();
    let (id, body) = (envelope.id, write(spool, &body_of(envelope.id), 100_000).await.unwrap());
    spool.commit(envelope, recipients(&["bob@one.example"]), body).await.unwrap();
    say("accepted", id);
    assert_eq!(spool.health(), Health::Good);
}

async fn failed(spool: &Embedded, error: &SpoolError) {
    assert!(matches!(error, SpoolError::Failed(_)), "{error}");
    tell("failed");
    assert!(matches!(spool.health(), Health::Failed(_)));
    let again = spool.commit(envelope(), recipients(&["b@c.example"]), Body::Inline(Bytes::new())).await;
    assert!(matches!(again, Err(SpoolError::Failed(_))), "{again:?}");
    assert!(spool.begin().await.is_err());
    spool.shutdown().await;
}

fn tell(fate: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "fate {fate}").and_then(|()| out.flush()).unwrap();
}
