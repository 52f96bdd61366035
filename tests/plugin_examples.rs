//! The plugins of `examples/plugins` with real mail, the one in C among them. The seven shipped
//! policies as plugins are in the two tables.

use std::net::IpAddr;

use waxseal_tests::ca::Identity;
use waxseal_tests::client::{Client, message};
use waxseal_tests::guests;
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::receiver::Receiver;
use waxseal_tests::save::Style;
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};

const SENDER: &str = "someone@senders.example";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pinned_key_takes_the_partners_key_and_no_other() {
    let (known, other) = (Identity::self_signed(&["mx.a.example"]), Identity::self_signed(&["mx.b.example"]));
    let right = Host::start(Mode::tls(&known)).await;
    let wrong = Host::start(Mode::tls(&other)).await;
    let keys =
        format!("\"a.example\" = [{{ key = {0:?} }}]\n\"b.example\" = [{{ key = {0:?} }}]\n", known.pin());
    let site = Site::new()
        .policy("outgoing/pinned_key.wasm", guests::example("pinned_key").await)
        .policy("outgoing/pinned_key.toml", keys)
        .grant("pinned_key", &["clock"])
        .outgoing(&[r#""a.example" pinned_key"#, r#""b.example" pinned_key"#])
        .host("a.example", right.address)
        .host("b.example", wrong.address);
    let relay = site.start().await;
    relay.accept(SENDER, "x@a.example", &message("to the partner")).await;
    assert!(right.messages_until(1).await[0].encrypted);
    relay.accept(SENDER, "x@b.example", &message("to somebody else")).await;
    wrong.ended(1).await;
    assert!(wrong.messages().is_empty());

    // The partner has told us of another key: it is taken up with the file.
    let keys = format!("\"b.example\" = [{{ key = {:?} }}]\n", other.pin());
    relay.edit("outgoing/pinned_key.toml", keys, Style::RenameOver).await;
    assert_eq!(wrong.messages_until(1).await[0].recipients, ["x@b.example"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_ratchet_holds_what_was_reached_before() {
    // No connection is kept for the next mail: it makes its own.
    let identity = Identity::self_signed(&["mx.a.example"]);
    let host = Host::start_at("127.0.0.1:0", Mode::tls(&identity), Taking::AcceptOne).await;
    let site = Site::new()
        .policy("filters/tls_ratchet.wasm", guests::example("tls_ratchet").await)
        .policy("filters/tls_ratchet.toml", "remember = 90\nhold = \"encrypted\"\n")
        .grant("tls_ratchet", &["kv", "counters"])
        .host("a.example", host.address);
    let relay = site.start().await;
    relay.accept(SENDER, "x@a.example", &message("encrypted")).await;
    assert!(host.messages_until(1).await[0].encrypted);
    host.ended(1).await;

    // Somebody takes STARTTLS away. The policy is `attempt`, which would send the mail in clear.
    host.change(Mode::NoStartTls, Taking::Accept);
    relay.accept(SENDER, "x@a.example", &message("in clear?")).await;
    let held = relay
        .decision("the ratchet", |it| it.text("decided_by").starts_with("filters/tls_ratchet.wasm"))
        .await;
    assert_eq!(held.text("verdict"), "defer", "{held:?}");
    assert_eq!(host.messages().len(), 1);
    relay.waits(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hello_gate_learns_and_then_refuses() {
    let site = Site::new()
        .policy("filters/hello_gate.wasm", guests::example("hello_gate").await)
        .policy("filters/hello_gate.toml", "enforce = false\nrefuse = [\"t12*\"]\n")
        .grant("hello_gate", &["kv", "counters", "clock"]);
    let relay = site.start().await;
    let old = tls::client(None, Versions::Only12);
    let ready = |last, config| {
        let address = relay.address;
        async move { Client::ready(IpAddr::from([127, 0, 16, last]), address, Some(config)).await.is_ok() }
    };
    assert!(ready(1, &old).await, "it only learns");
    relay.edit("filters/hello_gate.toml", "enforce = true\nrefuse = [\"t12*\"]\n", Style::RenameOver).await;
    assert!(!ready(2, &old).await, "TLS 1.2 is refused");
    assert!(ready(3, &tls::client(None, Versions::Only13)).await, "TLS 1.3 is not");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn content_guard_looks_through_messages() {
    let host = Host::start(Mode::NoStartTls).await;
    let site = Site::new()
        .policy("filters/content_guard.wasm", guests::example("content_guard").await)
        .policy("filters/content_guard.toml", "refuse_texts = [\"a forbidden word\"]\nreview_cards = true\n")
        .host("there.example", host.address);
    let relay = site.start().await;
    relay.accept(SENDER, "x@there.example", &message("hello")).await;
    let taken = host.messages_until(1).await;
    let content = String::from_utf8_lossy(&taken[0].content);
    assert!(content.contains("X-External: yes\r\n"), "{content}");

    // Larger than the memory and the fuel of a plugin would allow it to be looked through at home.
    let lines = ("x".repeat(98) + "\r\n").repeat(60_000);
    let large = format!("{}{lines}a forbidden word\r\n", message("large"));
    let mut client = relay.client().await;
    client.ehlo().await;
    let said = client.mail(SENDER, &["x@there.example"], &large).await;
    assert_eq!(said.codes(), "550 5.7.1", "{said}");
    relay.accept(SENDER, "x@there.example", &format!("{}4111 1111 1111 1111\r\n", message("card"))).await;
    let kept = relay.decision("the review", |it| it.text("verdict") == "quarantine").await;
    assert!(kept.text("decided_by").starts_with("filters/content_guard.wasm:"), "{kept:?}");
    assert_eq!(kept.text("hook"), "message", "{kept:?}");
    assert_eq!(host.messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_in_c_holds_its_floor() {
    let site = Site::new();
    let host = Host::start(Receiver::NoStartTls.mode("mx.partner.org", &site.authority)).await;
    let site = site
        .policy("filters/c_floor.wasm", guests::example_in_c("c_floor").await)
        .host("partner.org", host.address)
        .host("open.example", host.address);
    let relay = site.start().await;
    relay.accept(SENDER, "a@partner.org", &message("sealed")).await;
    host.ended(1).await;
    let floor = relay
        .decision("the floor", |it| it.text("decided_by").starts_with("filters/c_floor.wasm:floor.c:"))
        .await;
    assert_eq!((floor.text("hook"), floor.text("verdict")), ("offer", "start_tls"), "{floor:?}");
    relay.accept(SENDER, "a@open.example", &message("open")).await;
    assert_eq!(host.messages_until(1).await[0].recipients, ["a@open.example"]);
    relay.waits(1).await;
}
