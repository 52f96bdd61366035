//! The log of the program: who was turned away and by whom, what was discarded, who shows a wrong token.

use waxseal_tests::client::{Client, message};
use waxseal_tests::command::run_relay;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::http::Request;
use waxseal_tests::site::Site;

const SENDER: &str = "a@client.example";

const FILTER: &str = r#"fn rcpt(client, recipient) {
    if recipient.address.starts_with("nobody@") { refuse("5.1.1", "Nobody is there") }
}
fn message(client, message) {
    if message.subject == "spam" { return refuse("5.7.1", "No spam"); }
    if message.subject == "void" { return discard("into the void"); }
    accept().tag("class", "bulk")
}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_turned_away_has_a_line() {
    let host = Host::start(Mode::NoStartTls).await;
    let site = Site::new().policy("filters/own.rhai", FILTER).host("there.example", host.address);
    let site = site.set("relay", "networks", "[\"127.0.0.0/9\"]");
    let (site, _names) = site.with_name_server().await;
    let relay = run_relay(&site.write()).await;
    let mut client = Client::connect(relay.address).await;
    client.ehlo().await;
    client.say(&format!("MAIL FROM:<{SENDER}>")).await;
    assert_eq!(client.say("RCPT TO:<nobody@there.example>").await.codes(), "550 5.1.1");
    client.say("RSET").await;
    for (subject, code) in [("spam", 550), ("void", 250), ("usual", 250)] {
        assert_eq!(client.mail(SENDER, &["b@there.example"], &message(subject)).await.code, code);
    }
    let mut stranger = Client::connect_from([127, 200, 0, 1].into(), relay.address).await;
    stranger.ehlo().await;
    stranger.say(&format!("MAIL FROM:<{SENDER}>")).await;
    for _ in 0..30 {
        assert_eq!(stranger.say("RCPT TO:<b@there.example>").await.codes(), "550 5.7.1");
    }
    host.messages_until(1).await;
    relay.signal("TERM").await;
    let (_, log) = relay.end().await;
    let line = |parts: &[&str]| {
        let mut lines = log.lines().filter(|line| parts.iter().all(|part| line.contains(part)));
        assert!(lines.next().is_some(), "no line with {parts:?} in:\n{log}");
    };
    let who = ["INFO", "client=127.0.0.1", "sender=a@client.example"];
    let told = |rest: &[&'static str]| line(&[&who, rest].concat());
    let refused = ["recipient refused", "to=nobody@there.example", "code=550", "own.rhai:2:"];
    told(&refused);
    told(&["message refused", "to=b@there.example", "5.7.1 No spam", "own.rhai:5:"]);
    told(&["message accepted", "tags=\"class=bulk\""]);
    line(&["message discarded", "sender=a@client.example", "to=b@there.example", "into the void"]);
    let denied = ["recipient refused", "client=127.200.0.1", "to=b@there.example", "decided_by=\"relay\""];
    line(&denied);
    let lines = log.lines().filter(|line| denied.iter().all(|part| line.contains(part))).count();
    assert_eq!(lines, 20, "one client fills no disk");
    line(&["more is refused in this session", "client=127.200.0.1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_token_is_told_with_its_address() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (site, _names) = Site::new().with_name_server().await;
    let relay = run_relay(&site.set("admin", "address", format!("\"{port}\"")).write()).await;
    let answer = Request::get("/api/v1/status").bearer("guessed").send(port).await;
    assert_eq!(answer.status, 401);
    relay.signal("TERM").await;
    let (_, log) = relay.end().await;
    let line = log.lines().find(|line| line.contains("wrong token")).expect("a line");
    assert!(line.contains("client=127.0.0.1:"), "{line}");
}
