//! What each verdict of each hook comes to, on the wire and for the mail.

use tokio::task::JoinSet;
use waxseal_tests::ca::Identity;
use waxseal_tests::client::message;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};

/// A hook for incoming mail, its verdict, and what a client meets that wants to send encrypted mail.
#[rustfmt::skip]
const INCOMING: [(&str, &str, &str); 13] = [
    ("offer(client)",                    "advertise()",              "MAIL: 250 2.1.0"),
    ("offer(client)",                    "withhold()",               "STARTTLS: 502 5.5.1"),
    ("offer(client)",                    r#"refuse("No")"#,          "EHLO: 554 5.7.1"),
    ("start(client)",                    "accept()",                 "MAIL: 250 2.1.0"),
    ("start(client)",                    r#"refuse("No")"#,          "STARTTLS: 454 4.7.0"),
    ("cipher(client, hello)",            "accept()",                 "MAIL: 250 2.1.0"),
    ("cipher(client, hello)",            r#"refuse("No")"#,          "the handshake failed"),
    ("certificate(client, certificate)", "accept()",                 "MAIL: 250 2.1.0"),
    ("certificate(client, certificate)", r#"refuse("No")"#,          "MAIL: 554 5.7.5"),
    ("certificate(client, certificate)", r#"refuse("5.7.9", "No")"#, "MAIL: 554 5.7.9"),
    ("mail(client, mail)",               "accept()",                 "MAIL: 250 2.1.0"),
    ("mail(client, mail)",               r#"defer("No")"#,           "MAIL: 450 4.7.1"),
    ("mail(client, mail)",               r#"refuse("No")"#,          "MAIL: 550 5.7.1"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn incoming_verdicts_are_told_as_the_table_says() {
    let mut cells = JoinSet::new();
    for (hook, verdict, expected) in INCOMING {
        cells.spawn(async move {
            let script = policy(hook, verdict, "fn mail(client, mail) { accept() }");
            let site = Site::new().policy("incoming/one.rhai", &script).incoming(&[r#""*" one"#]);
            let met = met(&site.start().await).await;
            (met != expected).then(|| format!("  {hook} {verdict} -> {expected}, but: {met}"))
        });
    }
    all_hold(cells).await;
}

/// How far a client comes.
async fn met(relay: &TestRelay) -> String {
    let mut client = relay.client().await;
    let hello = client.ehlo().await;
    if hello.code != 250 {
        // Nothing but QUIT is served.
        assert_eq!(client.say("MAIL FROM:<a@client.example>").await.code, 554);
        assert_eq!(client.say("QUIT").await.code, 221);
        return format!("EHLO: {}", hello.codes());
    }
    if !hello.offers("STARTTLS") {
        return format!("STARTTLS: {}", client.say("STARTTLS").await.codes());
    }

    let ready = client.say("STARTTLS").await;
    if ready.code != 220 {
        return format!("STARTTLS: {}", ready.codes());
    }
    let Ok(mut client) = client.handshake(&tls::client(None, Versions::Modern)).await else {
        return "the handshake failed".to_owned();
    };
    client.ehlo().await;
    format!("MAIL: {}", client.say("MAIL FROM:<a@client.example>").await.codes())
}

/// What becomes of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Becomes {
    Encrypted,
    Clear,
    /// It waits, having crossed nothing.
    Waits,
    /// It is returned at once.
    Returned,
}

/// A hook for outgoing mail, its verdict, and what becomes of a mail to a host that offers TLS.
#[rustfmt::skip]
const OUTGOING: [(&str, &str, Becomes); 17] = [
    ("offer(host)",                    "start_tls()",     Becomes::Encrypted),
    ("offer(host)",                    "stay_clear()",    Becomes::Clear),
    ("offer(host)",                    r#"defer("No")"#,  Becomes::Waits),
    ("offer(host)",                    r#"refuse("No")"#, Becomes::Returned),
    ("start(host)",                    "accept()",        Becomes::Encrypted),
    ("start(host)",                    "stay_clear()",    Becomes::Clear),
    ("start(host)",                    r#"defer("No")"#,  Becomes::Waits),
    ("start(host)",                    r#"refuse("No")"#, Becomes::Returned),
    ("cipher(host, handshake)",        "accept()",        Becomes::Encrypted),
    ("cipher(host, handshake)",        r#"defer("No")"#,  Becomes::Waits),
    ("cipher(host, handshake)",        r#"refuse("No")"#, Becomes::Returned),
    ("certificate(host, certificate)", "accept()",        Becomes::Encrypted),
    ("certificate(host, certificate)", r#"defer("No")"#,  Becomes::Waits),
    ("certificate(host, certificate)", r#"refuse("No")"#, Becomes::Returned),
    ("mail(host, mail)",               "accept()",        Becomes::Encrypted),
    ("mail(host, mail)",               r#"defer("No")"#,  Becomes::Waits),
    ("mail(host, mail)",               r#"refuse("No")"#, Becomes::Returned),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outgoing_verdicts_do_what_the_table_says() {
    let mut cells = JoinSet::new();
    for (hook, verdict, expected) in OUTGOING {
        cells.spawn(async move {
            let became = became(hook, verdict).await;
            (became != expected).then(|| format!("  {hook} {verdict} -> {expected:?}, but: {became:?}"))
        });
    }
    all_hold(cells).await;
}

async fn became(hook: &str, verdict: &str) -> Becomes {
    let host = Host::start(Mode::tls(&Identity::self_signed(&["mx.there.example"]))).await;
    let postbox = Host::start(Mode::NoStartTls).await;
    let script = policy(hook, verdict, "fn mail(host, mail) { accept() }");
    let site = Site::new().policy("outgoing/one.rhai", &script).outgoing(&[r#""there.example" one"#]);
    let site = site.host("there.example", host.address).host("senders.example", postbox.address);
    let relay = site.start().await;
    relay.accept("a@senders.example", "b@there.example", &message("one")).await;
    tokio::select! {
        taken = host.messages_until(1) => {
            if taken[0].encrypted { Becomes::Encrypted } else { Becomes::Clear }
        }
        _ = postbox.messages_until(1) => Becomes::Returned,
        // It was tried, and tried again.
        _ = host.ended(2) => {
            relay.waits(1).await;
            assert!(!host.sessions().iter().any(|it| it.was_told("MAIL")), "{hook} {verdict}");
            Becomes::Waits
        }
    }
}

/// A policy with this hook, and one that accepts at mail.
fn policy(hook: &str, verdict: &str, mail: &str) -> String {
    let mail = if hook.starts_with("mail") { "" } else { mail };
    format!("fn {hook} {{ {verdict} }}\n{mail}\n")
}

async fn all_hold(cells: JoinSet<Option<String>>) {
    let count = cells.len();
    let wrong: Vec<String> = cells.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} of {count} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
