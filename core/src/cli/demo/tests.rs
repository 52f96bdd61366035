//! The demo is the first thing that anybody sees: what it says is held here.

use std::fs;

use waxseal_plugins::diagnostic::Diagnostic;
use waxseal_plugins::place::Place;

use super::mails::MAILS;
use super::show::Fate;
use super::*;

/// What becomes of each mail, in the order of [`MAILS`].
const FATES: [&str; 8] = ["sealed", "clear", "sealed", "waits", "waits", "sealed", "refused", "sealed"];

#[tokio::test(flavor = "multi_thread")]
async fn each_mail_meets_its_fate_and_an_edit_changes_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut stage = raise(directory.path(), 0).await.unwrap();
    for (mail, expected) in MAILS.iter().zip(FATES) {
        let fate = stage.follow(mail).await.unwrap();
        assert_eq!(kind(&fate), expected, "{}: {fate:?}", mail.about);
    }

    let legacy = MAILS.iter().find(|mail| mail.domain() == "legacy.example").unwrap();
    edit(directory.path(), &stage, "\"legacy.example\"     require", "\"legacy.example\"     attempt").await;
    assert_eq!(stage.follow(legacy).await.unwrap(), Fate::Arrived(None));

    edit(directory.path(), &stage, "\"legacy.example\"     attempt", "\"legacy.example\"     require").await;
    assert_eq!(kind(&stage.follow(legacy).await.unwrap()), "waits");
    stage.strike().await;
}

#[test]
fn broken_files_are_said_once_and_so_is_their_end() {
    let status = |rejected, diagnostics: &[Diagnostic]| Status {
        generation: 1,
        since: String::new(),
        hash: String::new(),
        rejected,
        diagnostics: diagnostics.to_vec(),
        from_last_good: false,
        lists: vec![],
    };
    let finding = Diagnostic::error("T001", Place::file("outgoing/require.rhai"), "no such fact");
    let (good, broken, mended) = (status(0, &[]), status(1, &[finding]), status(1, &[]));
    assert!(news(&good, &broken).unwrap().contains("T001"));
    assert_eq!(news(&broken, &broken), None);
    assert!(news(&broken, &mended).unwrap().contains("in force again"));
    assert_eq!(
        news(&broken, &Status { generation: 2, ..mended }),
        None,
        "the new generation is said elsewhere"
    );
}

fn kind(fate: &Fate) -> &'static str {
    match fate {
        Fate::Arrived(Some(_)) => "sealed",
        Fate::Arrived(None) => "clear",
        Fate::Waits(reason) => {
            assert!(!reason.is_empty(), "nobody is told why it waits");
            "waits"
        }
        Fate::Refused(_) => "refused",
    }
}

/// Changes the table, and waits until the relay has taken it up.
async fn edit(directory: &Path, stage: &Stage, from: &str, to: &str) {
    let mut generation = stage.relay().services.live.subscribe();
    generation.mark_unchanged();
    let table = directory.join("policies/domains.rhai");
    let text = fs::read_to_string(&table).unwrap();
    assert!(text.contains(from), "the demo's table has changed: {text}");
    fs::write(&table, text.replace(from, to)).unwrap();
    tokio::time::timeout(Duration::from_secs(30), generation.changed()).await.unwrap().unwrap();
}
