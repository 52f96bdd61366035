//! At MAIL FROM the rows of the client's address and of the sender's domain are both asked; the
//! strictest answer holds, and of equally strict ones the reason with the smallest path is said.

use waxseal_tests::client::{Client, Reply};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};

/// A hook, and what a policy answers there.
type Answer = (&'static str, &'static str);

/// What the policy of the address row answers at MAIL; the same of the sender's
/// row; and whose answer is said. The address row's policy has the greater path.
#[rustfmt::skip]
const ANSWERS: [(Answer, Answer, &str); 9] = [
    // Stricter wins, whoever says it and wherever.
    (("mail", DEFER),         ("mail", REFUSE),        "550 5.7.1 of aaa"),
    (("mail", REFUSE),        ("mail", DEFER),         "550 5.7.1 of zzz"),
    (("mail", REFUSE),        ("certificate", FAIL),   "550 5.7.1 of zzz"),
    (("cipher", FAIL),        ("mail", REFUSE),        "550 5.7.1 of aaa"),
    (("certificate", FAIL),   ("cipher", REFUSE),      "550 5.7.1 of aaa"),
    // Of equals the smallest path.
    (("mail", REFUSE),        ("mail", REFUSE),        "550 5.7.1 of aaa"),
    (("certificate", REFUSE), ("mail", REFUSE),        "550 5.7.1 of aaa"),
    (("cipher", REFUSE),      ("certificate", REFUSE), "550 5.7.1 of aaa"),
    (("certificate", FAIL),   ("mail", DEFER),         "450 4.7.1 of aaa"),
];

const REFUSE: &str = r#"refuse("5.7.1", "of NAME")"#;
const DEFER: &str = r#"defer("4.7.1", "of NAME")"#;
const FAIL: &str = "let nothing = 0; return 1 / nothing";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answers_of_both_rows_are_ranked_together() {
    for (of_address, of_sender, expected) in ANSWERS {
        let site = Site::new()
            .policy("incoming/zzz.rhai", policy("zzz", of_address))
            .policy("incoming/aaa.rhai", policy("aaa", of_sender))
            .incoming(&[r#""127.0.7.0/24" zzz"#, r#""sender.example" aaa"#]);
        let relay = site.start().await;
        let reply = inside_tls(&relay, None).await.say("MAIL FROM:<a@sender.example>").await;
        let said = format!("{} {}", reply.code, reply.text());
        assert_eq!(said, expected, "{of_address:?} {of_sender:?}");
    }
}

/// A policy that answers so at MAIL, to clients from where this test comes.
fn policy(name: &str, (hook, answer): Answer) -> String {
    let subject = match hook {
        "cipher" => "hello",
        other => other,
    };
    let answer = answer.replace("NAME", name);
    // Only facts of this test make it answer so, that the smoke run of the bundle passes.
    format!(
        "fn {hook}(client, {subject}) {{
            if client.at_mail && client.sender_domain == \"sender.example\" {{ {answer} }} else {{ accept() }}
        }}"
    )
}

/// The roots of a row do not widen what a filter has narrowed them to.
#[tokio::test]
async fn roots_that_a_filter_took_away_are_no_rows_to_give_back() {
    let filter = r#"fn start(client) { accept().roots(["webpki"]) }"#;
    let both = r#"roots ["webpki", "tls/root.pem"]"#;
    for (filter, expected) in [("", 250), (filter, 554)] {
        let site = Site::new()
            .policy("incoming/lax.rhai", "fn certificate(client, certificate) { accept() }")
            .policy("filters/narrower.rhai", filter)
            .incoming(&[
                &format!(r#""*" lax {both}"#),
                &format!(r#""sender.example" require_verified {both}"#),
            ]);
        let relay = site.start().await;
        let reply =
            inside_tls(&relay, Some("sender.example")).await.say("MAIL FROM:<a@sender.example>").await;
        assert_eq!(reply.code, expected, "{filter}: {reply}");
    }
}

/// What the policy of `*` asked at start says nothing of the mail of another row.
#[tokio::test]
async fn roots_that_another_rows_policy_asked_for_are_its_own() {
    let narrow = r#"
        fn start(client) { accept().roots(["webpki"]) }
        fn certificate(client, certificate) { accept() }
    "#;
    let site = Site::new()
        .policy("incoming/narrow.rhai", narrow)
        .incoming(&[r#""*" narrow"#, r#""sender.example" require_verified"#]);
    let relay = site.start().await;
    let reply: Reply =
        inside_tls(&relay, Some("sender.example")).await.say("MAIL FROM:<a@sender.example>").await;
    assert_eq!(reply.code, 250, "{reply}");
}

async fn inside_tls(relay: &TestRelay, certificate: Option<&str>) -> Client {
    let identity = certificate.map(|name| relay.site.authority.issue(&[name]));
    let config = tls::client(identity.as_ref(), Versions::Modern);
    Client::ready([127, 0, 7, 1].into(), relay.address, Some(&config)).await.unwrap()
}
