//! What a milter changes on live mail: all of it or nothing, whatever octets it sends; and who hears of the recipients that it adds.

use waxseal_tests::client::message;
use waxseal_tests::command::waxseal;
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::scripted::Scripted;
use waxseal_tests::site::Site;

const SENDER: &str = "ann@client.example";
const RECIPIENT: &str = "bob@there.example";

/// A relay with this milter, the host of the recipients, and that of the sender.
async fn world(milter: &Scripted, keys: &str) -> (TestRelay, Host, Host) {
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::WithDsn).await;
    let postbox = Host::start(Mode::NoStartTls).await;
    let site = Site::new().host("there.example", host.address).host("client.example", postbox.address);
    (site.milter("editor", milter.address(), keys).start().await, host, postbox)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_edits_of_which_one_cannot_be_done_none_is() {
    let name = "X".repeat(300);
    let milter = Scripted::saying(&[
        (b'h', b"X-First\0yes\0"),
        (b'+', b"<eve@there.example>\0"),
        (b'-', b"<bob@there.example>\0"),
        (b'h', format!("{name}\0no\0").as_bytes()),
        (b'b', b"another body\r\n"),
    ])
    .await;
    let (relay, host, _) = world(&milter, "on_failure = \"skip\"").await;
    relay.accept(SENDER, RECIPIENT, &message("whole")).await;
    let arrived = host.messages_until(1).await.remove(0);
    assert_eq!(arrived.recipients, [RECIPIENT]);
    let text = arrived.text();
    assert!(text.ends_with(&message("whole")) && !text.contains("X-First"), "{text}");
    assert!(relay.metrics().contains("waxseal_milter_failures_total{milter=\"editor\",reason=\"edit\"} 1"));
    relay.drained().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_fields_go_as_other_mail_systems_send_them() {
    let long = "x".repeat(2_500);
    let milter = Scripted::saying(&[
        (b'h', b"X-Blank\0a\n \n b\0"),
        (b'h', b"X-End\0c\n\t\0"),
        (b'h', b"X-Latin\0caf\xe9\0"),
        (b'h', "Authentication-Results\0größer; none\0".as_bytes()),
        (b'h', format!("X-Long\0{long}\0").as_bytes()),
        (b'i', &[&[0, 0, 0, 1], &b"From\0<j\xc3\xb6rg@there.example>\0"[..]].concat()),
    ])
    .await;
    let (relay, host, _) = world(&milter, "").await;
    relay.accept(SENDER, RECIPIENT, &message("odd")).await;
    let arrived = host.messages_until(1).await.remove(0).content;
    let has = |octets: &[u8]| arrived.windows(octets.len()).any(|window| window == octets);
    for field in [
        &b"\r\nX-Blank: a\r\n b\r\n"[..],
        b"\r\nX-End: c\r\n",
        b"\r\nX-Latin: caf\xe9\r\n",
        "\r\nAuthentication-Results: größer; none\r\n".as_bytes(),
        "\r\nFrom: <jörg@there.example>\r\n".as_bytes(),
    ] {
        assert!(
            has(field),
            "no {:?} in {}",
            String::from_utf8_lossy(field),
            String::from_utf8_lossy(&arrived)
        );
    }
    assert!(
        arrived.split(|octet| *octet == b'\n').all(|line| line.len() <= 999),
        "a line has 998 octets at most"
    );
    let text = String::from_utf8_lossy(&arrived).replace("\r\n ", "");
    assert!(
        text.contains(&format!("X-Long: {long}\r\n")) && text.ends_with("Sealed with wax.\r\n"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sender_hears_of_added_recipients_only_where_the_milter_says_so() {
    let milter = Scripted::saying(&[
        (b'+', b"<unknown.archive@there.example>\0"),
        (b'2', b"<unknown.loud@there.example>\0NOTIFY=FAILURE ORCPT=rfc822;loud@list.example\0"),
        (b'2', b"<unknown.odd@there.example>\0FROBNICATE\0"),
    ])
    .await;
    let (relay, host, postbox) = world(&milter, "").await;
    relay.accept(SENDER, RECIPIENT, &message("to more")).await;
    relay.drained().await;
    assert_eq!(host.messages()[0].recipients, [RECIPIENT]);
    let commands = host.sessions().into_iter().flat_map(|session| session.commands).collect::<Vec<_>>();
    for said in [
        "RCPT TO:<unknown.archive@there.example> NOTIFY=NEVER",
        "RCPT TO:<unknown.loud@there.example> NOTIFY=FAILURE ORCPT=rfc822;loud@list.example",
        "RCPT TO:<unknown.odd@there.example> NOTIFY=NEVER",
    ] {
        assert!(commands.iter().any(|command| command == said), "no `{said}` in {commands:?}");
    }
    let bounces = postbox.messages();
    assert_eq!(bounces.len(), 1, "{bounces:?}");
    let text = bounces[0].text();
    assert!(text.contains("Original-Recipient: rfc822; loud@list.example"), "{text}");
    assert!(!text.contains("unknown.archive") && !text.contains("unknown.odd"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_milter_quarantines_is_found_by_its_name() {
    let milter = Scripted::saying(&[(b'q', "line one\r\n\u{1b}[31mline twö\0".as_bytes())]).await;
    let (relay, _host, _) = world(&milter, "").await;
    relay.accept(SENDER, RECIPIENT, &message("kept")).await;
    let configuration = relay.site.path("waxseal.toml");
    let listed = waxseal(&configuration, &["quarantine", "list", "--by", "editor", "--json"]).await;
    let kept: serde_json::Value =
        serde_json::from_str(listed.output.lines().next().expect("a message")).unwrap();
    let quarantine = &kept["envelope"]["quarantine"];
    assert_eq!(quarantine["by"], "editor", "{kept}");
    assert_eq!(quarantine["reason"], "line one ?[31mline twö", "{kept}");
}
