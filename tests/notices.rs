//! What senders ask to be told (RFC 3461) is passed on, or told by us: failures, delays, successes.

use std::time::Duration;

use waxseal_tests::client::{Client, message};
use waxseal_tests::host::{Host, Message, Mode, Taking};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

const MAIL: &str = "MAIL FROM:<someone@senders.example>";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_offers_dsn_hears_what_the_sender_asked_for() {
    let (relay, host, postbox) = world(Site::new(), Taking::WithDsn).await;
    let mail = format!("{MAIL} RET=HDRS ENVID=QQ+20314159");
    send(&relay, &mail, &["known@there.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;old+2Bname@there.example"])
        .await;
    send(&relay, MAIL, &["known@there.example>"]).await;
    host.messages_until(2).await;
    let commands: Vec<String> = host.sessions().into_iter().flat_map(|session| session.commands).collect();
    let said = |start: &str, rest: &str| {
        let mut found = commands.iter().filter(|command| command.starts_with(start));
        assert!(found.any(|command| command.ends_with(rest)), "no `{start}..{rest}` in {commands:?}");
    };
    said("MAIL FROM:<someone@senders.example>", " RET=HDRS ENVID=QQ+20314159");
    said("RCPT TO:", "<known@there.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;old+2Bname@there.example");
    said("RCPT TO:", "<known@there.example>");
    relay.drained().await;
    assert!(postbox.messages().is_empty(), "the host has promised to tell");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_success_is_told_by_us_where_the_host_will_not() {
    let (relay, host, postbox) = world(Site::new(), Taking::RejectUnknown).await;
    let mail = format!("{MAIL} RET=FULL ENVID=one");
    send(&relay, &mail, &["one@there.example> NOTIFY=SUCCESS", "two@there.example> NOTIFY=FAILURE"]).await;
    let notice = postbox.messages_until(1).await.remove(0);
    let text = notice.text();
    assert_eq!(notice.sender, "");
    for part in ["Action: relayed", "Original-Envelope-Id: one", "Final-Recipient: rfc822; one@there.example"]
    {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
    assert!(!text.contains("two@there.example") && !text.contains("Sealed with wax"), "{text}");
    let commands = host.sessions()[0].commands.join("\n");
    assert!(!commands.contains("NOTIFY") && !commands.contains("ENVID"), "{commands}");
    relay.drained().await;
    assert_eq!(postbox.messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_told_as_the_sender_asked_for() {
    let (relay, _host, postbox) = world(Site::new(), Taking::RejectUnknown).await;
    let recipients = [
        "unknown.never@there.example> NOTIFY=NEVER",
        "unknown.success@there.example> NOTIFY=SUCCESS,DELAY",
        "unknown.failure@there.example> NOTIFY=FAILURE ORCPT=rfc822;first@elsewhere.example",
    ];
    send(&relay, &format!("{MAIL} RET=FULL ENVID=two"), &recipients).await;
    let text = postbox.messages_until(1).await.remove(0).text();
    for part in [
        "Action: failed",
        "Original-Envelope-Id: two",
        "Original-Recipient: rfc822; first@elsewhere.example",
        "Final-Recipient: rfc822; unknown.failure@there.example",
        "Content-Type: message/rfc822",
        "Sealed with wax",
    ] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
    assert!(!text.contains("unknown.never") && !text.contains("unknown.success"), "{text}");
    relay.drained().await;
    assert_eq!(postbox.messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delay_is_told_once_with_the_reason() {
    let site = Site::new().set("delivery", "warn", r#""1s""#).outgoing(&[r#""there.example" require"#]);
    let (relay, host, postbox) = world(site, Taking::Accept).await;
    send(&relay, MAIL, &["late@there.example>", "quiet@there.example> NOTIFY=FAILURE"]).await;
    send(&relay, "MAIL FROM:<>", &["bounce@there.example>"]).await;
    let warning = postbox.messages_until(1).await.remove(0).text();
    for part in [
        "Action: delayed",
        "Status: 4.7.4",
        "Final-Recipient: rfc822; late@there.example",
        "Will-Retry-Until: ",
        "TLS is required, but was not offered",
    ] {
        assert!(warning.contains(part), "no `{part}` in:\n{warning}");
    }
    assert!(!warning.contains("quiet@"), "{warning}");
    // Two attempts more, and not another word.
    let sessions = host.sessions().len();
    host.ended(sessions + 4).await;
    assert_eq!((postbox.messages().len(), relay.waiting().await), (1, 2));
}

/// Nobody tries what is put off: its senders are told all the same. Its end is for an attempt to decide, once its
/// destination is tried again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_that_is_put_off_is_told_of_though_nobody_tries_it() {
    let site = Site::new().set("delivery", "warn", r#""1s""#).set("delivery", "expire", r#""3s""#);
    let site = site.set("delivery", "retry", r#"["1h"]"#);
    let (relay, host, postbox) = world(site, Taking::Defer).await;
    // A destination is put off while something waits for it.
    send(&relay, MAIL, &["first@there.example>"]).await;
    host.until("the first attempt", |sessions| (!sessions.is_empty()).then_some(())).await;
    relay.put_off("there.example", Duration::from_secs(600)).await;
    send(&relay, MAIL, &["late@there.example>"]).await;
    let about = async |action: &str| {
        let is_it = |mail: &Message| {
            let text = mail.text();
            (text.contains("late@there.example") && text.contains(action)).then_some(text)
        };
        let awaited = format!("what is {action}");
        postbox.until(awaited, |all| all.iter().flat_map(|one| &one.messages).find_map(is_it)).await
    };
    let text = about("Action: delayed").await;
    assert!(text.contains("Status: 4.4.1") && text.contains("the test has put it off"), "{text}");
    assert!(!text.contains("Last-Attempt-Date"), "{text}");
    // That nothing comes back untried can only be seen by waiting until its time is over.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let told = |action| move |mail: &Message| mail.text().contains("late@") && mail.text().contains(action);
    assert!(!postbox.messages().iter().any(told("Action: failed")));
    assert_eq!(postbox.messages().iter().filter(|mail| told("Action: delayed")(mail)).count(), 1);
    relay.put_off("there.example", Duration::ZERO).await;
    let text = about("Action: failed").await;
    assert!(text.contains("Status: 5.3.0") && text.contains("Last-Attempt-Date"), "{text}");
    assert!(host.sessions().iter().any(|session| session.was_told("RCPT TO:<LATE")));
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_refused() {
    let relay = Site::new().start().await;
    let mut client = relay.client().await;
    assert!(client.ehlo().await.offers("DSN"));
    let long = format!("{MAIL} ENVID={}", "x".repeat(101));
    for command in [&format!("{MAIL} RET=SOME"), &format!("{MAIL} ENVID=a+"), &long] {
        assert_eq!(client.say(command).await.codes(), "501 5.5.4", "{command}");
    }
    assert_eq!(client.say(&format!("{MAIL} RET=FULL")).await.code, 250);
    for parameters in ["NOTIFY=NEVER,DELAY", "NOTIFY=", "ORCPT=there", "ORCPT=rfc822;a+0Ab"] {
        let reply = client.say(&format!("RCPT TO:<a@there.example> {parameters}")).await;
        assert_eq!(reply.codes(), "501 5.5.4", "{parameters}");
    }
}

/// Sends a message; of the recipients all that stands after the `<`.
async fn send(relay: &TestRelay, mail: &str, recipients: &[&str]) {
    let mut client: Client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say(mail).await.code, 250, "{mail}");
    for recipient in recipients {
        assert_eq!(client.say(&format!("RCPT TO:<{recipient}")).await.code, 250, "{recipient}");
    }
    assert_eq!(client.say("DATA").await.code, 354);
    client.send(message("told")).await;
    assert_eq!(client.say(".").await.code, 250);
}

/// A relay, the host of `there.example`, and the sender's postbox.
async fn world(site: Site, taking: Taking) -> (TestRelay, Host, Host) {
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, taking).await;
    let postbox = Host::start(Mode::NoStartTls).await;
    let site = site.host("there.example", host.address).host("senders.example", postbox.address);
    (site.start().await, host, postbox)
}
