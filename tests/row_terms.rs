//! What a row asks of a handshake is held by the relay itself, under any policy.

use tokio::task::JoinSet;
use waxseal_tests::ca::{Identity, Usage, Validity};
use waxseal_tests::client::message;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};

const SENDER: &str = "someone@senders.example";

/// Clauses of an outgoing row, the host's TLS versions, and whether the mail crosses. `PIN` stands
/// for the pin of the host's key.
#[rustfmt::skip]
const OUTGOING: [(&str, Versions, bool); 12] = [
    (r#"require min_version "1.3""#,                               Versions::Modern, true),
    (r#"require min_version "1.3""#,                               Versions::Only12, false),
    (r#"require min_version "1.2""#,                               Versions::Only12, true),
    (r#"require pins ["PIN"]"#,                                    Versions::Modern, true),
    (r#"require pins ["sha256:0000000000000000000000000000000000000000000000000000000000000000"]"#,
                                                                   Versions::Modern, false),
    (r#"require suites ["TLS_CHACHA20_POLY1305_SHA256"]"#,       Versions::Modern, true),
    (r#"require suites ["TLS_CHACHA20_POLY1305_SHA256"]"#,       Versions::Only12, false),
    (r#"require groups ["secp384r1"]"#,                            Versions::Modern, true),
    (r#"require_verified"#,                                        Versions::Modern, true),
    (r#"require_verified names ["mx.there.example"]"#,             Versions::Modern, true),
    (r#"require_verified names ["mx.elsewhere.example"]"#,         Versions::Modern, false),
    (r#"require_verified roots ["webpki"]"#,                       Versions::Modern, false),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outgoing_rows_hold_their_terms() {
    let mut rows = JoinSet::new();
    for (row, versions, crosses) in OUTGOING {
        rows.spawn(holds(row, versions, crosses));
    }
    rows.join_all().await;
}

async fn holds(row: &str, versions: Versions, crosses: bool) {
    let site = Site::new();
    let identity = site.authority.issue_with(&["mx.there.example"], Validity::Current, Usage::Server);
    let host = Host::start(Mode::Tls(tls::server(&identity, versions))).await;
    let row = format!("\"there.example\" {}", row.replace("PIN", &identity.pin()));
    let relay = site.outgoing(&[&row]).host("there.example", host.address).start().await;
    relay.accept(SENDER, "a@there.example", &message("terms")).await;
    if crosses {
        assert!(host.messages_until(1).await[0].encrypted, "{row}");
        return;
    }
    // Tried, and tried again.
    host.ended(2).await;
    assert!(host.messages().is_empty(), "{row} {versions:?}");
    assert!(host.sessions().iter().all(|session| !session.saw_mail_in_clear()), "{row}");
    relay.waits(1).await;
}

/// Clauses of an incoming row, the client's TLS versions, and whether its MAIL is accepted.
#[rustfmt::skip]
const INCOMING: [(&str, Versions, bool); 6] = [
    (r#"require min_version "1.3""#,                         Versions::Modern, true),
    (r#"require min_version "1.3""#,                         Versions::Only12, false),
    (r#"require suites ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"]"#,
                                                             Versions::Only13, true),
    (r#"require suites ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"]"#,
                                                             Versions::Only12, false),
    (r#"require_verified names ["partner.example"]"#,        Versions::Modern, true),
    (r#"require_verified pins ["sha256:0000000000000000000000000000000000000000000000000000000000000000"]"#,
                                                             Versions::Modern, false),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn incoming_rows_hold_their_terms() {
    for (row, versions, accepted) in INCOMING {
        let relay = Site::new().incoming(&[&format!("\"bank.example\" {row}")]).start().await;
        let identity: Identity = relay.site.authority.issue(&["partner.example"]);
        let mut client = relay.client().await;
        client.ehlo().await;
        let mut client = client.start_tls(&tls::client(Some(&identity), versions)).await.unwrap();
        client.ehlo().await;
        let reply = client.say("MAIL FROM:<a@bank.example>").await;
        assert_eq!(reply.code == 250, accepted, "{row} {versions:?}: {reply}");
        // The terms of that row are its own.
        client.say("RSET").await;
        assert_eq!(client.say("MAIL FROM:<a@other.example>").await.code, 250, "{row}");
    }
}
