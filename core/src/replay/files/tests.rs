use std::fs;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::sync::Arc;

use serde_json::json;
use waxseal_plugins::bundle::Bundle;

use super::super::tests::{bundle, record, row};
use super::*;
use crate::outgoing::Ways;

/// A MAIL FROM of which two rows are asked: two records, one decision.
fn mail(number: usize, verdicts: [&str; 2]) -> [String; 2] {
    let rows = ["192.0.2.0/24", "partner.org"];
    let part = |at: usize| {
        let client = json!({ "address": "192.0.2.1", "row": row(rows[at], "attempt"), "at_mail": true,
            "sender_domain": "partner.org" });
        let told = json!({ "client": client, "mail": { "sender_domain": "partner.org" } });
        let mut record = record(&format!("s{number}"), ["incoming", "mail", verdicts[at]], told);
        // The relay writes time and session first.
        let members = record.as_object_mut().unwrap();
        members.remove("time");
        members.remove("session");
        let rest = record.to_string();
        format!(r#"{{"time":"2026-11-28T0{at}:00:00Z","session":"s{number}",{}"#, &rest[1..])
    };
    [part(0), part(1)]
}

fn candidate() -> Arc<Bundle> {
    bundle(
        r#"incoming { "*" attempt "192.0.2.0/24" attempt "partner.org" require } outgoing { "*" attempt }"#,
        &[],
    )
}

fn run(logs: &[Log], window: Window) -> Report {
    replay(logs, window, &Bundles { candidate: candidate(), against: None, ways: Ways::default() }).unwrap()
}

#[test]
fn parts_of_a_log_are_read_in_their_order_and_sessions_stay_whole() {
    const MAILS: usize = 3000;
    let folder = tempfile::tempdir().unwrap();
    let logs = [folder.path().join("log"), folder.path().join("log.1")];
    // The second records are in the newer part, in another order.
    let mails: Vec<_> = (0..MAILS).map(|number| mail(number, ["accept", "refuse"])).collect();
    let mut parts = [File::create(&logs[0]).unwrap(), File::create(&logs[1]).unwrap()];
    mails.iter().for_each(|[first, _]| writeln!(parts[1], "{first}").unwrap());
    mails.iter().rev().for_each(|[_, second]| writeln!(parts[0], "{second}").unwrap());
    let report = run(&logs.map(Log::File), Window::default());
    assert_eq!((report.records, report.decisions, report.same), (6000, 3000, 3000), "{:?}", report.groups);
}

#[test]
fn what_is_too_long_is_no_record_and_the_next_line_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut file = File::create(&log).unwrap();
    let [first, second] = mail(0, ["accept", "refuse"]);
    file.write_all(&vec![b'x'; 3 * LINE]).unwrap();
    write!(file, "\n\r\n{first}\n{second}").unwrap();
    let report = run(&[Log::File(log)], Window::default());
    assert_eq!((report.records, report.decisions), (3, 1), "{report:?}");
    assert_eq!(report.unjudged["torn"], 1);
}

#[test]
fn only_what_is_of_the_time_counts() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    fs::write(&log, mail(0, ["accept", "refuse"]).join("\n")).unwrap();
    let until = "2026-11-28T00:30:00Z".parse().ok();
    let report = run(&[Log::File(log.clone())], Window { until, ..Window::default() });
    // The first record alone: the policies in question refuse.
    assert_eq!((report.records, report.stricter), (1, 1), "{report:?}");
    let report = run(&[Log::File(log)], Window { since: until, ..Window::default() });
    assert_eq!((report.records, report.same), (1, 1), "{report:?}");
}

#[test]
fn a_log_that_is_not_there_is_named() {
    let bundles = Bundles { candidate: candidate(), against: None, ways: Ways::default() };
    let error = replay(&[Log::File("/nowhere/log".into())], Window::default(), &bundles).unwrap_err();
    assert!(error.to_string().contains("/nowhere/log"), "{error}");
}

/// What is read of a pipe is gone: it cannot be opened once for a look and once more.
#[test]
fn nothing_of_a_pipe_is_lost() {
    const MAILS: usize = 300;
    let (reader, mut writer) = io::pipe().unwrap();
    let log = Log::File(format!("/dev/fd/{}", reader.as_raw_fd()).into());
    let writing = thread::spawn(move || {
        for number in 0..MAILS {
            writeln!(writer, "{}", mail(number, ["accept", "refuse"]).join("\n")).unwrap();
        }
    });
    let report = run(&[log], Window::default());
    writing.join().unwrap();
    assert_eq!((report.records, report.decisions, report.same), (600, 300, 300), "{report:?}");
}
