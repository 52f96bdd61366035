//! `waxseal trace`: sessions as they go, with the answer of each hook; whose they are is followed alone.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use waxseal_tests::client::message;
use waxseal_tests::command::{self, Tracing};
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::receiver::Receiver;
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};
use waxseal_tests::wait::soon;

/// A filter of which some recipients are refused, and others not spoken of.
const FILTER: &str = r#"fn rcpt(client, recipient) {
    if recipient.address.starts_with("nobody@") { return refuse("nobody is there"); }
}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_shown_with_what_each_hook_answers() {
    let relay = Site::new().policy("filters/own.rhai", FILTER).start().await;
    let mut tracing = trace(&relay, &["--incoming"]).await;
    let mut client = relay.client().await;
    client.ehlo().await;
    client.say("MAIL FROM:<a@here.example>").await;
    client.say("RCPT TO:<nobody@there.example>").await;
    client.say("QUIT").await;

    let lines = tracing.up_to("session ended").await;
    let at = |text: &str| {
        lines.iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("no {text}: {lines:#?}"))
    };
    let order = [
        "in  -- 127.0.0.1:",
        "S: 220 relay.example",
        "C: EHLO ",
        "=> offer: advertise",
        "S: 250-relay.example",
        "C: MAIL FROM:<a@here.example>",
        "=> mail: accept",
        "S: 250 2.1.0",
        "C: RCPT TO:<nobody@there.example>",
        "=> rcpt: refuse \"nobody is there\" (filters/own.rhai:2:",
        "S: 550 5.7.1",
        "C: QUIT",
        "S: 221",
    ]
    .map(at);
    assert!(order.is_sorted(), "{order:?} {lines:#?}");
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_is_shown_with_its_handshake_and_never_what_a_message_says() {
    let site = Site::new();
    let mode = Receiver::Valid.mode("mx.there.example", &site.authority);
    let host = Host::start(mode).await;
    let relay = site.host("there.example", host.address).start().await;
    let mut tracing = trace(&relay, &["there.example", "--outgoing"]).await;
    relay.accept("a@here.example", "b@there.example", &message("secret")).await;

    let lines = tracing.up_to("attempt ended").await;
    let at = |text: &str| {
        lines.iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("no {text}: {lines:#?}"))
    };
    let order = [
        "out -- attempt 1 to deliver",
        "-- connected to mx.there.example (127.0.0.1:",
        "S: 220",
        "C: EHLO relay.example",
        "=> offer: ",
        "=> start: ",
        "C: STARTTLS",
        "-- TLS 1.3, TLS_",
        "=> cipher: accept",
        "=> certificate of ",
        "=> mail: accept",
        "C: MAIL FROM:<a@here.example>",
        "-- content, ",
        "-- attempt ended: 1 delivered, mx.there.example, verified",
    ]
    .map(at);
    assert!(order.is_sorted(), "{order:?} {lines:#?}");
    assert!(lines.iter().all(|line| line.contains(" out ") && !line.contains("secret")), "{lines:#?}");
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inside_tls_all_is_shown_from_the_beginning_once_the_sender_is_the_one() {
    let relay = Site::new().start().await;
    let mut tracing = trace(&relay, &["--json", "here.example"]).await;
    let mut other = relay.client().await;
    other.ehlo().await;
    other.say("MAIL FROM:<a@elsewhere.example>").await;
    let mut client = relay.client().await;
    client.ehlo().await;
    let mut client = client.start_tls(&tls::client(None, Versions::Modern)).await.expect("a handshake");
    client.ehlo().await;
    client.say("MAIL FROM:<a@here.example>").await;
    client.say("QUIT").await;
    other.say("QUIT").await;

    let lines = tracing.up_to("\"event\":\"ended\"").await;
    let events: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(events[0]["event"], "connected");
    assert!(events.iter().all(|event| event["session"] == events[0]["session"]), "{events:#?}");
    let handshake = events.iter().find(|event| event["event"] == "handshake").expect("a handshake");
    assert_eq!((&handshake["version"], &handshake["resumed"]), (&"1.3".into(), &false.into()));
    let cipher = events.iter().find(|event| event["hook"] == "cipher").expect("the hook");
    assert_eq!(cipher["facts"]["client"]["address"], "127.0.0.1");
    assert_eq!(cipher["asked"][0]["path"], "incoming/attempt.rhai");
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_follow_at_once_each_what_he_wants_and_a_count_ends_it() {
    let relay = Site::new().start().await;
    let offers = trace(&relay, &["--hook", "offer", "--count", "2", "--incoming"]).await;
    let nobody = trace(&relay, &["192.0.2.0/24", "--count", "1"]).await;
    let mut all = trace(&relay, &[]).await;
    for _ in 0..2 {
        let mut client = relay.client().await;
        client.ehlo().await;
        client.say("QUIT").await;
        all.up_to("session ended").await;
    }
    let (status, lines) = offers.rest().await;
    assert!(status.success(), "{status}");
    let heads = lines.iter().filter(|line| line.contains("=> offer: advertise")).count();
    assert_eq!(heads, 2, "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("C: ")), "{lines:#?}");
    relay.stop().await;
    let (_, lines) = nobody.rest().await;
    assert!(lines.is_empty(), "{lines:#?}");
}

/// It reads nothing at all while much happens: mail goes on, and it is told what it has missed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_slowly_holds_up_no_mail_and_is_told_what_was_lost() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = Site::new().host("there.example", host.address).start().await;
    let socket = relay.site.data().join("control.sock");
    let mut stream = BufReader::new(UnixStream::connect(socket).await.expect("the control socket"));
    stream.write_all(b"{\"command\":\"trace\"}\n").await.expect("a request");
    let mut line = String::new();
    soon("the answer", stream.read_line(&mut line)).await.expect("a line");
    assert!(line.contains("tracing"), "{line}");

    let mut client = relay.client().await;
    client.ehlo().await;
    let said = format!("NOOP {}", "x".repeat(500));
    for _ in 0..100 {
        // A command in a batch is answered in one, and each is an event.
        client.send(format!("{said}\r\n").repeat(100)).await;
        for _ in 0..100 {
            client.reply().await;
        }
    }
    relay.accept("a@here.example", "b@there.example", &message("on its way")).await;
    relay.drained().await;
    let missed = async {
        loop {
            line.clear();
            assert!(stream.read_line(&mut line).await.expect("a line") > 0, "it ended");
            if line.starts_with("{\"missed\":") {
                return;
            }
            // What comes after what was lost tells of it.
            client.say("NOOP").await;
        }
    };
    soon("the loss to be told", missed).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_that_is_gone_is_noticed_without_another_event() {
    let relay = Site::new().start().await;
    let tracing = trace(&relay, &[]).await;
    assert!(relay.is_followed());
    drop(tracing);
    let gone = async {
        while relay.is_followed() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    soon("the relay to notice", gone).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_sense_is_told() {
    let site = Site::new();
    let configuration = site.write();
    let wrong = command::waxseal(&configuration, &["trace", "a b"]).await;
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.errors.contains("write an address as"), "{wrong:?}");
    let none = command::waxseal(&configuration, &["trace", "--hook", "ofer"]).await;
    assert!(none.errors.contains("there is no such hook"), "{none:?}");
    let stopped = command::waxseal(&configuration, &["trace"]).await;
    assert_eq!(stopped.code, Some(2));
    assert!(stopped.errors.contains("no relay runs here"), "{stopped:?}");
}

async fn trace(relay: &TestRelay, arguments: &[&str]) -> Tracing {
    command::trace(&relay.site.path("waxseal.toml"), arguments).await
}
