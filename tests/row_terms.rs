//! What a row asks of a handshake is held by the relay itself, under any policy.

use std::net::{IpAddr, Ipv4Addr};

use rustls::NamedGroup;
use tokio::task::JoinSet;
use waxseal_tests::ca::{Identity, Usage, Validity};
use waxseal_tests::client::{Client, message};
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};

const SENDER: &str = "someone@senders.example";

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What the other side has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Has {
    Tls13,
    OnlyTls12,
    /// TLS 1.3 with the key exchange group x25519 alone.
    OnlyX25519,
}

/// Clauses of an outgoing row, what the host has, and whether the mail crosses. `PIN` stands for the
/// pin of the host's key, `ZERO` for one of nobody's.
#[rustfmt::skip]
const OUTGOING: [(&str, Has, bool); 17] = [
    (r#"require min_version "1.3""#,                       Has::Tls13,      true),
    (r#"require min_version "1.3""#,                       Has::OnlyTls12,  false),
    (r#"require min_version "1.2""#,                       Has::OnlyTls12,  true),
    (r#"require suites ["TLS_CHACHA20_POLY1305_SHA256"]"#, Has::Tls13,      true),
    (r#"require suites ["TLS_CHACHA20_POLY1305_SHA256"]"#, Has::OnlyTls12,  false),
    (r#"require groups ["secp384r1"]"#,                    Has::Tls13,      true),
    (r#"require groups ["secp384r1"]"#,                    Has::OnlyX25519, false),
    (r#"require groups ["x25519", "secp384r1"]"#,          Has::OnlyX25519, true),
    (r#"require pins ["PIN"]"#,                            Has::Tls13,      true),
    (r#"require pins ["ZERO", "PIN"]"#,                    Has::OnlyTls12,  true),
    (r#"require pins ["ZERO"]"#,                           Has::Tls13,      false),
    (r#"require_verified"#,                                Has::Tls13,      true),
    (r#"require_verified names ["mx.there.example"]"#,     Has::Tls13,      true),
    (r#"require_verified names ["mx.elsewhere.example"]"#, Has::Tls13,      false),
    (r#"require_verified roots ["tls/root.pem"]"#,         Has::Tls13,      true),
    (r#"require_verified roots ["webpki"]"#,               Has::Tls13,      false),
    (r#"require_verified roots ["tls/root.pem"] names ["mx.there.example"] min_version "1.3" pins ["PIN"]"#,
                                                           Has::Tls13,      true),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outgoing_rows_hold_their_terms() {
    let mut rows = JoinSet::new();
    for (row, has, crosses) in OUTGOING {
        rows.spawn(holds(row, has, crosses));
    }
    rows.join_all().await;
}

async fn holds(row: &str, has: Has, crosses: bool) {
    let site = Site::new();
    let identity = site.authority.issue_with(&["mx.there.example"], Validity::Current, Usage::Server);
    let config = match has {
        Has::Tls13 => tls::server(&identity, Versions::Modern),
        Has::OnlyTls12 => tls::server(&identity, Versions::Only12),
        Has::OnlyX25519 => tls::server_with_group(&identity, NamedGroup::X25519),
    };
    let host = Host::start(Mode::Tls(config)).await;
    let row = format!("\"there.example\" {}", pinned(row, &identity));
    let relay = site.outgoing(&[&row]).host("there.example", host.address).start().await;
    relay.accept(SENDER, "a@there.example", &message("terms")).await;
    if crosses {
        assert!(host.messages_until(1).await[0].encrypted, "{row}");
        return;
    }
    // Tried, and tried again.
    host.ended(2).await;
    assert!(host.messages().is_empty(), "{row} {has:?}");
    assert!(host.sessions().iter().all(|session| !session.saw_mail_in_clear()), "{row}");
    relay.waits(1).await;
}

/// Clauses of the row of a sender's domain, the client's TLS versions, and whether its MAIL is
/// accepted. The client's certificate names `partner.example`.
#[rustfmt::skip]
const INCOMING: [(&str, Versions, bool); 12] = [
    (r#"require min_version "1.3""#,                     Versions::Modern, true),
    (r#"require min_version "1.3""#,                     Versions::Only12, false),
    (r#"require suites ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"]"#,
                                                         Versions::Only13, true),
    (r#"require suites ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"]"#,
                                                         Versions::Only12, false),
    (r#"require groups ["x25519", "secp256r1"]"#,        Versions::Only13, true),
    (r#"require groups ["secp384r1"]"#,                  Versions::Only13, false),
    (r#"require_verified names ["partner.example"]"#,    Versions::Modern, true),
    (r#"require_verified names ["elsewhere.example"]"#,  Versions::Modern, false),
    (r#"require_verified names ["partner.example"] pins ["PIN"]"#,
                                                         Versions::Modern, true),
    (r#"require_verified names ["partner.example"] pins ["ZERO"]"#,
                                                         Versions::Modern, false),
    (r#"require_verified names ["partner.example"] roots ["tls/root.pem"]"#,
                                                         Versions::Modern, true),
    (r#"require_verified names ["partner.example"] roots ["webpki"]"#,
                                                         Versions::Modern, false),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn incoming_rows_hold_their_terms() {
    let mut rows = JoinSet::new();
    for (row, versions, accepted) in INCOMING {
        rows.spawn(async move {
            let site = Site::new();
            let identity = site.authority.issue(&["partner.example"]);
            let row = format!("\"bank.example\" {}", pinned(row, &identity));
            let relay = site.incoming(&[&row]).start().await;
            let config = tls::client(Some(&identity), versions);
            let mut client = Client::ready(LOOPBACK, relay.address, Some(&config)).await.unwrap();
            let reply = client.say("MAIL FROM:<a@bank.example>").await;
            assert_eq!(reply.code == 250, accepted, "{row} {versions:?}: {reply}");
            // The terms of that row are its own.
            client.say("RSET").await;
            assert_eq!(client.say("MAIL FROM:<a@other.example>").await.code, 250, "{row}");
        });
    }
    rows.join_all().await;
}

/// The row of the client's address is known before the handshake, which then holds its terms.
#[tokio::test]
async fn the_terms_of_an_address_are_held_in_the_handshake() {
    let relay = Site::new().incoming(&[r#""127.0.0.0/8" require min_version "1.3""#]).start().await;
    for (versions, connects) in [(Versions::Only13, true), (Versions::Only12, false)] {
        let config = tls::client(None, versions);
        let connected = Client::ready(LOOPBACK, relay.address, Some(&config)).await;
        assert_eq!(connected.is_ok(), connects, "{versions:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_chooses_the_identity_in_both_directions() {
    let site = Site::new();
    let other = site.authority.issue(&["other.relay.example"]);
    let host = Host::start(Mode::tls(&site.authority.issue(&["mx.there.example"]))).await;
    let relay = site
        .another_identity("other.relay.example", &other)
        .incoming(&[r#""127.0.12.0/24" require identity "other.relay.example""#])
        .outgoing(&[r#""there.example" require identity "other.relay.example""#])
        .host("there.example", host.address)
        .start()
        .await;
    let config = tls::client(None, Versions::Modern);
    for (source, presents_other) in [([127, 0, 12, 1], true), ([127, 0, 0, 1], false)] {
        let mut client = relay.client_from(source).await;
        client.ehlo().await;
        let client = client.start_tls(&config).await.unwrap();
        assert_eq!(client.tls.unwrap().chain == other.chain, presents_other, "{source:?}");
    }
    relay.accept(SENDER, "a@there.example", &message("who we are")).await;
    host.messages_until(1).await;
    assert_eq!(host.sessions()[0].tls.as_ref().unwrap().client_chain, other.chain);
}

#[tokio::test]
async fn a_policy_reads_the_parameters_of_its_row() {
    let script = r#"
        fn mail(client, mail) {
            if mail.size > client.row.parameters.limit {
                return refuse("5.3.4", client.row.because);
            }
            accept()
        }
    "#;
    let site = Site::new().policy("incoming/small.rhai", script);
    let rows = [
        r#""tiny.example" small with #{ limit: 10 } because "only short notes""#,
        r#""large.example" small with #{ limit: 1000000 } because "almost anything""#,
    ];
    let relay = site.incoming(&rows).start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    let refused = client.say("MAIL FROM:<a@tiny.example> SIZE=11").await;
    assert_eq!(refused.to_string(), "550 5.3.4 only short notes");
    assert_eq!(client.say("MAIL FROM:<a@large.example> SIZE=11").await.code, 250);
}

#[tokio::test]
async fn a_row_holds_until_its_day_and_then_the_next_one_does() {
    let rows = [
        r#""*.example" require"#,
        r#""past.example" attempt because "ticket 1" until "2020-02-29""#,
        r#""future.example" require because "ticket 2" until "3999-12-31""#,
    ];
    let site = Site::new().incoming(&rows);
    let relay = site.start().await;
    for domain in ["past.example", "future.example", "other.example"] {
        let mut client = relay.client().await;
        client.ehlo().await;
        let reply = client.say(&format!("MAIL FROM:<a@{domain}>")).await;
        assert_eq!(reply.codes(), "530 5.7.0", "{domain}");
    }
    let ended = relay.decision("the decision on the ended row's domain", |it| {
        it.is("incoming", "mail") && it.text("domain") == "past.example"
    });
    assert!(ended.await.text("row").contains("*.example"));
}

fn pinned(row: &str, identity: &Identity) -> String {
    row.replace("PIN", &identity.pin()).replace("ZERO", &format!("sha256:{}", "0".repeat(64)))
}
