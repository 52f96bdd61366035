//! Recipients whom the sender has not named: filters and operators add them, and he hears nothing of them. And those whom he has
//! named: he hears of them, wherever filters have sent his mail.

use waxseal_tests::client::message;
use waxseal_tests::command::waxseal;
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

const SENDER: &str = "ann@client.example";

/// A relay with a filter that says this of each message, the host of the recipients, and that of the sender.
async fn world(verdict: &str) -> (TestRelay, Host, Host) {
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::WithDsn).await;
    let postbox = Host::start(Mode::NoStartTls).await;
    let filter = format!("fn message(client, message) {{\n{verdict}\n}}");
    let site = Site::new().policy("filters/sends.rhai", filter);
    let site = site.host("there.example", host.address).host("client.example", postbox.address);
    (site.start().await, host, postbox)
}

/// Sends a mail to recipients with their parameters.
async fn send(relay: &TestRelay, recipients: &[&str]) {
    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say(&format!("MAIL FROM:<{SENDER}>")).await.code, 250);
    for recipient in recipients {
        assert_eq!(client.say(&format!("RCPT TO:{recipient}")).await.code, 250);
    }
    assert_eq!(client.say("DATA").await.code, 354);
    client.send(message("to somebody")).await;
    assert_eq!(client.say(".").await.code, 250);
    client.say("QUIT").await;
}

/// What the host was told of recipients.
fn told(host: &Host) -> Vec<String> {
    let commands = host.sessions().into_iter().flat_map(|session| session.commands);
    commands.filter(|command| command.starts_with("RCPT")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_that_refuses_is_not_told_to_the_sender() {
    let (relay, host, postbox) = world("accept().add_recipient(\"unknown.archive@there.example\")").await;
    send(&relay, &["<bob@there.example>"]).await;
    relay.drained().await;
    assert_eq!(host.messages()[0].recipients, ["bob@there.example"]);
    assert!(told(&host).contains(&"RCPT TO:<unknown.archive@there.example> NOTIFY=NEVER".to_owned()));
    assert_eq!(postbox.messages(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounce_of_what_was_kept_names_those_whom_the_sender_named() {
    let adds = "fn message(client, message) { accept().add_recipient(\"archive@there.example\") }";
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::WithDsn).await;
    let postbox = Host::start(Mode::NoStartTls).await;
    let keeps = "fn message(client, message) { quarantine(\"why\") }";
    let site = Site::new().policy("filters/a.rhai", adds).policy("filters/b.rhai", keeps);
    let site = site.host("there.example", host.address).host("client.example", postbox.address);
    let relay = site.start().await;
    let configuration = relay.site.path("waxseal.toml");
    send(&relay, &["<bob@there.example>"]).await;
    let bounced = waxseal(&configuration, &["quarantine", "remove", "--all", "--bounce"]).await;
    assert_eq!(bounced.code, Some(0), "{bounced:?}");
    let text = postbox.messages_until(1).await.remove(0).text();
    assert!(text.contains("bob@there.example") && !text.contains("archive@there.example"), "{text}");
    relay.drained().await;

    // Of those to whom an operator releases it the sender knows nothing either.
    send(&relay, &["<bob@there.example>"]).await;
    let released =
        waxseal(&configuration, &["quarantine", "release", "--all", "--to", "unknown.desk@there.example"])
            .await;
    assert_eq!(released.code, Some(0), "{released:?}");
    relay.drained().await;
    assert_eq!(told(&host), ["RCPT TO:<unknown.desk@there.example> NOTIFY=NEVER"]);
    assert_eq!(postbox.messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_takes_over_what_the_sender_asked_for() {
    let (relay, host, postbox) = world("redirect(\"unknown.desk@there.example\")").await;
    send(&relay, &["<bob@there.example> NOTIFY=NEVER"]).await;
    relay.drained().await;
    assert_eq!(postbox.messages(), []);
    send(&relay, &["<bob@there.example> NOTIFY=FAILURE ORCPT=rfc822;old@list.example"]).await;
    relay.drained().await;
    send(&relay, &["<bob@there.example>"]).await;
    relay.drained().await;
    let original = "ORCPT=rfc822;bob@there.example";
    let to = "RCPT TO:<unknown.desk@there.example>";
    assert_eq!(
        told(&host),
        [
            format!("{to} NOTIFY=NEVER {original}"),
            format!("{to} NOTIFY=FAILURE ORCPT=rfc822;old@list.example"),
            format!("{to} {original}")
        ]
    );
    let bounces = postbox.messages();
    assert_eq!(bounces.len(), 2, "{bounces:?}");
    assert!(bounces[0].text().contains("Original-Recipient: rfc822; old@list.example"));
    for bounce in bounces {
        let text = bounce.text();
        assert!(text.contains("Final-Recipient: rfc822; bob@there.example"), "{text}");
        assert!(!text.contains("unknown.desk"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_of_mail_to_several_is_told_for_those_who_want_to_hear() {
    let (relay, host, postbox) = world("redirect(\"unknown.desk@there.example\")").await;
    send(&relay, &["<bob@there.example>", "<cyd@there.example> NOTIFY=NEVER", "<dan@there.example>"]).await;
    relay.drained().await;
    assert_eq!(told(&host), ["RCPT TO:<unknown.desk@there.example>"]);
    let text = postbox.messages_until(1).await.remove(0).text();
    assert!(text.contains("; bob@there.example") && text.contains("; dan@there.example"), "{text}");
    assert!(!text.contains("cyd@there.example") && !text.contains("unknown.desk"), "{text}");
    send(&relay, &["<bob@there.example> NOTIFY=NEVER", "<cyd@there.example> NOTIFY=NEVER"]).await;
    relay.drained().await;
    assert_eq!(told(&host)[1..], ["RCPT TO:<unknown.desk@there.example> NOTIFY=NEVER"]);
    assert_eq!(postbox.messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_has_its_recipients_even_if_they_were_removed() {
    let removes = "fn message(client, message) { accept().remove_recipient(\"bob@there.example\") }";
    let keeps = "fn message(client, message) { quarantine(\"why\") }";
    let host = Host::start(Mode::NoStartTls).await;
    let site = Site::new().policy("filters/a.rhai", removes).policy("filters/b.rhai", keeps);
    let relay = site.host("there.example", host.address).start().await;
    send(&relay, &["<bob@there.example>"]).await;
    let configuration = relay.site.path("waxseal.toml");
    let released = waxseal(&configuration, &["quarantine", "release", "--all"]).await;
    assert_eq!(released.code, Some(0), "{released:?}");
    assert_eq!(host.messages_until(1).await[0].recipients, ["bob@there.example"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_is_the_same_whatever_the_case_of_its_domain() {
    let verdict = r#"accept().add_recipient("bob@THERE.example").remove_recipient("cyd@THERE.example")
        .remove_recipient("DAN@there.example")"#;
    let (relay, host, _) = world(verdict).await;
    send(&relay, &["<bob@there.example>", "<cyd@there.example>", "<dan@there.example>"]).await;
    relay.drained().await;
    assert_eq!(host.messages()[0].recipients, ["bob@there.example", "dan@there.example"]);
    assert_eq!(host.messages().len(), 1);
}
