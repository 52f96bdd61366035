//! What incoming mail is told: every shipped policy against every kind of client.
//!
//! The table is the meaning of the three incoming policies, be they scripts or plugins: what MAIL FROM
//! is answered with.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use tokio::task::JoinSet;
use waxseal_tests::ca::{Authority, Identity, Usage, Validity};
use waxseal_tests::client::Client;
use waxseal_tests::deciders::Deciders;
use waxseal_tests::decisions::Decision;
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::{HOSTNAME, Site};
use waxseal_tests::tls::{self, Versions};
use waxseal_tests::wait::soon;

use self::Sender::*;

/// What the client does before MAIL FROM, and which certificate it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    InClear,
    NoCertificate,
    RightCertificate,
    RightWithoutClientUsage,
    AnotherDomains,
    UnknownCa,
    SelfSigned,
    Expired,
    ExpiredIntermediate,
    FailedHandshakeThenClear,
}

#[rustfmt::skip]
pub(crate) const CELLS: [(&str, Sender, &str); 30] = [
    ("attempt",          InClear,                  "250"),
    ("attempt",          NoCertificate,            "250"),
    ("attempt",          RightCertificate,         "250"),
    ("attempt",          RightWithoutClientUsage,  "250"),
    ("attempt",          AnotherDomains,           "250"),
    ("attempt",          UnknownCa,                "250"),
    ("attempt",          SelfSigned,               "250"),
    ("attempt",          Expired,                  "250"),
    ("attempt",          ExpiredIntermediate,      "250"),
    ("attempt",          FailedHandshakeThenClear, "250"),

    ("require",          InClear,                  "530 5.7.0"),
    ("require",          NoCertificate,            "250"),
    ("require",          RightCertificate,         "250"),
    ("require",          RightWithoutClientUsage,  "250"),
    ("require",          AnotherDomains,           "250"),
    ("require",          UnknownCa,                "250"),
    ("require",          SelfSigned,               "250"),
    ("require",          Expired,                  "250"),
    ("require",          ExpiredIntermediate,      "250"),
    ("require",          FailedHandshakeThenClear, "450 4.7.1"),

    ("require_verified", InClear,                  "530 5.7.0"),
    ("require_verified", NoCertificate,            "554 5.7.5"),
    ("require_verified", RightCertificate,         "250"),
    ("require_verified", RightWithoutClientUsage,  "250"),
    ("require_verified", AnotherDomains,           "554 5.7.5"),
    ("require_verified", UnknownCa,                "554 5.7.5"),
    ("require_verified", SelfSigned,               "554 5.7.5"),
    ("require_verified", Expired,                  "554 5.7.5"),
    ("require_verified", ExpiredIntermediate,      "554 5.7.5"),
    ("require_verified", FailedHandshakeThenClear, "450 4.7.1"),
];

/// The sender domains of the cells: each has a row with the policy of its name.
const DOMAINS: [&str; 3] = [
    r#""attempt.example" attempt"#,
    r#""require.example" require"#,
    r#""require-verified.example" require_verified"#,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_policy_answers_as_the_table_says_to_every_client() {
    the_table_holds(Deciders::Scripts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_policy_answers_so_as_a_plugin_too() {
    the_table_holds(Deciders::Plugins).await;
}

async fn the_table_holds(deciders: Deciders) {
    let relay = Arc::new(Site::new().incoming(&DOMAINS).decided_by(deciders).await.start().await);
    let mut cells = JoinSet::new();
    for (number, (policy, sender, expected)) in CELLS.into_iter().enumerate() {
        let relay = Arc::clone(&relay);
        cells.spawn(async move {
            let domain = format!("{}.example", policy.replace('_', "-"));
            // An address of its own: failed handshakes are remembered by address.
            let source = IpAddr::from([127, 0, 2, u8::try_from(number + 1).unwrap()]);
            let mut client = sender.connect(&relay, source, &domain).await;
            let reply = client.say(&format!("MAIL FROM:<someone@{domain}>")).await;
            let fits = reply.codes().starts_with(expected);
            (!fits).then(|| format!("  {policy} x {sender:?} -> {expected}: the reply was {reply}"))
        });
    }
    let wrong: Vec<String> = cells.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} of {} cells are wrong:\n{}", wrong.len(), CELLS.len(), wrong.join("\n"));
    for policy in ["incoming/attempt", "incoming/require", "incoming/require_verified"] {
        let place = deciders.place(policy);
        let decided = |it: &Decision| it.is("incoming", "mail") && it.text("decided_by").starts_with(&place);
        relay.decision(format!("a decision at {place}"), decided).await;
    }
}

/// Rows by address, beside those by domain.
const ADDRESSES: [&str; 3] = [
    r#""127.0.3.1" attempt"#,
    r#""127.0.3.2" require"#,
    r#""127.0.3.16/28" require_verified names ["out.partner.example"]"#,
];

/// Client address, sender (empty: the null sender), what it does, reply.
#[rustfmt::skip]
const BOTH: [([u8; 4], &str, Sender, &str); 14] = [
    // Neither is ranked above the other: the stricter answer wins.
    ([127, 0, 3, 1],  "a@attempt.example", InClear,          "250"),
    ([127, 0, 3, 1],  "a@require.example", InClear,          "530 5.7.0"),
    ([127, 0, 3, 2],  "a@attempt.example", InClear,          "530 5.7.0"),
    ([127, 0, 3, 2],  "a@attempt.example", NoCertificate,    "250"),
    ([127, 0, 3, 17], "a@attempt.example", NoCertificate,    "554 5.7.5"),
    ([127, 0, 3, 17], "a@attempt.example", RightCertificate, "250"),
    // A domain without a row of its own has no say where the address has one, and the other way.
    ([127, 0, 3, 2],  "a@no-row.example",  InClear,          "530 5.7.0"),
    ([127, 0, 3, 99], "a@no-row.example",  InClear,          "250"),
    ([127, 0, 3, 99], "A@REQUIRE.Example", InClear,          "530 5.7.0"),
    // The null sender has no domain: only the address counts.
    ([127, 0, 3, 99], "",                  InClear,          "250"),
    ([127, 0, 3, 2],  "",                  InClear,          "530 5.7.0"),
    ([127, 0, 3, 2],  "",                  NoCertificate,    "250"),
    ([127, 0, 3, 18], "",                  NoCertificate,    "554 5.7.5"),
    ([127, 0, 3, 18], "",                  RightCertificate, "250"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rows_of_address_and_domain_are_both_asked() {
    both_are_asked(Deciders::Scripts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plugins_of_the_rows_of_address_and_domain_are_both_asked() {
    both_are_asked(Deciders::Plugins).await;
}

async fn both_are_asked(deciders: Deciders) {
    let site = Site::new().incoming(&DOMAINS).incoming(&ADDRESSES);
    let relay = site.decided_by(deciders).await.start().await;
    for (source, sender, what, expected) in BOTH {
        let domain = sender.split_once('@').map_or("partner.example", |(_, domain)| domain);
        let mut client = what.connect(&relay, IpAddr::from(source), domain).await;
        let reply = client.say(&format!("MAIL FROM:<{sender}>")).await;
        assert!(
            reply.codes().starts_with(expected),
            "{source:?} <{sender}> {what:?}: {reply}, expected {expected}"
        );
    }
}

#[tokio::test]
async fn a_name_in_ehlo_never_chooses_a_row() {
    let relay = Site::new().incoming(&DOMAINS).start().await;
    let mut client = relay.client().await;
    client.say("EHLO mail.require.example").await;
    assert_eq!(client.say("MAIL FROM:<a@attempt.example>").await.code, 250);
}

#[tokio::test]
async fn a_certificate_of_ours_that_nobody_can_validate_is_our_fault() {
    let site = Site::new().identity(&Identity::self_signed(&[HOSTNAME])).incoming(&DOMAINS);
    let relay = site.start().await;
    let source = IpAddr::from([127, 0, 0, 1]);
    for (domain, expected) in [("require-verified.example", "451 4.7.5"), ("require.example", "250")] {
        let mut client = RightCertificate.connect(&relay, source, domain).await;
        let reply = client.say(&format!("MAIL FROM:<a@{domain}>")).await;
        assert!(reply.codes().starts_with(expected), "{domain}: {reply}");
    }
}

#[tokio::test]
async fn a_client_that_was_not_offered_tls_may_try_again_at_once() {
    let relay = Site::new().incoming(&DOMAINS).start().await;
    let source = IpAddr::from([127, 0, 0, 1]);
    let mut client = FailedHandshakeThenClear.connect(&relay, source, "require.example").await;
    assert_eq!(client.say("MAIL FROM:<a@require.example>").await.codes(), "450 4.7.1");

    let mut client = NoCertificate.connect(&relay, source, "require.example").await;
    assert_eq!(client.say("MAIL FROM:<a@require.example>").await.code, 250);
}

impl Sender {
    /// A client that is about to say MAIL FROM.
    async fn connect(self, relay: &TestRelay, source: IpAddr, domain: &str) -> Client {
        match self {
            InClear => Client::ready(source, relay.address, None).await.unwrap(),
            FailedHandshakeThenClear => after_a_failed_handshake(relay, source).await,
            _ => Client::ready(source, relay.address, Some(&self.config(relay, domain))).await.unwrap(),
        }
    }

    fn config(self, relay: &TestRelay, domain: &str) -> Arc<ClientConfig> {
        let trusted = &relay.site.authority;
        let name = [&*format!("out.{domain}")];
        let identity = match self {
            RightCertificate => trusted.issue(&name),
            RightWithoutClientUsage => trusted.issue_with(&name, Validity::Current, Usage::Server),
            AnotherDomains => trusted.issue(&["out.somewhere-else.example"]),
            UnknownCa => Authority::new("Unknown root").issue(&name),
            SelfSigned => Identity::self_signed(&name),
            Expired => trusted.issue_with(&name, Validity::Expired, Usage::Both),
            ExpiredIntermediate => {
                let old = trusted.below("Old intermediate", Validity::Expired);
                old.issue(&name).chained(&old)
            }
            NoCertificate | InClear | FailedHandshakeThenClear => {
                return tls::client(None, Versions::Modern);
            }
        };
        tls::client(Some(&identity), Versions::Modern)
    }
}

/// Fails a handshake, and connects anew: until the relay, which remembers that, offers no TLS.
async fn after_a_failed_handshake(relay: &TestRelay, source: IpAddr) -> Client {
    let mut client = Client::ready(source, relay.address, None).await.unwrap();
    assert_eq!(client.say("STARTTLS").await.code, 220);
    client.send("this is no ClientHello, and never will be one\r\n").await;
    drop(client);
    let not_offered = async {
        loop {
            let mut client = Client::connect_from(source, relay.address).await;
            if !client.ehlo().await.offers("STARTTLS") {
                return client;
            }
        }
    };
    soon("a session without the offer of TLS", not_offered).await
}
