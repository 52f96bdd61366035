//! Whose mail it is, on a relay that runs: filters are told, the next hop is told, forged words are taken out, and what
//! our own users send is signed behind all that filters change.

use waxseal::authentication::sign::key::{Key, Kind};
use waxseal_tests::client::{Client, Reply};
use waxseal_tests::dns::Zone;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

const LETTER: &str = "From: Ann <ann@client.example>\r\nSubject: Orders\r\n\r\nSealed with wax.\r\n";

/// Where mail of `client.example` may come from; all other addresses fail SPF.
const GOOD: [u8; 4] = [127, 0, 43, 1];
const BAD: [u8; 4] = [127, 0, 43, 2];

fn zone() -> Zone {
    Zone::default()
        .txt("client.example", &["v=spf1 ip4:127.0.43.1 -all"])
        .txt("_dmarc.client.example", &["v=DMARC1; p=reject"])
}

/// A site that knows these names, with a host for `there.example`.
fn site(zone: Zone, host: &Host) -> Site {
    Site::new().zone(zone).host("there.example", host.address)
}

/// It takes mail from outside, and its own clients are elsewhere.
fn outside(site: Site) -> Site {
    site.set("relay", "networks", r#"["127.0.44.0/24"]"#).set("relay", "domains", r#"["there.example"]"#)
}

async fn send(relay: &TestRelay, source: [u8; 4], content: &str) -> Reply {
    let mut client: Client = relay.client_from(source).await;
    client.ehlo().await;
    client.mail("ann@client.example", &["bob@there.example"], content).await
}

/// The fields of a name, from the top, unfolded.
fn fields(content: &str, name: &str) -> Vec<String> {
    let head = content.split_once("\r\n\r\n").map_or(content, |(head, _)| head);
    let unfolded = head.replace("\r\n\t", " ").replace("\r\n ", " ");
    let named = unfolded.lines().filter_map(|line| line.split_once(": "));
    named.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_refuses_what_its_domain_does_not_stand_for() {
    let host = Host::start(Mode::NoStartTls).await;
    let filter = r#"
        fn message(client, message) {
            if message.spf == "fail" { return refuse("5.7.23", "Not yours") }
            if message.dmarc == "pass" && message.dmarc_policy == "reject" && message.dkim == "none" {
                accept().add_header("X-Stands-For", message.from_domain)
            }
        }
    "#;
    let relay = site(zone(), &host).policy("filters/spf.rhai", filter).start().await;
    let refused = send(&relay, BAD, LETTER).await;
    assert_eq!(refused.codes(), "550 5.7.23", "{refused}");
    assert_eq!(send(&relay, GOOD, LETTER).await.code, 250);
    let arrived = host.messages_until(1).await.remove(0).text();
    assert_eq!(fields(&arrived, "X-Stands-For"), ["client.example"]);
    assert!(fields(&arrived, "Authentication-Results").is_empty(), "nobody asked for it:\n{arrived}");
    relay.drained().await;
    assert_eq!(host.messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_hop_reads_our_word_and_no_forged_one() {
    let forged = "Authentication-Results: relay.example; spf=pass smtp.mailfrom=client.example\r\n";
    let others = "Authentication-Results: mx.other.example; dkim=pass header.d=other.example\r\n";
    let content =
        format!("{forged}{others}Authentication-Results: RELAY.example 1;\r\n\tdkim=pass\r\n{LETTER}");
    for results in ["true", "false"] {
        let host = Host::start(Mode::NoStartTls).await;
        // Where nobody asks for results, a filter that looks at messages may still believe forged ones.
        let filter = r#"fn message(client, message) {
            let said = message.headers.all("Authentication-Results");
            if message.sender == "ann@client.example" && said.len() != 1 { throw "it sees forged ones" }
        }"#;
        let site = site(zone(), &host).policy("filters/reads.rhai", filter);
        let relay = outside(site).set("authentication", "results", results).start().await;
        let reply = send(&relay, BAD, &content).await;
        assert_eq!(reply.code, 250, "{reply}");
        let arrived = host.messages_until(1).await.remove(0).text();
        assert!(arrived.ends_with(&format!("\r\n{others}{LETTER}")), "{arrived}");
        let mut said = fields(&arrived, "Authentication-Results");
        assert_eq!(said.pop().unwrap(), "mx.other.example; dkim=pass header.d=other.example");
        if results == "false" {
            assert!(said.is_empty(), "{said:?}");
            continue;
        }
        assert!(arrived.starts_with("Authentication-Results: relay.example;"), "{arrived}");
        assert_eq!(said.len(), 1, "{said:?}");
        for part in ["spf=fail", "smtp.mailfrom=client.example", "dkim=none", "dmarc=fail", "arc=none"] {
            assert!(said[0].contains(part), "no `{part}` in {said:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_our_users_send_is_signed_behind_all_changes_and_holds() {
    let host = Host::start(Mode::NoStartTls).await;
    let key = Key::generate(Kind::Ed25519).unwrap();
    let filter = r#"fn message(client, message) {
        accept().append_text("Legal").replace_header("Subject", "[ours] " + message.subject)
    }"#;
    let signing = Site::new().dkim("client.example", "s2026", &key).policy("filters/legal.rhai", filter);
    let published = Key::read(&signing.path("tls/s2026.dkim.key")).unwrap().record().to_owned();
    let relay = signing.host("there.example", host.address).start().await;
    assert_eq!(send(&relay, GOOD, LETTER).await.code, 250);
    let arrived = host.messages_until(1).await.remove(0).text();
    assert!(arrived.starts_with("DKIM-Signature: "), "{arrived}");
    assert!(arrived.contains("Subject: [ours] Orders\r\n") && arrived.ends_with("Legal\r\n"), "{arrived}");
    let signature = fields(&arrived, "DKIM-Signature").remove(0);
    for tag in ["v=1;", "a=ed25519-sha256;", "d=client.example;", "s=s2026;", "bh=", "b="] {
        assert!(signature.contains(tag), "no `{tag}` in {signature}");
    }

    // Another relay, which finds the key in the name system, believes it; and not, where a word is changed.
    let zone = zone().txt("s2026._domainkey.client.example", &[&published]);
    let next = Host::start(Mode::NoStartTls).await;
    let verifying = outside(site(zone, &next)).set("authentication", "results", "true").start().await;
    for (number, (content, expected)) in
        (1..).zip([(arrived.clone(), "dkim=pass"), (arrived.replace("Legal", "Illegal"), "dkim=fail")])
    {
        assert_eq!(send(&verifying, BAD, &content).await.code, 250);
        let said =
            fields(&next.messages_until(number).await.last().unwrap().text(), "Authentication-Results");
        assert!(said[0].contains(expected), "no `{expected}` in {said:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_is_signed() {
    let host = Host::start(Mode::NoStartTls).await;
    let key = Key::generate(Kind::Ed25519).unwrap();
    let site = site(zone(), &host).dkim("client.example", "s2026", &key);
    let site =
        site.set("relay", "networks", r#"["127.0.43.1"]"#).set("relay", "domains", r#"["there.example"]"#);
    let relay = site.start().await;
    let of_others = LETTER.replace("ann@client.example", "ann@elsewhere.example");
    for (number, (source, content, signed)) in
        (1..).zip([(BAD, LETTER, 0), (GOOD, &*of_others, 0), (GOOD, LETTER, 1)])
    {
        assert_eq!(send(&relay, source, content).await.code, 250);
        let arrived = host.messages_until(number).await.last().unwrap().text();
        assert_eq!(fields(&arrived, "DKIM-Signature").len(), signed, "{source:?}\n{arrived}");
        assert!(arrived.ends_with(content), "{arrived}");
    }
}

/// What our own users send is not judged as if it came from outside.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_clients_get_no_word_of_ours() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = outside(site(zone(), &host)).set("authentication", "results", "true").start().await;
    for (number, (source, said)) in (1..).zip([([127, 0, 44, 1], 0), (BAD, 1)]) {
        assert_eq!(send(&relay, source, LETTER).await.code, 250);
        let arrived = host.messages_until(number).await.last().unwrap().text();
        assert_eq!(fields(&arrived, "Authentication-Results").len(), said, "{source:?}\n{arrived}");
    }
}

const LOOKS: &str = r#"fn message(client, message) { if message.subject == "Stop it" { refuse("No") } }"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_forged_word_is_out_of_reach() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = site(zone(), &host).policy("filters/looks.rhai", LOOKS).start().await;
    let deep = format!("{} ; {} relay.example; dkim=pass", "(".repeat(33), ")".repeat(33));
    let many = "Authentication-Results: relay.example; dkim=pass\r\n".repeat(9_000);
    for (number, forged) in (1..).zip([many, format!("Authentication-Results: {deep}\r\n")]) {
        let reply = send(&relay, BAD, &format!("{forged}{LETTER}")).await;
        assert_eq!(reply.code, 250, "{reply}");
        let arrived = host.messages_until(number).await.last().unwrap().text();
        assert_eq!(fields(&arrived, "Authentication-Results"), [""; 0]);
        assert!(arrived.ends_with(LETTER), "{arrived}");
    }
    let fields = "X: y\r\n".repeat(10_001);
    let large = format!("X: {}\r\n", "y ".repeat(400)).repeat(1_400);
    for beyond in [fields, large] {
        let reply = send(
            &relay,
            BAD,
            &format!("{beyond}Authentication-Results: relay.example; dkim=pass\r\n{LETTER}"),
        )
        .await;
        assert_eq!((reply.code, &reply.text()[..5]), (552, "5.3.4"), "{reply}");
    }
}

/// A filter that asks for parts is never told of some of them only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_attachment_hides_behind_what_is_looked_at() {
    let host = Host::start(Mode::NoStartTls).await;
    let filter = r#"fn message(client, message) {
        for part in message.parts { if part.name == "setup.exe" { return refuse("5.7.1", "A program") } }
    }"#;
    let relay = site(zone(), &host).policy("filters/parts.rhai", filter).start().await;
    let head = |boundary: &str| {
        format!("MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"{boundary}\"\r\n")
    };
    let part = "Content-Disposition: attachment; filename=setup.exe\r\n\r\nMZ\r\n";
    let within = |boundary: &str, before: &str, extra: &str| {
        format!("{}\r\n{before}--{boundary}\r\n{extra}{part}--{boundary}--\r\n", head(boundary))
    };
    let deep = (0..101).fold(format!("--b\r\n{part}--b--\r\n"), |inner, depth| {
        let boundary = if depth == 0 { "b".to_owned() } else { format!("b{depth}") };
        format!("--a{depth}\r\n{}\r\n{inner}\r\n--a{depth}--\r\n", head(&boundary))
            .replace(&format!("--a{depth}"), &format!("--b{}", depth + 1))
    });
    for (name, message, code) in [
        ("seen", within("b", "", ""), 550),
        ("behind many parts", within("b", &"--b\r\n\r\nx\r\n".repeat(1_001), ""), 554),
        ("behind a large header", within("b", "", &"X: yyyyyyyy\r\n".repeat(6_000)), 554),
        ("behind a long boundary", within(&"b".repeat(520), "", ""), 554),
        ("deep", format!("{}\r\n{deep}", head("b101")), 554),
    ] {
        let reply = send(&relay, BAD, &message).await;
        assert_eq!(reply.code, code, "{name}: {reply}");
    }
}
