//! A sync fails, the relay is started again on the same machine, and later the power goes: the kernel
//! has shown the new start what was never on the disk.

use super::super::kill::{body_of, say};
use super::super::*;
use super::power::check;
use super::replay::{self, Chance, Disk};
use super::{folder, on_disk};

#[tokio::test]
async fn what_is_accepted_after_a_failed_sync_and_a_restart_outlives_a_power_loss() {
    for nth in [4, 20, 33] {
        let run = tempfile::tempdir().unwrap();
        let (spool, log) = (run.path().join("spool"), run.path().join("log"));
        let fail = format!("sync:-wal:{nth}:5:1");
        let variables = [("DISK_LOG", log.to_str().unwrap()), ("DISK_FAIL", &fail)];
        on_disk("lost::fails_and_is_started_again", &spool, &variables);

        let mut disk = Disk::default();
        replay::read(&log).iter().for_each(|entry| disk.happen(entry));
        let after = tempfile::tempdir().unwrap();
        disk.lose_power(&spool, after.path(), &mut Chance(nth));
        let (kept, _) = check(after.path(), &disk.said, &fail).await;
        assert!(kept >= 20, "{fail}: {kept} kept");
    }
}

#[tokio::test]
#[ignore = "the child of the test above"]
async fn fails_and_is_started_again() {
    let Some(folder) = folder() else { return };
    let spool = open(&folder);
    while accept(&spool).await.is_ok() {}
    spool.shutdown().await;
    drop(spool);
    let spool = open(&folder);
    for _ in 0..20 {
        accept(&spool).await.unwrap();
    }
    // The power goes while it runs: nothing is tidied up.
    std::process::exit(0);
}

async fn accept(spool: &Embedded) -> Result<(), SpoolError> {
    let envelope = envelope();
    let id = envelope.id;
    let body = write(spool, &body_of(id), 64 * 1024).await?;
    spool.commit(envelope, recipients(&["bob@one.example"]), body).await?;
    say("accepted", id);
    Ok(())
}
