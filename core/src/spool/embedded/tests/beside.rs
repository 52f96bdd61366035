//! What the writer and those that choose must not do to each other.

use std::time::Duration;

use tokio::time::timeout;

use super::*;
use crate::spool::Control;
use crate::spool::embedded::ending::Added;
use crate::spool::embedded::place::{At, Place};

const SOON: Duration = Duration::from_millis(200);
const LATE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn mail_is_taken_while_a_choice_goes_on_and_outcomes_wait_for_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    enqueue(&spool, &["bob@one.example"]).await;
    let lease = leased(&spool, 1).await.remove(0);
    let choice = spool.leases.choose();
    let mut settled = Box::pin(spool.settle(settlement(&lease, &Outcome::Delivered)));
    assert!(timeout(SOON, &mut settled).await.is_err(), "the choice may have it");
    for _ in 0..3 {
        timeout(LATE, enqueue(&spool, &["eve@two.example"])).await.expect("mail waits for a choice");
    }
    drop(choice);
    timeout(LATE, settled).await.expect("it is left behind").unwrap();
    assert_eq!(leased(&spool, 10).await.len(), 3);
}

#[tokio::test]
async fn of_a_recipient_that_is_leased_already_only_the_tables_tell() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    enqueue(&spool, &["bob@one.example"]).await;
    let lease = leased(&spool, 1).await.remove(0);
    let choice = spool.leases.choose();
    let place = Place { at: At::Segment { number: 1, offset: 0 }, length: 5, checksum: 0 };
    let envelope = Envelope::clone(&lease.envelope);
    let recipients = (0..).zip(recipients(&["bob@one.example"])).collect();
    spool.leases.keep_fresh(Added { envelope, recipients, place, content: None });
    drop(choice);
    spool.settle(settlement(&lease, &deferred(-1))).await.unwrap();
    let again = leased(&spool, 1).await.remove(0);
    assert_eq!((again.recipients[0].attempts, &again.recipients[0].last), (1, &Some(status())));
}

/// A recipient that was free when it was listed may be leased when it is written, and the other way
/// round.
#[tokio::test]
async fn who_is_leased_is_decided_when_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(open(folder.path()));
    for _ in 0..20 {
        enqueue(&spool, &["bob@one.example"]).await;
        let lease = leased(&spool, 1).await.remove(0);
        let removing = {
            let spool = Arc::clone(&spool);
            tokio::spawn(async move { spool.control(&Filter::default(), Control::Remove).await })
        };
        let settlement = Settlement { notices: vec![], ..settlement(&lease, &deferred(3600)) };
        spool.settle(settlement).await.unwrap();
        removing.await.unwrap().unwrap();
        assert_eq!(listed(&spool).await, [], "it stays until a restart");
    }
}
