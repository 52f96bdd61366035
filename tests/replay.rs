//! `waxseal replay`: what a real relay has recorded is taken to other policies, and to the same.

use std::fs;
use std::path::Path;

use serde_json::Value;
use waxseal_tests::client::{Client, message};
use waxseal_tests::command::{Said, waxseal};
use waxseal_tests::host::{Host, Taking};
use waxseal_tests::receiver::Receiver;
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::{Site, table};
use waxseal_tests::tls::{self, Versions};

/// Demands encryption of one domain, whatever its policy says; and has terms of its own.
const FLOOR: &str = r#"
    fn offer(host) { if host.row.pattern == "floor.example" { require("encrypted") } }
    fn start(client) { accept().groups(["x25519", "X25519MLKEM768", "secp256r1"]) }
    fn cipher(client, hello) { accept() }
    fn rcpt(client, recipient) { accept() }
"#;

const INCOMING: [&str; 4] = [
    r#""127.0.7.0/24" attempt"#,
    r#""bank.example" require"#,
    r#""known.example" require_verified"#,
    r#""modern.example" require min_version "1.3""#,
];

const OUTGOING: [&str; 6] = [
    r#""clear.example" require"#,
    r#""tls.example" require min_version "1.3""#,
    r#""named.example" require_verified"#,
    r#""never.example" prevent"#,
    r#""floor.example" attempt"#,
    r#""fallback.example" attempt"#,
];

const RECEIVERS: [(&str, Receiver); 6] = [
    ("clear.example", Receiver::NoStartTls),
    ("tls.example", Receiver::OnlyTls12),
    ("named.example", Receiver::WrongName),
    ("never.example", Receiver::Valid),
    ("floor.example", Receiver::NoStartTls),
    ("fallback.example", Receiver::Closes),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_mail_is_asked_again() {
    let (site, _hosts) = recorded().await;
    let configuration = site.write();

    // The same policies answer the same to all that they were ever asked.
    let same = replay(&site, &configuration, "same", &INCOMING, &OUTGOING).await;
    assert_eq!(same.code, Some(0), "{same:?}");
    let report = same.json();
    assert_eq!(figures(&report), [0, 0, 0], "{report:#}");
    assert_eq!((&report["moved"], &report["unjudged"]), (&0.into(), &serde_json::json!({})), "{report:#}");
    let hooks = report["hooks"].as_object().unwrap();
    for hook in ["offer", "start", "cipher", "certificate", "mail"] {
        assert!(hooks.contains_key(&format!("outgoing {hook}")), "{report:#}");
        assert!(hooks.contains_key(&format!("incoming {hook}")), "{report:#}");
    }
    assert!(hooks.contains_key("incoming rcpt"), "{report:#}");

    let incoming = [r#""127.0.7.0/24" attempt"#, r#""known.example" require"#, INCOMING[3]];
    let outgoing = [r#""tls.example" require"#, OUTGOING[2], OUTGOING[3], OUTGOING[4], OUTGOING[5]];
    let weaker = replay(&site, &configuration, "weaker", &incoming, &outgoing).await;
    assert_eq!(weaker.code, Some(1), "{weaker:?}");
    let weaker = weaker.json();
    for (hook, domain, from, to) in [
        ("mail", "bank.example", "refuse", "accept"),
        ("mail", "known.example", "refuse", "accept"),
        ("offer", "clear.example", "defer", "stay_clear"),
        ("start", "tls.example", "accept (min_version 1.3)", "accept"),
    ] {
        let group = group(&weaker, hook, domain);
        assert_eq!(group["change"], "weaker", "{group:#}");
        assert_eq!((&group["before"]["verdict"], &group["now"]["verdict"]), (&from.into(), &to.into()));
    }
    assert_eq!(weaker["groups"][0]["change"], "weaker", "what is weaker comes first: {weaker:#}");

    let outgoing = [OUTGOING[0], OUTGOING[1], OUTGOING[2], r#""*" require"#];
    let stricter = replay(&site, &configuration, "stricter", &INCOMING, &outgoing).await;
    let stricter = stricter.json();
    let fallback = group(&stricter, "mail", "fallback.example");
    assert_eq!((&fallback["change"], &fallback["now"]["verdict"]), (&"stricter".into(), &"defer".into()));
    let never = group(&stricter, "offer", "never.example");
    assert_eq!((&never["change"], &never["now"]["verdict"]), (&"stricter".into(), &"start_tls".into()));
    assert!(never["now"]["place"].as_str().unwrap().starts_with("outgoing/require"), "{never:#}");
    assert!(never["now"]["row"].as_str().unwrap().contains("`*` (domains.rhai:"), "{never:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_report_is_for_people_and_torn_lines_are_said() {
    let site = Site::new().incoming(&[r#""bank.example" require"#]).start().await;
    told_in_clear(&site).await;
    let site = site.stop().await;
    let configuration = site.write();
    let log = site.data().join("decisions.ndjson");
    let text = fs::read_to_string(&log).unwrap();
    // A rotated part, named after the newer one; a record cut off; one of another program.
    let (first, rest) = text.split_at(text.find('\n').unwrap() + 1);
    let old = site.data().join("decisions.ndjson.1");
    fs::write(&old, first).unwrap();
    fs::write(&log, format!("{rest}{{\"time\":\"2026\n{}", first.replace("\"offer\"", "\"sniff\""))).unwrap();
    candidate(&site, "next", &[""; 0], &[""; 0]);

    let next = site.path("next");
    let (next, old, log) = (next.to_str().unwrap(), old.to_str().unwrap(), log.to_str().unwrap());
    let said = waxseal(&configuration, &["replay", log, old, "--policies", next]).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    for part in [
        "WEAKER: incoming mail, 1 decision: refuse -> accept\n",
        "before  incoming/require.rhai:",
        "row `bank.example` (domains.rhai:",
        "now     incoming/attempt.rhai:",
        ": 127.0.0.1, bank.example\n",
        "1 record: no record, or cut off\n",
        "1 record: a hook, a fact or a verdict that this version does not have\n",
        "1 WEAKER, 1 the same\n",
    ] {
        assert!(said.output.contains(part), "{part:?} is not in {}", said.output);
    }
    // Without a log it is the relay's own, its older parts too.
    let own = waxseal(&configuration, &["replay", "--policies", next]).await;
    assert_eq!(own.output, said.output);

    let current = ["replay", "--policies", next, "--against", "current", "--json"];
    let report = waxseal(&configuration, &current).await.json();
    assert_eq!((figures(&report), &report["otherwise"]), ([1, 0, 0], &0.into()), "{report:#}");
    let later =
        waxseal(&configuration, &["replay", "--policies", next, "--since", "2999-01-01", "--json"]).await;
    assert_eq!((later.code, &later.json()["decisions"]), (Some(0), &0.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_run_exits_with_2() {
    let site = Site::new();
    let configuration = site.write();
    candidate(&site, "broken", &[r#""bank.example" reqire"#], &[""; 0]);
    let broken = site.path("broken");
    let none = waxseal(&configuration, &["replay", "--policies", broken.to_str().unwrap()]).await;
    assert_eq!(none.code, Some(2), "{none:?}");
    assert!(none.errors.contains("did you mean `require`?"), "{none:?}");
    let missing =
        ["replay", "missing.ndjson", "--policies", site.policies().to_str().unwrap()].map(str::to_owned);
    let missing = waxseal(&configuration, &missing.each_ref().map(String::as_str)).await;
    assert_eq!(missing.code, Some(2), "{missing:?}");
    assert!(missing.errors.contains("missing.ndjson"), "{missing:?}");
}

/// A relay that has met hosts and clients of many kinds, and has stopped.
async fn recorded() -> (Site, Vec<Host>) {
    let mut site = Site::new().policy("filters/floor.rhai", FLOOR).incoming(&INCOMING).outgoing(&OUTGOING);
    let mut hosts = Vec::new();
    for (number, (domain, receiver)) in RECEIVERS.into_iter().enumerate() {
        // An address of its own: what is remembered of a host's failures is remembered by address.
        let mode = receiver.mode(&format!("mx.{domain}"), &site.authority);
        let host = Host::start_at(&format!("127.0.1.{}:0", number + 1), mode, Taking::Accept).await;
        site = site.host(domain, host.address);
        hosts.push(host);
    }
    let relay = site.start().await;
    for (domain, _) in RECEIVERS {
        relay.accept("a@client.example", &format!("b@{domain}"), &message(domain)).await;
        relay.decision(format!("a decision on {domain}"), |it| is_last(it.text("domain"), it, domain)).await;
    }
    told_in_clear(&relay).await;
    for (source, sender, versions) in [
        ([127, 0, 7, 1], "known.example", Versions::Modern),
        ([127, 0, 7, 1], "client.example", Versions::Modern),
        ([127, 0, 0, 1], "known.example", Versions::Modern),
        ([127, 0, 0, 1], "modern.example", Versions::Only12),
    ] {
        let identity = relay.site.authority.issue(&["client.example"]);
        let config = tls::client(Some(&identity), versions);
        let mut client = Client::ready(source.into(), relay.address, Some(&config)).await.unwrap();
        for _ in 0..2 {
            client.say(&format!("MAIL FROM:<a@{sender}>")).await;
            client.say("RCPT TO:<b@there.invalid>").await;
            client.say("RSET").await;
        }
        client.say("QUIT").await;
    }
    (relay.stop().await, hosts)
}

/// The decision by which a domain's mail has gone or waits.
fn is_last(of: &str, decision: &waxseal_tests::decisions::Decision, domain: &str) -> bool {
    let waits = decision.text("verdict") == "defer";
    of == domain && (waits || decision.is("outgoing", "mail"))
}

async fn told_in_clear(relay: &TestRelay) {
    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say("MAIL FROM:<a@bank.example>").await.code, 530);
    client.say("QUIT").await;
}

/// Other policies: the site's, with another table.
fn candidate(site: &Site, name: &str, incoming: &[&str], outgoing: &[&str]) {
    let directory = site.path(name);
    for folder in ["incoming", "outgoing", "filters"] {
        fs::create_dir_all(directory.join(folder)).unwrap();
        for file in fs::read_dir(site.policies().join(folder)).unwrap().flatten() {
            fs::copy(file.path(), directory.join(folder).join(file.file_name())).unwrap();
        }
    }
    fs::write(directory.join("domains.rhai"), table(incoming, outgoing)).unwrap();
}

async fn replay(site: &Site, configuration: &Path, name: &str, incoming: &[&str], outgoing: &[&str]) -> Said {
    candidate(site, name, incoming, outgoing);
    let (log, directory) = (site.data().join("decisions.ndjson"), site.path(name));
    let arguments = ["replay", log.to_str().unwrap(), "--policies", directory.to_str().unwrap(), "--json"];
    waxseal(configuration, &arguments).await
}

/// Weaker, stricter, other.
fn figures(report: &Value) -> [u64; 3] {
    ["weaker", "stricter", "other"].map(|change| report[change].as_u64().unwrap())
}

/// The changes at a hook of which the first is about a domain.
fn group<'a>(report: &'a Value, hook: &str, domain: &str) -> &'a Value {
    let groups = report["groups"].as_array().unwrap();
    let found = groups.iter().find(|one| one["hook"] == hook && one["example"]["domain"] == domain);
    found.unwrap_or_else(|| panic!("no change at {hook} for {domain}: {report:#}"))
}
