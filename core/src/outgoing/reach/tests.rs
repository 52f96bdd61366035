//! The shipped policies against hosts that misbehave, and hosts that do not.

use waxseal_plugins::bundle::{Bundle, Settings, Snapshot};

use super::*;
use crate::config::Config;
use crate::observe::{Observer, Protection, SessionId};
use crate::outgoing::peer::{Peer, Script, config};
use crate::outgoing::way::USUAL;
use crate::outgoing::witness::Nobody;
use crate::tls::Tls;
use crate::tls::ask::Asker;

/// A relay with a row for `example.org`.
struct Relay {
    config: Config,
    tls: Tls,
    asker: Asker,
    row: Arc<Row>,
    mail: Arc<Mail>,
    _directory: tempfile::TempDir,
}

impl Relay {
    fn with(row: &str, filter: &str, tls: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path(), tls);
        let table =
            format!("incoming {{ \"*\" attempt }}\noutgoing {{ \"*\" attempt\n\"example.org\" {row} }}\n");
        let mut files = vec![("domains.rhai", table.as_str())];
        if !filter.is_empty() {
            files.push(("filters/floor.rhai", filter));
        }
        let settings = Settings { tls_enabled: config.tls.enabled, ..Settings::default() };
        let (bundle, _) =
            Bundle::load(&Snapshot::of(files), &settings, 1).unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let row = bundle.table().outgoing("example.org", "2026-01-01".parse().unwrap());
        let (tls, _) = Tls::load(&config).unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let asker = Asker { bundle: Arc::new(bundle), observer: Observer::off(), session: SessionId::next() };
        let mail = Arc::new(Mail { sender: "ann@example.net".to_owned(), ..Mail::default() });
        Self { config, tls, asker, row, mail, _directory: directory }
    }

    fn of(row: &str) -> Self {
        Self::with(row, "", "enabled = true")
    }

    /// What was reached, or why not.
    async fn reach(&self, endpoint: &Endpoint) -> Result<Protection, String> {
        let means = Means {
            config: &self.config,
            tls: &self.tls,
            asker: &self.asker,
            departure: &USUAL,
            witness: &Nobody,
        };
        let reach = Reach { means, domain: "example.org", row: &self.row, mail: &self.mail };
        match reach.dial(endpoint).await {
            Ok(accepted) => {
                let reached = accepted.crossing().reached();
                accepted.into_session().dialogue.quit().await;
                Ok(reached)
            }
            Err(problem) => Err(problem.status().code.to_string()),
        }
    }
}

impl Relay {
    fn asked(&self, endpoint: &Endpoint) -> Asked {
        Asked::of(endpoint.address, &endpoint.name, &self.row)
    }
}

impl Reach<'_> {
    /// All of it, from the connection on.
    async fn dial(&self, endpoint: &Endpoint) -> Result<Accepted, Problem> {
        let greeted = self.redial(endpoint).await?;
        self.reach(endpoint, greeted).await
    }
}

const BYE: (&str, &str) = ("QUIT", "221 bye\r\n");

fn start(mut after: Script) -> Script {
    let mut script = vec![("", "220 mx\r\n"), ("EHLO", "250-mx\r\n250 STARTTLS\r\n")];
    script.append(&mut after);
    script
}

fn good() -> Script {
    start(vec![("STARTTLS", "220 go\r\n"), ("TLS", ""), ("EHLO", "250 mx inside\r\n"), BYE])
}

fn clear() -> Script {
    vec![("", "220 mx\r\n"), ("EHLO", "250 mx\r\n"), BYE]
}

/// Hosts with which TLS does not come about after the 220.
fn failures() -> Vec<(&'static str, Script)> {
    vec![
        ("garbage", start(vec![("STARTTLS", "220 go\r\n"), ("OCTETS", "500 what?\r\n")])),
        ("closes", start(vec![("STARTTLS", "220 go\r\n"), ("OCTETS", "")])),
        ("injects", start(vec![("STARTTLS", "220 go\r\n250 injected\r\n")])),
        ("says that it closes", start(vec![("STARTTLS", "421 4.3.2 closing\r\n")])),
    ]
}

const CLEAR: Result<Protection, String> = Ok(Protection::Clear);
const ENCRYPTED: Result<Protection, String> = Ok(Protection::Encrypted);

fn waits(code: &str) -> Result<Protection, String> {
    Err(code.to_owned())
}

async fn reached(relay: &Relay, scripts: Vec<Script>) -> (Result<Protection, String>, Vec<Vec<String>>) {
    let peer = Peer::playing(scripts).await;
    let reached = relay.reach(&peer.endpoint).await;
    (reached, peer.heard().await)
}

#[tokio::test]
async fn tls_is_started_where_it_is_offered() {
    for policy in ["attempt", "require"] {
        let (reached, heard) = reached(&Relay::of(policy), vec![good()]).await;
        assert_eq!(reached, ENCRYPTED, "{policy}");
        assert_eq!(heard, [["EHLO relay.example.net", "STARTTLS", "EHLO relay.example.net", "QUIT"]]);
    }
}

#[tokio::test]
async fn without_an_offer_the_policy_decides() {
    for (policy, expected) in [
        ("attempt", CLEAR),
        ("prevent", CLEAR),
        ("require", waits("4.7.4")),
        ("require_verified", waits("4.7.4")),
    ] {
        let (reached, _) = reached(&Relay::of(policy), vec![clear()]).await;
        assert_eq!(reached, expected, "{policy}");
    }
}

#[tokio::test]
async fn prevent_never_starts_tls() {
    let (reached, heard) = reached(&Relay::of("prevent"), vec![start(vec![BYE])]).await;
    assert_eq!(reached, CLEAR);
    assert_eq!(heard, [["EHLO relay.example.net", "QUIT"]]);
}

#[tokio::test]
async fn after_a_refused_starttls_the_same_connection_may_go_on() {
    for (policy, expected) in
        [("attempt", CLEAR), ("require", waits("4.7.5")), ("require_verified", waits("4.7.5"))]
    {
        let (reached, heard) =
            reached(&Relay::of(policy), vec![start(vec![("STARTTLS", "454 4.7.0 not now\r\n"), BYE])]).await;
        assert_eq!(reached, expected, "{policy}");
        assert_eq!(heard, [["EHLO relay.example.net", "STARTTLS", "QUIT"]], "{policy}");
    }
}

#[tokio::test]
async fn after_a_failed_handshake_only_a_new_connection_may_go_in_clear() {
    for (name, failure) in failures() {
        let relay = Relay::of("attempt");
        let (reached, heard) = reached(&relay, vec![failure, clear()]).await;
        assert_eq!(reached, CLEAR, "{name}");
        assert_eq!(heard[1], ["EHLO relay.example.net", "QUIT"], "{name}");
        // Nothing of SMTP crossed the old connection after the 220.
        assert_eq!(heard[0][..2], ["EHLO relay.example.net", "STARTTLS"], "{name}");
        assert!(
            !heard[0].iter().any(|line| line.contains("QUIT") || line.contains("MAIL")),
            "{name}: {heard:?}"
        );
    }
}

#[tokio::test]
async fn require_makes_no_second_connection() {
    for (name, failure) in failures() {
        let peer = Peer::playing(vec![failure, clear()]).await;
        let relay = Relay::of("require");
        assert_eq!(relay.reach(&peer.endpoint).await, waits("4.7.5"), "{name}");
        assert!(peer.is_waiting(), "{name}");
        assert_eq!(relay.tls.outgoing_memory.recent(&relay.asked(&peer.endpoint)).failures, 1, "{name}");
    }
}

#[tokio::test]
async fn a_success_is_remembered_too() {
    let relay = Relay::of("attempt");
    let peer = Peer::playing(vec![good()]).await;
    let asked = relay.asked(&peer.endpoint);
    relay.tls.outgoing_memory.failed(&asked, "test");
    assert_eq!(relay.reach(&peer.endpoint).await, ENCRYPTED);
    assert_eq!(relay.tls.outgoing_memory.recent(&asked).failures, 0);
}

#[tokio::test]
async fn a_host_whose_handshakes_fail_is_avoided_and_its_connection_is_for_one_envelope() {
    let relay = Relay::of("attempt");
    let peer = Peer::playing(vec![start(vec![BYE])]).await;
    (0..3).for_each(|_| relay.tls.outgoing_memory.failed(&relay.asked(&peer.endpoint), "test"));
    let means = Means {
        config: &relay.config,
        tls: &relay.tls,
        asker: &relay.asker,
        departure: &USUAL,
        witness: &Nobody,
    };
    let reach = Reach { means, domain: "example.org", row: &relay.row, mail: &relay.mail };
    let session = reach.dial(&peer.endpoint).await.unwrap().into_session();
    assert_eq!(session.crossing.reached(), Protection::Clear);
    assert!(session.grounds.is_none(), "nothing follows over it");
    session.dialogue.quit().await;
    assert_eq!(peer.heard().await, [["EHLO relay.example.net", "QUIT"]]);
}

#[tokio::test]
async fn what_another_row_asked_for_in_vain_is_not_held_against_a_host() {
    let relay = Relay::of("attempt");
    let peer = Peer::playing(vec![good()]).await;
    let strict = Row { min_version: "1.3".parse().unwrap(), ..(*relay.row).clone() };
    let made_up = Asked::of(peer.endpoint.address, "mx.made-up.example", &relay.row);
    for asked in [Asked::of(peer.endpoint.address, &peer.endpoint.name, &strict), made_up] {
        (0..3).for_each(|_| relay.tls.outgoing_memory.failed(&asked, "test"));
    }
    assert_eq!(relay.reach(&peer.endpoint).await, ENCRYPTED);
}

#[tokio::test]
async fn an_unverified_host_hears_no_smtp_inside_tls() {
    let (reached, heard) = reached(&Relay::of("require_verified"), vec![good()]).await;
    assert_eq!(reached, waits("4.7.5"));
    assert_eq!(heard, [["EHLO relay.example.net", "STARTTLS"]]);
}

#[tokio::test]
async fn a_floor_of_a_filter_forbids_clear() {
    let filter = "fn offer(host) { require(\"encrypted\") }";
    let relay = Relay::with("attempt", filter, "enabled = true");
    let (not_offered, _) = reached(&relay, vec![clear()]).await;
    assert_eq!(not_offered, waits("4.7.4"));
    let (refused, _) = reached(&relay, vec![start(vec![("STARTTLS", "454 4.7.0 not now\r\n"), BYE])]).await;
    assert_eq!(refused, waits("4.7.4"));
    for (name, failure) in failures() {
        let peer = Peer::playing(vec![failure, clear()]).await;
        let waits = relay.reach(&peer.endpoint).await.unwrap_err();
        assert!(["4.7.5", "4.4.2"].contains(&waits.as_str()), "{name}: {waits}");
        assert!(peer.is_waiting(), "{name}");
    }
    let (good, _) = reached(&relay, vec![good()]).await;
    assert_eq!(good, ENCRYPTED);
}

#[tokio::test]
async fn a_filter_that_fails_defers() {
    let relay = Relay::with(
        "attempt",
        "fn offer(host) { if host.ehlo == \"mx\" { throw \"broken\" } }",
        "enabled = true",
    );
    let (reached, _) = reached(&relay, vec![start(vec![BYE])]).await;
    assert_eq!(reached, waits("4.3.0"));
}

#[tokio::test]
async fn switched_off_tls_is_never_started_and_mail_is_still_asked() {
    let relay = Relay::with(
        "attempt",
        "fn mail(host, mail) { defer(\"4.7.1\", host.tls_failure) }",
        "enabled = false",
    );
    let (reached, heard) = reached(&relay, vec![start(vec![BYE])]).await;
    assert_eq!(reached, waits("4.7.1"));
    assert_eq!(heard, [["EHLO relay.example.net", "QUIT"]]);
}

#[tokio::test]
async fn the_capabilities_in_clear_do_not_survive_tls() {
    let peer = Peer::playing(vec![vec![
        ("", "220 mx\r\n"),
        ("EHLO", "250-mx\r\n250-PIPELINING\r\n250-SIZE 1\r\n250 STARTTLS\r\n"),
        ("STARTTLS", "220 go\r\n"),
        ("TLS", ""),
        ("EHLO", "250-inside\r\n250 8BITMIME\r\n"),
    ]])
    .await;
    let relay = Relay::of("attempt");
    let means = Means {
        config: &relay.config,
        tls: &relay.tls,
        asker: &relay.asker,
        departure: &USUAL,
        witness: &Nobody,
    };
    let reach = Reach { means, domain: "example.org", row: &relay.row, mail: &relay.mail };
    let session = reach.dial(&peer.endpoint).await.unwrap().into_session();
    assert_eq!(session.capabilities.keywords().collect::<Vec<_>>(), ["8BITMIME"]);
    let host = &session.crossing.host;
    assert_eq!(
        (host.ehlo.as_str(), host.extensions.as_slice()),
        ("inside", ["8BITMIME".to_owned()].as_slice())
    );
    assert!(host.encrypted && host.offers_tls);
    session.dialogue.quit().await;
}
