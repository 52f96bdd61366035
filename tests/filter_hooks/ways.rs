//! Route, delivered, deferred, failed. What filters tag a message with when it comes says what they do when it goes.

use std::net::{IpAddr, SocketAddr, TcpListener};

use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::wait::until;

use super::{Actor, RECIPIENT, letter, send};

/// What a host sees of the way that a message comes.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    from: IpAddr,
    greeting: String,
}

/// The relay of the actor, its usual host for `there.example`, and another.
struct World {
    relay: TestRelay,
    usual: Host,
    other: Host,
    postbox: Host,
}

impl World {
    async fn of(actor: Actor) -> Self {
        let usual = Host::start(Mode::NoStartTls).await;
        let other = Host::start(Mode::NoStartTls).await;
        let postbox = Host::start(Mode::NoStartTls).await;
        let site = actor.site().await.set("delivery", "retry", r#"["1h"]"#);
        let site = site.host("there.example", usual.address).host("client.example", postbox.address);
        let keys = format!("name = \"line\"\nto = [\"{}\"]\nhelo_name = \"line.example\"", other.address);
        Self { relay: site.transport(keys).start().await, usual, other, postbox }
    }

    async fn send(&self, route: &str, value: &str) {
        let orders = [format!("tag|route|{route}"), format!("tag|value|{value}")];
        let reply = send(&self.relay, &[RECIPIENT], &letter(&orders.each_ref().map(String::as_str))).await;
        assert_eq!(reply.code, 250, "{reply}");
    }
}

async fn seen(host: &Host) -> Seen {
    host.messages_until(1).await;
    let session = host.sessions().remove(0);
    let greeting = session.commands.iter().find_map(|command| command.strip_prefix("EHLO "));
    Seen { from: session.peer.ip(), greeting: greeting.unwrap().to_owned() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_chooses_the_way() {
    ways(Actor::Script).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_chooses_the_way() {
    ways(Actor::Plugin).await;
}

async fn ways(actor: Actor) {
    let usual = |from: u8, greeting: &str| Seen { from: [127, 0, 0, from].into(), greeting: greeting.into() };
    for (route, value, expected) in [
        ("usual", "none", usual(1, "relay.example")),
        ("source", "127.0.0.9", usual(9, "relay.example")),
        ("helo_name", "news.example", usual(1, "news.example")),
    ] {
        let world = World::of(actor).await;
        world.send(route, value).await;
        assert_eq!(seen(&world.usual).await, expected, "{actor:?} {route}");
        assert!(world.other.sessions().is_empty());
    }
    let world = World::of(actor).await;
    world.send("to", &world.other.address.to_string()).await;
    assert_eq!(seen(&world.other).await, usual(1, "relay.example"), "{actor:?}");
    let world = World::of(actor).await;
    world.send("transport", "line").await;
    assert_eq!(seen(&world.other).await, usual(1, "line.example"), "{actor:?}");
    let routed = world.relay.decision("a way", |it| it.is("outgoing", "route")).await;
    assert!(routed.text("decided_by").starts_with(actor.place()), "{routed:?}");
    assert_eq!(routed.field("way")["transport"], "line");
    assert!(world.usual.sessions().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_way_is_given_waits_or_comes_back() {
    for actor in [Actor::Script, Actor::Plugin] {
        for (route, verdict) in [("defer", "defer"), ("fail", "failure"), ("transport", "failure")] {
            let world = World::of(actor).await;
            world.send(route, "none").await;
            let said = world.relay.decision(verdict, |it| it.is("outgoing", "route")).await;
            assert_eq!(said.text("verdict"), verdict, "{actor:?} {route}");
            world.relay.waits(1).await;
            assert!(world.usual.sessions().is_empty());
        }
        let world = World::of(actor).await;
        world.send("refuse", "none").await;
        let bounce = world.postbox.messages_until(1).await.remove(0);
        assert_eq!(
            (bounce.sender.as_str(), &bounce.recipients[..]),
            ("", &["ann@client.example".to_owned()][..])
        );
        assert!(
            bounce.text().contains("Status: 5.7.1") && bounce.text().contains("Never"),
            "{}",
            bounce.text()
        );
        assert!(world.usual.sessions().is_empty());
    }
}

/// An address at which nobody listens.
fn dead() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_of_it_is_told_with_its_tags() {
    for actor in [Actor::Script, Actor::Plugin] {
        let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::RejectUnknown).await;
        let site = actor.site().await.set("delivery", "retry", r#"["1h"]"#);
        let relay = site.host("there.example", host.address).route("dead.example", dead()).start().await;
        let recipients = [RECIPIENT, "unknown@there.example", "a@dead.example"];
        assert_eq!(send(&relay, &recipients, &letter(&["tag|class|bulk"])).await.code, 250);
        for counter in ["delivered_bulk", "failed_bulk", "deferred_bulk"] {
            let counted = format!("waxseal_plugin_counter_total{{plugin=\"actor\",counter=\"{counter}\"}} 1");
            until(format!("`{counter}` by {actor:?}"), || relay.metrics().contains(&counted).then_some(()))
                .await;
        }
        // It fails behind its count, and nothing comes of that: the bounce has gone its way, the rest waits.
        let failed = "waxseal_decisions_total{direction=\"outgoing\",hook=\"failed\",verdict=\"failure\",policy=\"attempt\"} 1";
        until("a failure", || relay.metrics().contains(failed).then_some(())).await;
        relay.waits(1).await;
    }
}
