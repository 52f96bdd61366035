//! What a conversation that is only imagined comes to is what the relay does: the same hooks in the same
//! order, the same verdicts by the same lines.
//!
//! Real mail is sent and received, and the decision log compared with `waxseal_plugins::conversation`.

use std::net::IpAddr;
use std::sync::Arc;

use waxseal::incoming::Imagined;
use waxseal_plugins::bundle::{Bundle, Settings, Snapshot};
use waxseal_plugins::conversation::{self, Conversation, Delivery, Fate, Reception, Situation};
use waxseal_tests::ca::Identity;
use waxseal_tests::client::{Client, Reply, message};
use waxseal_tests::decisions::Decision;
use waxseal_tests::host::{Host, Taking};
use waxseal_tests::receiver::Receiver::{self, *};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};
use waxseal_tests::wait::until;

/// A row's policy with its clauses, the host, and the situation that stands for it.
#[rustfmt::skip]
const HOSTS: [(&str, Receiver, Situation); 18] = [
    ("attempt",                         NoStartTls, Situation::NoTls),
    ("attempt",                         Expired,    Situation::Expired),
    ("attempt",                         Refuses454, Situation::StartTlsRefused),
    ("attempt",                         Closes,     Situation::HandshakeFailure),
    ("attempt",                         OnlyTls10,  Situation::Tls11),
    ("prevent",                         Valid,      Situation::Valid),
    ("require",                         NoStartTls, Situation::NoTls),
    ("require",                         SelfSigned, Situation::SelfSigned),
    ("require",                         Refuses454, Situation::StartTlsRefused),
    ("require",                         Garbage,    Situation::HandshakeFailure),
    ("require min_version \"1.3\"",     OnlyTls12,  Situation::Tls12),
    ("require min_version \"1.3\"",     Valid,      Situation::Valid),
    ("require pins [\"sha256:PIN\"]",   Valid,      Situation::OtherKey),
    ("require_verified",                Valid,      Situation::Valid),
    ("require_verified",                OnlyTls12,  Situation::Tls12),
    ("require_verified",                WrongName,  Situation::WrongName),
    ("require_verified",                UnknownCa,  Situation::UnknownRoot),
    ("own",                             Valid,      Situation::Valid),
];

/// A policy with terms of its own, and filters with opinions and floors.
const OWN: &str = "fn start(host) { accept().min_version(\"1.3\").suites([\"TLS_AES_128_GCM_SHA256\"]) }";
const FLOOR: &str = "fn offer(host) { if host.row.policy == \"attempt\" { require(\"encrypted\") } }\n\
                     fn mail(host, mail) { }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_is_imagined_as_it_is_made() {
    deliveries_are_alike(Site::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_with_a_floor_is_imagined_as_it_is_made() {
    deliveries_are_alike(Site::new().policy("filters/floor.rhai", FLOOR)).await;
}

async fn deliveries_are_alike(site: Site) {
    let mut site = site.policy("outgoing/own.rhai", OWN);
    let mut hosts = Vec::new();
    for (number, (row, receiver, _)) in HOSTS.into_iter().enumerate() {
        let domain = format!("host{number}.example");
        let mode = receiver.mode(&format!("mx.{domain}"), &site.authority);
        // An address of its own: what is remembered of a host's failures is remembered by address.
        let host = Host::start_at(&format!("127.0.4.{}:0", number + 1), mode, Taking::Accept).await;
        let row = row.replace("PIN", &"5e".repeat(32));
        site = site.outgoing(&[&format!("\"{domain}\" {row}")]).host(&domain, host.address);
        hosts.push(host);
    }
    let relay = site.start().await;
    let bundle = bundle(&relay);
    for (number, (row, receiver, situation)) in HOSTS.into_iter().enumerate() {
        let domain = format!("host{number}.example");
        let imagined = imagined(&conversation::deliver(&bundle, &Delivery::to(domain.clone(), situation)));
        relay.accept("a@senders.example", &format!("b@{domain}"), &message("alike")).await;
        let is_of_it = |it: &Decision| it.text("direction") == "outgoing" && it.text("domain") == domain;
        let made = made(&relay, imagined.len(), is_of_it).await;
        assert_eq!(imagined, made, "{row} {receiver:?}");
    }
}

/// The sender's domain with its row, and how the client comes.
const ROWS: [&str; 4] = [
    "\"require.example\" require",
    "\"verified.example\" require_verified",
    "\"new.example\" require min_version \"1.3\"",
    "\"127.0.5.128/25\" require",
];

#[rustfmt::skip]
const CLIENTS: [(&str, Situation); 11] = [
    ("nobody.example",   Situation::NoTls),
    ("nobody.example",   Situation::NoCertificate),
    ("require.example",  Situation::NoTls),
    ("require.example",  Situation::NoCertificate),
    ("verified.example", Situation::NoTls),
    ("verified.example", Situation::NoCertificate),
    ("verified.example", Situation::Valid),
    ("verified.example", Situation::SelfSigned),
    ("new.example",      Situation::NoCertificate),
    ("new.example",      Situation::Tls12),
    ("",                 Situation::NoCertificate),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reception_is_imagined_as_it_is_made() {
    let relay = Site::new().incoming(&ROWS).start().await;
    let bundle = bundle(&relay);
    // Beyond 128 the address has a row, too.
    for (number, (domain, situation)) in CLIENTS.into_iter().chain(CLIENTS).enumerate() {
        let last = if number < CLIENTS.len() { number + 1 } else { number + 128 };
        let address = IpAddr::from([127, 0, 5, u8::try_from(last).unwrap()]);
        let sender = if domain.is_empty() { String::new() } else { format!("a@{domain}") };
        let reception = Reception { address, ..Reception::from(sender.clone(), situation) };
        let held = conversation::receive(&bundle, &reception);
        let reply =
            come(&relay, address, domain, situation).await.say(&format!("MAIL FROM:<{sender}>")).await;
        assert_eq!(reply.code, held.end.smtp, "{domain} {situation:?}: {reply}");
        let code = held.end.code.map(|code| code.to_string()).unwrap_or_default();
        assert!(reply.codes().contains(&code), "{domain} {situation:?}: {reply}");
        let peer = address.to_string();
        let is_of_it = |it: &Decision| it.text("direction") == "incoming" && it.text("peer") == peer;
        let imagined = imagined(&held);
        let made = made(&relay, imagined.len(), is_of_it).await;
        assert_eq!(imagined, made, "{domain} {situation:?}");
    }
}

/// Filters at all hooks of a reception that only filters have.
const FILTERS: [(&str, &str); 2] = [
    (
        "filters/a.rhai",
        r#"
        fn connect(client) { accept() }
        fn ehlo(client) { if client.ehlo == "mail.rude.example" { refuse("5.7.1", "not you") } else { accept() } }
        fn rcpt(client, recipient) { if recipient.address == "closed@there.example" { refuse("5.1.1", "closed") } }
        fn message(client, message) {
            switch message.subject {
                "keep" => quarantine("odd"),
                "no" => refuse("5.7.1", "no"),
                "later" => defer("4.7.1", "later"),
                "else" => redirect("else@there.example"),
                "edit" => accept().add_header("X-Seen", message.headers.all("Received").len().to_string())
                    .tag("class", "bulk").add_recipient("cyd@there.example").append_text("the end"),
            }
        }
        "#,
    ),
    (
        "filters/b.rhai",
        r#"fn message(client, message) { if message.tags["class"] == "bulk" { accept().remove_header("X-Old") } }"#,
    ),
];

/// The client's domain, the subject, and the fate that stands for it.
const MESSAGES: [(&str, &str, Fate); 7] = [
    ("nobody.example", "plain", Fate::TakenEncrypted),
    ("nobody.example", "edit", Fate::TakenEncrypted),
    ("nobody.example", "keep", Fate::Quarantined),
    ("nobody.example", "else", Fate::Redirected),
    ("nobody.example", "no", Fate::Refused),
    ("nobody.example", "later", Fate::Deferred),
    ("rude.example", "plain", Fate::Refused),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_imagined_as_it_is_received() {
    let host = Host::start_at(
        "127.0.4.200:0",
        Valid.mode("mx.there.example", &Site::new().authority),
        Taking::Accept,
    )
    .await;
    let site = FILTERS.iter().fold(Site::new(), |site, (path, text)| site.policy(path, text));
    let relay = site.host("there.example", host.address).start().await;
    let bundle = bundle(&relay);
    for (number, (domain, subject, fate)) in MESSAGES.into_iter().enumerate() {
        let address = IpAddr::from([127, 0, 6, u8::try_from(number + 1).unwrap()]);
        let content = format!("Subject: {subject}\r\nX-Old: 1\r\n\r\nHello\r\n");
        let recipients = ["bob@there.example", "closed@there.example"];
        let mut reception = Reception {
            address,
            recipients: recipients.map(str::to_owned).to_vec(),
            message: Some(content.clone().into()),
            ..Reception::from(format!("a@{domain}"), Situation::NoCertificate)
        };
        reception.client.facts.set("client", "ehlo", format!("mail.{domain}").into()).unwrap();
        let held = conversation::receive(&bundle, &reception);
        assert_eq!(held.end.fate, fate, "{domain} {subject}: {:?}", held.end);
        let reply = sent(&relay, address, domain, recipients, &content).await;
        assert_eq!(reply.code, held.end.smtp, "{domain} {subject}: {reply}");
        let peer = address.to_string();
        let is_of_it = |it: &Decision| it.text("direction") == "incoming" && it.text("peer") == peer;
        let imagined = imagined(&held);
        assert_eq!(imagined, made(&relay, imagined.len(), is_of_it).await, "{domain} {subject}");
        let edits = held.questions().flat_map(|one| &one.edits).map(|one| serde_json::to_value(one).unwrap());
        let edits: Vec<_> = edits.collect();
        let is_message = |it: &Decision| is_of_it(it) && it.text("hook") == "message";
        if domain != "rude.example" {
            let changes = relay.decision("a message", is_message).await.field("changes").as_array().cloned();
            assert_eq!(changes.unwrap_or_default(), edits, "{subject}");
        }
    }
}

/// The reply to EHLO, where that is none; else to the message's end.
async fn sent(
    relay: &TestRelay,
    source: IpAddr,
    domain: &str,
    recipients: [&str; 2],
    content: &str,
) -> Reply {
    if domain == "rude.example" {
        return Client::connect_from(source, relay.address).await.say(&format!("EHLO mail.{domain}")).await;
    }
    let mut client = come(relay, source, domain, Situation::NoCertificate).await;
    client.say(&format!("MAIL FROM:<a@{domain}>")).await;
    for recipient in recipients {
        client.say(&format!("RCPT TO:<{recipient}>")).await;
    }
    client.say("DATA").await;
    client.say(&format!("{content}.")).await
}

async fn come(relay: &TestRelay, source: IpAddr, domain: &str, situation: Situation) -> Client {
    let name = format!("mail.{domain}");
    let config = match situation {
        Situation::NoTls => None,
        Situation::Valid => Some(tls::client(Some(&relay.site.authority.issue(&[&name])), Versions::Modern)),
        Situation::SelfSigned => {
            let own = Identity::self_signed(&[&name]);
            Some(tls::client(Some(&own), Versions::Modern))
        }
        Situation::Tls12 => Some(tls::client(None, Versions::Only12)),
        _ => Some(tls::client(None, Versions::Modern)),
    };
    Client::ready(source, relay.address, config.as_ref()).await.unwrap()
}

/// The bundle that the relay has, loaded beside it.
fn bundle(relay: &TestRelay) -> Bundle {
    let snapshot = Snapshot::stable(&relay.site.policies()).unwrap();
    let reader = Imagined::new("relay.example", "relay.example");
    let settings = Settings { tls_enabled: true, reader: Some(Arc::new(reader)), ..Settings::default() };
    Bundle::load(&snapshot, &settings, 1).unwrap_or_else(|rejected| panic!("{rejected}")).0
}

/// Hook, verdict and place of what was asked.
fn imagined(conversation: &Conversation) -> Vec<String> {
    let questions = conversation.questions();
    questions.map(|one| format!("{} {} {} {}", one.hook, one.verdict, one.place, one.row.pattern)).collect()
}

/// The same of the first session of which so many decisions are written.
async fn made(relay: &TestRelay, count: usize, is_of_it: impl Fn(&Decision) -> bool) -> Vec<String> {
    let written = until(format!("{count} decisions"), || {
        let decisions: Vec<_> = relay.decisions().into_iter().filter(&is_of_it).collect();
        let first = decisions.first()?.text("session").to_owned();
        let of_first: Vec<_> = decisions.into_iter().filter(|one| one.text("session") == first).collect();
        (of_first.len() >= count).then_some(of_first)
    });
    let line = |one: &Decision| {
        format!("{} {} {} {}", one.text("hook"), one.text("verdict"), one.text("decided_by"), one.text("row"))
    };
    written.await.iter().map(line).collect()
}
