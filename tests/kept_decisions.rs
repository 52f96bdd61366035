//! What is kept of decisions keeps no message: once mail is delivered, no file of it is held open.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use waxseal_tests::client::message;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::http::Request;
use waxseal_tests::site::Site;
use waxseal_tests::wait::{soon, until};

const FILTER: &str = r#"fn message(client, message) {
    if message.text == "never" { refuse("5.7.1", "Never") } else { accept().add_header("X-Seen", "yes") }
}"#;

const MAILS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivered_mail_leaves_no_file_open() {
    let host = Host::start(Mode::NoStartTls).await;
    let site = Site::new().policy("filters/seen.rhai", FILTER).host("there.example", host.address);
    let relay = site.set("admin", "address", "\"127.0.0.1:0\"").start().await;
    let large = message("large") + format!("{}\r\n", "x".repeat(70)).repeat(15_000).as_str();
    for _ in 0..MAILS {
        relay.accept("a@client.example", "b@there.example", &large).await;
    }
    host.messages_until(MAILS).await;
    relay.drained().await;
    let decided = || relay.decisions().iter().filter(|it| it.is("incoming", "message")).count();
    until("all decisions to be written", || (decided() == MAILS).then_some(())).await;
    let data = relay.site.data();
    until("the files of delivered mail to be closed", || {
        let open = open_and_gone(&data);
        open.is_empty().then_some(())
    })
    .await;
}

const MARKS: &str =
    r#"fn message(client, message) { accept().add_header("X-Marked", "yes").tag("class", "bulk") }"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_filters_have_changed_is_shown_with_all_their_lines() {
    let site = Site::new().policy("filters/seen.rhai", FILTER).policy("filters/marks.rhai", MARKS);
    let relay = site.set("admin", "address", "\"127.0.0.1:0\"").start().await;
    relay.accept("a@client.example", "b@there.invalid", &message("marked")).await;
    let token = fs::read_to_string(relay.site.data().join("admin.token")).unwrap();
    let get = async |path: &str| {
        Request::get(format!("/api/v1{path}")).bearer(token.trim()).send(relay.admin().unwrap()).await.json()
    };
    let found = async {
        loop {
            let page = get("/decisions?hook=message").await;
            if let Some(number) = page["items"][0]["number"].as_u64() {
                return (page, number);
            }
        }
    };
    let (page, number) = soon("the decision", found).await;
    let marks = "filters/marks.rhai:1:";
    let by = |list: &Value| {
        list.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let changed_by = by(&page["items"][0]["changed_by"]);
    assert!(changed_by[0].starts_with(marks) && changed_by[1].starts_with("filters/seen.rhai:2:"), "{page}");
    assert_eq!(changed_by.len(), 2, "each once: {page}");
    let one = get(&format!("/decisions/{number}")).await;
    let words: Vec<_> = (0..3).map(|at| one["changes"][at]["words"].as_str().unwrap_or_default()).collect();
    assert_eq!(words, ["add_header X-Marked: yes", "tag class=bulk", "add_header X-Seen: yes"], "{one}");
    assert_eq!(one["changes"][1]["edit"]["tag"]["value"], "bulk", "{one}");
}

/// The files beneath a directory that were removed, and that this process still holds open.
fn open_and_gone(data: &Path) -> Vec<PathBuf> {
    let open = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let open = open.filter_map(|entry| fs::read_link(entry.path()).ok());
    open.filter(|path| path.starts_with(data) && path.to_string_lossy().ends_with(" (deleted)")).collect()
}
