//! `kill -9` in the middle of the work: nothing that was acknowledged is lost or damaged, and
//! nothing that was delivered is back.
//!
//! Twice, since the synced updates of a mixed run would hide enqueues that were not synced. The
//! child is this test binary again; it says each id only after the spool has answered.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;
use crate::spool::Unquarantine;

const RELEASE: Unquarantine = Unquarantine::Release { to: vec![] };
const FOLDER: &str = "WAXSEAL_TEST_SPOOL";
const WORK: &str = "WAXSEAL_TEST_WORK";

#[tokio::test]
async fn a_kill_while_mail_comes_in_loses_nothing() {
    for lines in [1, 40, 300] {
        killed_after(lines, "enqueue").await;
    }
}

#[tokio::test]
async fn a_kill_while_mail_comes_and_goes_loses_and_repeats_nothing() {
    for lines in [40, 500] {
        killed_after(lines, "mixed").await;
    }
}

#[tokio::test]
async fn a_kill_while_segments_are_copied_loses_and_repeats_nothing() {
    for lines in [300, 700] {
        killed_after(lines, "copied").await;
    }
}

async fn killed_after(lines: usize, work: &str) {
    let folder = tempfile::tempdir().unwrap();
    let said = run_and_kill(folder.path(), lines, work);
    let ids = |word: &str| ids(said.iter().map(String::as_str), word);
    let (accepted, settling, delivered) = (ids("accepted "), ids("settling "), ids("delivered "));
    assert!(!accepted.is_empty());

    let spool = open(folder.path());
    let quarantined = quarantine::ids(&spool).await;
    let mut found: BTreeSet<_> = listed(&spool).await.iter().map(|queued| queued.message).collect();
    assert_eq!(found.intersection(&quarantined).count(), 0, "waits, though quarantined");
    found.extend(quarantined);
    let lost: Vec<_> = accepted.difference(&settling).filter(|id| !found.contains(id)).collect();
    assert_eq!(lost, Vec::<&MessageId>::new(), "lost, of {}", accepted.len());
    assert_eq!(delivered.intersection(&found).count(), 0, "delivered, and back");
    for id in found {
        assert!(read(&spool, id).await.unwrap() == body_of(id), "the body of {id}");
    }
}

/// The ids of which this was said. The first line begins with what the test runner says.
pub(super) fn ids<'a>(said: impl Iterator<Item = &'a str>, word: &str) -> BTreeSet<MessageId> {
    said.filter_map(|line| line.split_once(word)?.1.trim().parse().ok()).collect()
}

/// Runs the child until it has said so many lines, and has delivered something where it delivers;
/// kills it, and answers with all it said.
fn run_and_kill(folder: &Path, lines: usize, work: &str) -> Vec<String> {
    let name = format!("{}::child", module_path!().split_once("::").unwrap().1);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--ignored", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(WORK, work)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let is_ours =
        |line: &String| ["accepted ", "settling ", "delivered "].iter().any(|word| line.contains(word));
    let mut before: Vec<String> = Vec::new();
    let mut awaits_delivery = work != "enqueue";
    for line in said.by_ref().filter(is_ours) {
        awaits_delivery &= !line.contains("delivered ");
        before.push(line);
        if before.len() >= lines && !awaits_delivery {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(before.len() >= lines && !awaits_delivery, "the child ended by itself");
    // The last line may be cut off in the middle of an id, and is then none.
    before.extend(said.filter(is_ours));
    before
}

/// A body that can be told from the id alone; one in eight is large.
pub(super) fn body_of(id: MessageId) -> Vec<u8> {
    let seed = id.as_bytes()[15];
    let octets = if seed.is_multiple_of(8) { 300_000 } else { 100 + usize::from(seed) * 40 };
    content(octets).into_iter().map(|octet| octet ^ seed).collect()
}

#[tokio::test]
#[ignore = "the child of the tests above"]
async fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let work = std::env::var(WORK).unwrap();
    let options = match work.as_str() {
        "copied" => Options {
            segment_size: 50_000,
            in_tables: 6_000,
            compact_after: Some(Duration::ZERO),
            ..Options::default()
        },
        _ => Options::default(),
    };
    let spool = Arc::new(Embedded::open_with(Path::new(&folder), options).unwrap());
    for _ in 0..8 {
        tokio::spawn(accept(Arc::clone(&spool)));
    }
    if work != "enqueue" {
        tokio::spawn(deliver(Arc::clone(&spool)));
        tokio::spawn(judge(Arc::clone(&spool)));
    }
    std::future::pending::<()>().await;
}

async fn accept(spool: Arc<Embedded>) {
    loop {
        let envelope = quarantine::some(envelope());
        let id = envelope.id;
        let body = write(&spool, &body_of(id), 64 * 1024).await.unwrap();
        spool.commit(envelope, recipients(&["bob@one.example", "carol@two.example"]), body).await.unwrap();
        say("accepted", id);
    }
}

async fn deliver(spool: Arc<Embedded>) {
    loop {
        for lease in leased(&spool, 8).await {
            let id = lease.envelope.id;
            say("settling", id);
            spool.settle(settlement(&lease, &Outcome::Delivered)).await.unwrap();
            // Two domains: when the second is settled, the message is gone.
            if matches!(spool.open_body(&BodyRef::of(id)).await, Err(SpoolError::Unknown)) {
                say("delivered", id);
            }
        }
        spool.wait_due().await;
    }
}

/// Says something of all that is quarantined: most of it is let go, the rest is removed.
async fn judge(spool: Arc<Embedded>) {
    loop {
        for id in quarantine::ids(&spool).await {
            let remove = id.as_bytes()[13].is_multiple_of(4);
            if remove {
                say("settling", id);
            }
            spool.unquarantine(id, if remove { Unquarantine::Remove } else { RELEASE }).await.unwrap();
            if remove {
                say("delivered", id);
            }
        }
        tokio::task::yield_now().await;
    }
}

pub(super) fn say(what: &str, id: MessageId) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{what} {id}").and_then(|()| out.flush()).unwrap();
}
