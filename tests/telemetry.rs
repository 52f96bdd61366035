//! What happens to mail arrives at a collector of OpenTelemetry, and one that is down costs nothing but spans.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use waxseal_tests::client::message;
use waxseal_tests::collector::{Collector, Span};
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::receiver::Receiver;
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::wait::until;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mails_spans_arrive_linked_with_what_was_decided() {
    let collector = Collector::start().await;
    let site = Site::new().set("telemetry", "service_name", "\"mail-1\"");
    let mode = Receiver::Valid.mode("mx.there.example", &site.authority);
    let (relay, host) = mailed(site, mode, &collector.otlp()).await;

    let deliver = collector.span("the attempt", |span| span.name == "deliver").await;
    let receive = collector.span("the message", |span| span.name == "receive").await;
    let session = collector.span("the session", |span| span.name == "session").await;
    assert_eq!(receive.trace, receive.attributes["messaging.message.id"].replace('-', ""));
    assert_eq!((&deliver.trace, &deliver.parent), (&receive.trace, &receive.id));
    assert_eq!((&receive.links, &session.links), (&vec![session.id.clone()], &vec![receive.id.clone()]));
    assert_eq!(session.attributes["network.peer.address"], "127.0.0.1");
    assert_eq!(receive.resource["service.name"], "mail-1");
    assert!(![&deliver, &receive, &session].iter().any(|span| span.failed), "{deliver:#?}");

    let of = |parent: &Span, name: &str| {
        let (parent, name) = (parent.id.clone(), name.to_owned());
        let spans = collector.spans();
        let found = spans.iter().find(|span| span.parent == parent && span.name == name).cloned();
        found.unwrap_or_else(|| panic!("no {name} beneath {parent}: {spans:#?}"))
    };
    assert_eq!(of(&receive, "hook mail").attributes["waxseal.verdict"], "accept");
    assert_eq!(of(&session, "hook offer").attributes["waxseal.policy"], "attempt");
    let handshake = of(&deliver, "TLS handshake");
    assert_eq!(handshake.attributes["tls.protocol.version"], "1.3");
    let connect = of(&deliver, "connect");
    assert_eq!(connect.attributes["server.address"], "mx.there.example");
    assert_eq!(connect.attributes["network.peer.port"], host.address.port().to_string());
    let certificate = of(&deliver, "hook certificate");
    assert_eq!(certificate.attributes["waxseal.row"], "*");
    assert!(
        certificate.attributes["waxseal.decided_by"].starts_with("outgoing/attempt.rhai"),
        "{certificate:?}"
    );
    of(&deliver, "transaction");
    until("the spans to be counted", || {
        relay.metrics().contains("waxseal_telemetry_spans_total{result=\"exported\"}").then_some(())
    })
    .await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_spans_are_sent_when_the_relay_stops() {
    let collector = Collector::start().await;
    let (relay, _host) = mailed(Site::new(), Mode::NoStartTls, &collector.otlp()).await;
    relay.stop().await;
    assert!(collector.spans().iter().any(|span| span.name == "deliver"), "{:#?}", collector.spans());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_down_costs_nothing_but_spans() {
    let nobody = free_address().await;
    let (relay, host) = mailed(Site::new(), Mode::NoStartTls, &format!("\"http://{nobody}\"")).await;
    assert_eq!(host.messages().len(), 1);
    until("spans to be dropped and counted", || {
        relay.metrics().contains("waxseal_telemetry_spans_total{result=\"dropped\"}").then_some(())
    })
    .await;
    relay.stop().await;
}

/// A relay that exports there, and the host that has got a message from it.
async fn mailed(site: Site, mode: Mode, otlp: &str) -> (TestRelay, Host) {
    let host = Host::start(mode).await;
    let site = site.set("telemetry", "otlp", otlp).host("there.example", host.address);
    let relay = site.start().await;
    relay.accept("a@here.example", "b@there.example", &message("telemetry")).await;
    relay.drained().await;
    (relay, host)
}

/// An address at which nobody listens.
async fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}
