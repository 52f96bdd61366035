//! Power loss: what was acknowledged was synced, and what was not synced may be torn.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tokio::task::JoinSet;

use super::*;

const FOLDER: &str = "WAXSEAL_TEST_SYNCED_SPOOL";

/// The database's log, in which a commit is durable.
fn log(folder: &Path) -> PathBuf {
    let mut entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.find(|path| path.to_string_lossy().ends_with("-wal")).unwrap()
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test]
async fn a_torn_end_of_the_log_loses_only_what_was_not_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let first = enqueue(&spool, &["bob@one.example"]).await;
    let acknowledged = fs::metadata(log(folder.path())).unwrap().len();
    let second = enqueue(&spool, &["carol@two.example"]).await;
    let whole = fs::metadata(log(folder.path())).unwrap().len();
    assert!(whole > acknowledged, "the second commit is not in the log");
    for (kept, garbage) in [(0, 0), (1, 0), (500, 3000), (8192, 100), (0, 9000)] {
        let after = tempfile::tempdir().unwrap();
        copy(folder.path(), after.path());
        let mut log = fs::OpenOptions::new().append(true).open(log(after.path())).unwrap();
        log.set_len((acknowledged + kept).min(whole - 1)).unwrap();
        log.write_all(&vec![0xA5; garbage]).unwrap();
        let spool = open(after.path());
        let found = listed(&spool).await;
        let found: Vec<_> = found.iter().map(|queued| queued.message).collect();
        assert_eq!(found, [first.id], "{kept} octets of {}, then {garbage} of garbage", second.id);
        assert_eq!(read(&spool, first.id).await.unwrap(), b"hello");
        enqueue(&spool, &["dave@three.example"]).await;
    }
}

/// The log is written back beside the writer, and begun anew, as long as nobody reads for ever.
#[tokio::test]
async fn the_log_stays_small_under_load() {
    const ROUNDS: usize = 60;
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(open(folder.path()));
    let mut longest = 0;
    for _ in 0..ROUNDS {
        let mut commits = JoinSet::new();
        for _ in 0..100 {
            let spool = Arc::clone(&spool);
            // It is in the database.
            let envelope = Envelope { sender: "x".repeat(10_000), ..envelope() };
            let body = Body::Inline(Bytes::from_static(b"hello"));
            commits
                .spawn(async move { spool.commit(envelope, recipients(&["bob@one.example"]), body).await });
        }
        // Readers come and go meanwhile.
        spool.list(&Filter::default(), None, 10).await.unwrap();
        assert!(commits.join_all().await.iter().all(Result::is_ok));
        longest = longest.max(fs::metadata(log(folder.path())).unwrap().len());
    }
    let written = (ROUNDS * 100 * 10_000) as u64;
    assert!(longest <= Options::default().reserve, "{longest} octets of log: more than the reserve");
    assert!(longest < written, "{longest} octets of log for {written} of senders");
}

#[tokio::test]
#[ignore = "needs strace, and the right to trace a process: cargo test -p waxseal every_commit -- --ignored"]
async fn every_commit_is_synced_before_it_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let name = format!("{}::acknowledges_one_by_one", module_path!().split_once("::").unwrap().1);
    let traced = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=fsync,fdatasync,write", "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--ignored", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder.path().join("spool"))
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(traced.success());
    let (mut synced, mut acknowledged) = (0, vec![]);
    for line in fs::read_to_string(&trace).unwrap().lines() {
        if line.contains("sync") && line.trim_end().ends_with("= 0") {
            synced += 1;
        } else if line.contains("write(1, \"accepted ") {
            acknowledged.push(std::mem::take(&mut synced));
        }
    }
    assert_eq!(acknowledged.len(), 20);
    // Of the segment and of the log; or of the body's file, of its folder and of the log.
    for (number, syncs) in acknowledged.into_iter().enumerate() {
        assert!(syncs >= 2 + number % 2, "commit {number} was acknowledged after {syncs} syncs");
    }
}

#[tokio::test]
#[ignore = "the child of the test above"]
async fn acknowledges_one_by_one() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let spool = open(Path::new(&folder));
    for number in 0..20 {
        let octets = if number % 2 == 0 { 100 } else { 300_000 };
        let body = write(&spool, &content(octets), 64 * 1024).await.unwrap();
        let envelope = envelope();
        let line = format!("accepted {}\n", envelope.id);
        spool.commit(envelope, recipients(&["bob@one.example"]), body).await.unwrap();
        let mut out = std::io::stdout().lock();
        out.write_all(line.as_bytes()).and_then(|()| out.flush()).unwrap();
    }
}
