//! Space given back: files and segments that nothing lives in, and segments in which little does.

use std::time::Duration;

use super::*;
use crate::spool::{Control, Standing};

fn of(domain: &str) -> Filter {
    Filter { domain: Some(domain.to_owned()), ..Filter::default() }
}

async fn standings(spool: &Embedded) -> Vec<Standing> {
    listed(spool).await.iter().map(|queued| queued.standing).collect()
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

/// Segments that end after some messages of a thousand octets, and are copied at once.
fn short_segments(folder: &Path) -> Embedded {
    let after = Some(Duration::ZERO);
    let options = Options { segment_size: 20_000, in_tables: 0, compact_after: after, ..Options::default() };
    Embedded::open_with(folder, options).unwrap()
}

async fn take_in(spool: &Embedded, count: usize) {
    for _ in 0..count {
        let body = Body::Inline(content(1000).into());
        spool.commit(envelope(), recipients(&["bob@one.example"]), body).await.unwrap();
    }
}

#[tokio::test]
async fn a_segment_goes_with_the_last_body_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let spool = short_segments(folder.path());
    take_in(&spool, 50).await;
    assert_eq!(segments(folder.path()).len(), 3);
    for lease in lease_within(&spool, 100, 100).await.unwrap() {
        spool.settle(settlement(&lease, &Outcome::Delivered)).await.unwrap();
    }
    assert_eq!(segments(folder.path()).len(), 1, "the one that is written to stays");
    spool.shutdown().await;
    let spool = short_segments(folder.path());
    assert_eq!(segments(folder.path()), Vec::<PathBuf>::new());
    take_in(&spool, 1).await;
    assert_eq!(segments(folder.path()).len(), 1);
}

#[tokio::test]
async fn what_is_left_of_a_segment_is_copied_and_found() {
    let folder = tempfile::tempdir().unwrap();
    let spool = short_segments(folder.path());
    take_in(&spool, 60).await;
    let before = segments(folder.path());
    let leases = lease_within(&spool, 100, 100).await.unwrap();
    let (kept, delivered): (Vec<_>, Vec<_>) =
        leases.iter().enumerate().partition(|(number, _)| number % 10 == 0);
    for (_, lease) in delivered {
        spool.settle(settlement(lease, &Outcome::Delivered)).await.unwrap();
    }
    let gone = async {
        while segments(folder.path()).iter().any(|segment| before[..2].contains(segment)) {
            // Each change is an occasion for the next step.
            spool.put_off("one.example", None).await.unwrap();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("what is left is copied");
    for (_, lease) in &kept {
        // By its old place, and by its new one.
        for body in [lease.body.clone(), BodyRef::of(lease.envelope.id)] {
            let mut reader = spool.open_body(&body).await.unwrap();
            assert!(reader.read().await.unwrap() == content(1000));
        }
    }
    assert_eq!(listed(&spool).await.len(), kept.len());
    spool.shutdown().await;
    let spool = open(folder.path());
    for (_, lease) in &kept {
        assert!(read(&spool, lease.envelope.id).await.unwrap() == content(1000));
    }
}

#[tokio::test]
async fn a_segment_that_cannot_be_read_keeps_no_other_from_being_copied() {
    let folder = tempfile::tempdir().unwrap();
    let spool = short_segments(folder.path());
    take_in(&spool, 80).await;
    let before = segments(folder.path());
    // The first is the one that least lives in.
    std::fs::rename(&before[0], folder.path().join("elsewhere")).unwrap();
    for (number, lease) in lease_within(&spool, 100, 100).await.unwrap().iter().enumerate() {
        if !(number == 0 || (number > 20 && number % 9 == 0)) {
            spool.settle(settlement(lease, &Outcome::Delivered)).await.unwrap();
        }
    }
    let gone = async {
        while segments(folder.path()).contains(&before[1]) || segments(folder.path()).contains(&before[2]) {
            spool.put_off("one.example", None).await.unwrap();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("the others are copied");
}
