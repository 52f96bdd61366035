//! Filters choose which way mail goes, and hear what came of it: `route`, `delivered`, `deferred`, `failed`.

use std::net::{IpAddr, SocketAddr, TcpListener};

use waxseal_tests::client::message;
use waxseal_tests::command::waxseal;
use waxseal_tests::decisions::Decision;
use waxseal_tests::dns::Zone;
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::wait::until;

const SENDER: &str = "someone@senders.example";

/// A site where each attempt but the first is an hour away, with a host for a domain and this filter.
fn site(domain: &str, host: &Host, filter: &str) -> Site {
    let site = Site::new().set("delivery", "retry", r#"["1h"]"#).host(domain, host.address);
    site.policy("filters/route.rhai", format!("fn route(host, mail) {{\n{filter}\n}}"))
}

/// An address at which nobody listens.
fn dead() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn at_route(decision: &Decision) -> bool {
    decision.is("outgoing", "route")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_is_said_by_who_chose_it() {
    let host = Host::start(Mode::NoStartTls).await;
    let filter = format!("accept().to(\"[127.0.0.1]:{}\")", host.address.port());
    let site = site("usual.example", &host, &filter);
    let relay = site.policy("filters/aa.rhai", "fn route(host, mail) { accept() }").start().await;
    relay.accept(SENDER, "a@special.example", &message("special")).await;
    host.messages_until(1).await;
    let routed = relay.decision("the way", at_route).await;
    assert_eq!(routed.text("decided_by"), "filters/route.rhai:2:1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_goes_where_a_filter_sends_it() {
    let usual = Host::start(Mode::NoStartTls).await;
    let (special, large) = (Host::start(Mode::NoStartTls).await, Host::start(Mode::NoStartTls).await);
    let filter = format!(
        "if host.domain == \"special.example\" {{ return accept().to(\"special.relay.example:{}\") }}\n\
         if mail.size > 2_000 {{ accept().to(\"[127.0.0.1]:{}\") }}",
        special.address.port(),
        large.address.port()
    );
    let zone = Zone::default().address("special.relay.example", special.address.ip());
    let relay = site("usual.example", &usual, &filter).zone(zone).host("usual.example", usual.address);
    let relay = relay.start().await;
    relay.accept(SENDER, "a@special.example", &message("special")).await;
    relay.accept(SENDER, "a@usual.example", &message("small")).await;
    relay.accept(SENDER, "b@usual.example", &message(&"large".repeat(500))).await;
    assert_eq!(special.messages_until(1).await[0].recipients, ["a@special.example"]);
    assert_eq!(usual.messages_until(1).await[0].recipients, ["a@usual.example"]);
    assert_eq!(large.messages_until(1).await[0].recipients, ["b@usual.example"]);
    relay.drained().await;
    let of = |domain: &'static str| move |it: &Decision| at_route(it) && it.text("domain") == domain;
    let routed = relay.decision("the way to special.example", of("special.example")).await;
    assert_eq!(routed.text("decided_by"), "filters/route.rhai:2:46");
    assert_eq!(routed.text("verdict"), "accept");
    assert_eq!(routed.fact("mail", "recipients"), &serde_json::json!(["a@special.example"]));
    let found =
        relay.decision("mail", |it| it.is("outgoing", "mail") && it.text("domain") == "special.example");
    assert_eq!(found.await.fact("host", "found_by"), "route", "the row and the names expected are a route's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_hops_the_next_is_tried_where_one_is_dead() {
    let host = Host::start(Mode::NoStartTls).await;
    let filter = format!("accept().to([\"{}\", \"{}\"])", dead(), host.address);
    let relay = site("there.example", &host, &filter).start().await;
    relay.accept(SENDER, "a@elsewhere.example", &message("by the second")).await;
    assert_eq!(host.messages_until(1).await[0].recipients, ["a@elsewhere.example"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_sees_the_source_and_the_name_inside_and_outside_tls() {
    let site = Site::new();
    let mode = Mode::tls(&site.authority.issue(&["mx.there.example"]));
    let host = Host::start(mode).await;
    let filter = "fn route(host, mail) { accept().source(\"127.0.0.2\").helo_name(\"news.relay.example\") }";
    let site = site.host("there.example", host.address).policy("filters/route.rhai", filter);
    let relay = site.start().await;
    relay.accept(SENDER, "a@there.example", &message("as somebody else")).await;
    assert!(host.messages_until(1).await[0].encrypted);
    let session = host.sessions().remove(0);
    assert_eq!(session.peer.ip(), IpAddr::from([127, 0, 0, 2]));
    let greetings: Vec<_> =
        session.commands.iter().filter(|command| command.starts_with("EHLO")).cloned().collect();
    assert_eq!(greetings, ["EHLO news.relay.example", "EHLO news.relay.example"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transport_says_what_the_filter_does_not() {
    let (usual, bulk) = (Host::start(Mode::NoStartTls).await, Host::start(Mode::NoStartTls).await);
    let filter = "if mail.sender_domain == \"news.example\" { accept().transport(\"bulk\").helo_name(\"a.relay.example\") }";
    let keys = format!(
        "name = \"bulk\"\nto = [\"{}\"]\nsource = \"127.0.0.3\"\nhelo_name = \"b.relay.example\"",
        bulk.address
    );
    let relay = site("there.example", &usual, filter).transport(keys).start().await;
    relay.accept("list@news.example", "a@there.example", &message("bulk")).await;
    relay.accept(SENDER, "a@there.example", &message("usual")).await;
    assert_eq!(bulk.messages_until(1).await[0].sender, "list@news.example");
    assert_eq!(usual.messages_until(1).await[0].sender, SENDER);
    let session = bulk.sessions().remove(0);
    assert_eq!(session.peer.ip(), IpAddr::from([127, 0, 0, 3]));
    assert!(session.was_told("EHLO A.RELAY.EXAMPLE"), "{:?}", session.commands);
    assert!(usual.sessions()[0].was_told("EHLO RELAY.EXAMPLE"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_comes_back_and_what_is_deferred_waits() {
    let (host, postbox) = (Host::start(Mode::NoStartTls).await, Host::start(Mode::NoStartTls).await);
    let filter = "if host.domain == \"never.example\" { return refuse(\"5.7.1\", \"Nobody writes there\") }\n\
                  if host.domain == \"later.example\" { defer(\"4.7.1\", \"Not in the morning\") }";
    let site = site("there.example", &host, filter).host("senders.example", postbox.address);
    let relay = site.start().await;
    relay.accept(SENDER, "a@never.example", &message("to nobody")).await;
    let text = postbox.messages_until(1).await.remove(0).text();
    for part in ["Status: 5.7.1", "Nobody writes there", "filters/route.rhai:2:"] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
    relay.accept(SENDER, "a@later.example", &message("later")).await;
    relay.decision("a deferral", |it| at_route(it) && it.text("verdict") == "defer").await;
    let listed = listed(&relay, "later.example").await;
    assert!(listed.contains("Not in the morning (decided by filters/route.rhai:3:"), "{listed}");
    relay.accept(SENDER, "a@there.example", &message("on")).await;
    host.messages_until(1).await;
    relay.waits(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_way_that_cannot_be_gone_is_a_failure_and_loses_nothing() {
    for (filter, expected) in [
        ("let name = \"bluk\"; accept().transport(name)", "no [[transport]] `bluk`: it has `bulk`"),
        ("accept().to(\"a b\")", "a next hop cannot be \"a b\""),
        ("accept().helo_name(\"127.0.0.1\")", "the EHLO name of the way cannot be"),
        ("if host.domain == \"there.example\" { throw \"broken\" }", "broken"),
    ] {
        let host = Host::start(Mode::NoStartTls).await;
        let relay = site("there.example", &host, filter).transport("name = \"bulk\"").start().await;
        relay.accept(SENDER, "a@there.example", &message("waits")).await;
        let failed = relay.decision("a failure", |it| at_route(it) && it.text("verdict") == "failure").await;
        assert!(failed.text("reason").contains(expected), "{failed:?}");
        assert!(failed.text("decided_by").starts_with("filters/route.rhai:2:"), "{failed:?}");
        let listed = listed(&relay, "there.example").await;
        assert!(listed.contains("a policy of this relay failed (at filters/route.rhai:2:"), "{listed}");
        assert!(listed.contains(expected), "the operator is told how: {listed}");
        let failures = "waxseal_hook_failures_total{direction=\"outgoing\",hook=\"route\"} 1";
        assert!(relay.metrics().contains(failures), "{}", relay.metrics());
        assert!(host.sessions().is_empty());
        relay.waits(1).await;
    }
}

/// A source that is not ours is our mistake: the host is not left alone for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_not_ours_keeps_only_its_own_mail() {
    let host = Host::start(Mode::NoStartTls).await;
    let filter = "if mail.sender_domain == \"news.example\" { accept().source(\"192.0.2.1\") }";
    let relay = site("there.example", &host, filter).start().await;
    relay.accept("list@news.example", "a@there.example", &message("from nowhere")).await;
    let listed = listed(&relay, "there.example").await;
    assert!(listed.contains("cannot connect from 192.0.2.1"), "{listed}");
    relay.accept(SENDER, "b@there.example", &message("as usual")).await;
    assert_eq!(host.messages_until(1).await[0].recipients, ["b@there.example"]);
    relay.waits(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_that_goes_different_ways_shares_no_connection() {
    let way = |number: u8| format!("accept().source(\"127.0.0.{number}\")");
    let ways = format!(
        "switch mail.sender {{ \"one@a.example\" => {}, \"two@a.example\" => {}, \"named@a.example\" => {} }}",
        way(5),
        way(6),
        "accept().helo_name(\"x.relay.example\")"
    );
    for (senders, connections) in [
        (["one@a.example", "one@a.example"], 1),
        (["one@a.example", "two@a.example"], 2),
        (["one@a.example", "named@a.example"], 2),
        (["named@a.example", "plain@a.example"], 2),
        (["plain@a.example", "two@a.example"], 2),
    ] {
        let host = Host::start(Mode::NoStartTls).await;
        let relay = site("there.example", &host, &ways).start().await;
        for (number, sender) in (1..).zip(senders) {
            relay.accept(sender, "a@there.example", &message("one of two")).await;
            host.messages_until(number).await;
        }
        assert_eq!(host.sessions().len(), connections, "{senders:?}");
    }
}

/// Its host is left alone, and the domain is not: its other mail goes another way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_way_holds_up_no_mail_of_the_domain_that_goes_another() {
    let host = Host::start(Mode::NoStartTls).await;
    let filter = format!(
        "if mail.sender_domain == \"news.example\" {{ accept().to(\"{}\").source(\"127.0.0.4\") }}",
        dead()
    );
    let relay = site("there.example", &host, &filter).start().await;
    for number in 0..3 {
        relay.accept("list@news.example", &format!("n{number}@there.example"), &message("bulk")).await;
    }
    until("three deferrals", || {
        let deferred = relay.metrics();
        deferred.contains("waxseal_attempts_total{outcome=\"deferred\",tls=\"none\"} 3").then_some(())
    })
    .await;
    relay.accept(SENDER, "b@there.example", &message("as usual")).await;
    assert_eq!(host.messages_until(1).await[0].recipients, ["b@there.example"]);
    let listed = listed(&relay, "there.example").await;
    let way = "from 127.0.0.4 (chosen at filters/route.rhai:2:";
    assert!(listed.contains("could not be reached") && listed.contains(way), "{listed}");
}

/// Whoever is told otherwise than it should be fails, which is counted.
const OBSERVER: &str = r#"
    fn is_mine(report) { report.sender == "someone@senders.example" }

    fn delivered(host, report) {
        if !is_mine(report) { return; }
        let known = report.recipients.len() == 1 && report.recipients[0] == "known@there.example";
        if !known || host.name != "mx.there.example" || report.attempts != 1 || report.code != "2.0.0" {
            throw "told otherwise";
        }
        if !report.reply.starts_with("250 2.0.0 ") { throw report.reply }
    }

    fn failed(host, report) {
        if !is_mine(report) { return; }
        if report.code != "5.1.1" || !report.reply.contains("No such user here") { throw report.reply }
        if host.name != "mx.there.example" || host.row.policy != "attempt" { throw host.name }
    }

    fn deferred(host, report) {
        if !is_mine(report) { return; }
        if report.next_attempt < 3_000 || report.code != "4.4.1" || report.age > 60 { throw "told otherwise" }
        if host.domain != "dead.example" { throw host.domain }
    }
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_hear_what_came_of_mail() {
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::RejectUnknown).await;
    let site = Site::new().set("delivery", "retry", r#"["1h"]"#).policy("filters/observer.rhai", OBSERVER);
    let site = site.host("there.example", host.address).host("senders.example", host.address);
    let relay = site.route("dead.example", dead()).start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    let recipients = ["unknown.user@there.example", "known@there.example", "a@dead.example"];
    assert_eq!(client.mail(SENDER, &recipients, &message("to three")).await.code, 250);
    // The bounce is delivered, too.
    for (hook, times) in [("delivered", 2), ("failed", 1), ("deferred", 1)] {
        told(&relay, hook, "heard", times).await;
    }
    assert!(relay.metrics().contains("waxseal_outcomes_untold_total 0"));
    let logged = relay.decisions();
    assert!(!logged.iter().any(|it| ["delivered", "failed", "deferred"].contains(&it.text("hook"))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_observer_that_fails_changes_nothing() {
    let host = Host::start(Mode::NoStartTls).await;
    let observer =
        "fn delivered(host, report) { if host.domain == \"there.example\" { throw \"what now?\" } }";
    let relay = Site::new().policy("filters/observer.rhai", observer).host("there.example", host.address);
    let relay = relay.start().await;
    relay.accept(SENDER, "a@there.example", &message("taken")).await;
    told(&relay, "delivered", "failure", 1).await;
    relay.drained().await;
    assert_eq!(host.messages().len(), 1);
}

/// Awaits that a hook which observes was told so many times, and what that came to.
async fn told(relay: &TestRelay, hook: &str, verdict: &str, times: u32) {
    let labels = format!("direction=\"outgoing\",hook=\"{hook}\",verdict=\"{verdict}\",policy=\"attempt\"");
    let counted = format!("waxseal_decisions_total{{{labels}}} {times}\n");
    until(format!("`{hook}` to come to `{verdict}`"), || relay.metrics().contains(&counted).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explain_shows_the_way_and_who_chose_it() {
    let filter = "fn route(host, mail) {\n    if host.domain == \"there.example\" { accept().to(\"hop.example:2525\") } else { refuse(\"5.7.1\", \"No\") }\n}";
    let site = Site::new().policy("filters/route.rhai", filter);
    let configuration = site.write();
    let said =
        waxseal(&configuration, &["explain", "outgoing", "there.example", "--situation", "valid"]).await;
    for expected in ["route", "filters/route.rhai:2:41 said accept", "hop.example:2525"] {
        assert!(said.output.contains(expected), "no `{expected}` in:\n{}", said.output);
    }
    let said = waxseal(&configuration, &["explain", "outgoing", "else.example"]).await;
    assert!(said.output.contains("returned to the sender (5.7.1)"), "{}", said.output);
    assert!(said.output.contains("filters/route.rhai:2:"), "{}", said.output);
}

/// The shipped example, with ports of this test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_routes_by_domain() {
    let example = include_str!("../examples/filters/route_by_domain.rhai");
    let (line, branch) = (Host::start(Mode::NoStartTls).await, Host::start(Mode::NoStartTls).await);
    assert!(example.contains("mx1.line.example:2525") && example.contains("mx2.line.example:2525"));
    let script = example
        .replace("mx1.line.example:2525", &dead().to_string())
        .replace("mx2.line.example:2525", &line.address.to_string());
    let site = Site::new()
        .policy("filters/route_by_domain.rhai", script)
        .transport(format!("name = \"branch\"\nto = [\"{}\"]\nsource = \"127.0.0.7\"", branch.address));
    let relay = site.start().await;
    relay.accept(SENDER, "a@partner.example", &message("by the line")).await;
    relay.accept(SENDER, "a@north.branch.example", &message("to a branch")).await;
    assert_eq!(line.messages_until(1).await[0].recipients, ["a@partner.example"]);
    assert_eq!(branch.messages_until(1).await[0].recipients, ["a@north.branch.example"]);
    assert_eq!(branch.sessions()[0].peer.ip(), IpAddr::from([127, 0, 0, 7]));
}

/// What the queue says of mail for a domain, once it has been tried.
async fn listed(relay: &TestRelay, domain: &str) -> String {
    let configuration = relay.site.path("waxseal.toml");
    loop {
        let said = waxseal(&configuration, &["queue", "list", "--messages", "--domain", domain]).await;
        if said.output.contains("last: ") {
            return said.output;
        }
    }
}
