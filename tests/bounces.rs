//! Mail that cannot be delivered comes back, once, in words (RFC 3464).

use waxseal_tests::client::message;
use waxseal_tests::dns::Zone;
use waxseal_tests::host::{Host, Message, Mode, Taking};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

const SENDER: &str = "someone@senders.example";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_recipient_comes_back_to_the_sender() {
    let (relay, host, postbox) = world(Site::new()).await;
    relay.accept(SENDER, "unknown.user@there.example", &message("to nobody")).await;
    let bounce = postbox.messages_until(1).await.remove(0);
    assert_eq!(bounce.sender, "");
    assert_eq!(bounce.recipients, [SENDER]);
    let text = bounce.text();
    for part in [
        "multipart/report",
        "message/delivery-status",
        "Final-Recipient: rfc822;",
        "unknown.user@there.example",
        "Action: failed",
        "Status: 5.1.1",
        "No such user here",
        "Subject: to nobody",
    ] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
    assert!(!text.contains("Sealed with wax"), "only the header is returned:\n{text}");
    assert!(host.messages().is_empty());
    relay.drained().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_those_recipients_come_back_that_failed() {
    let (relay, host, postbox) = world(Site::new()).await;
    let mut client = relay.client().await;
    client.ehlo().await;
    let recipients = ["unknown.user@there.example", "known@there.example"];
    assert_eq!(client.mail(SENDER, &recipients, &message("to two")).await.code, 250);
    assert_eq!(host.messages_until(1).await[0].recipients, ["known@there.example"]);
    let text = postbox.messages_until(1).await.remove(0).text();
    assert!(text.contains("unknown.user@there.example"), "{text}");
    assert!(!text.contains("<known@there.example>") && !text.contains("; known@there.example"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounce_is_never_bounced() {
    let (relay, _host, postbox) = world(Site::new()).await;
    relay.accept("", "unknown.user@there.example", &message("a bounce of somebody's")).await;
    relay.accept(SENDER, "unknown.user@there.example", &message("mail")).await;
    relay.drained().await;
    let returned = postbox.messages();
    assert_eq!(returned.len(), 1, "{returned:?}");
    assert!(returned[0].text().contains("Subject: mail"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounce_says_what_was_wrong_with_tls() {
    let site = Site::new().set("delivery", "expire", r#""2s""#).outgoing(&[r#""there.example" require"#]);
    let (relay, host, postbox) = world(site).await;
    relay.accept(SENDER, "known@there.example", &message("sealed or not at all")).await;
    let text = postbox.messages_until(1).await.remove(0).text();
    assert!(text.contains("Status: 5.7.4"), "{text}");
    assert!(text.contains("TLS is required"), "{text}");
    assert!(host.sessions().iter().all(|session| !session.saw_mail_in_clear()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn domains_that_take_no_mail_or_do_not_exist_come_back_at_once() {
    let postbox = Host::start(Mode::NoStartTls).await;
    let zone = Zone::default().null_mx("null.example");
    let relay = Site::new().zone(zone).host("senders.example", postbox.address).start().await;
    for (domain, status) in [("null.example", "Status: 5.1.10"), ("nowhere.example", "Status: 5.1.2")] {
        relay.accept(SENDER, &format!("a@{domain}"), &message("to nowhere")).await;
        let of_domain = |mail: &Message| mail.text().contains(domain).then(|| mail.text());
        let text = postbox
            .until(format!("the bounce from {domain}"), |sessions| {
                sessions.iter().flat_map(|session| &session.messages).find_map(of_domain)
            })
            .await;
        assert!(text.contains(status), "{domain}:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deferred_mail_is_tried_again_and_delivered_once() {
    let (relay, host, postbox) = world(Site::new()).await;
    host.change(Mode::NoStartTls, Taking::Defer);
    relay.accept(SENDER, "known@there.example", &message("later")).await;
    host.ended(1).await;
    host.change(Mode::NoStartTls, Taking::Accept);
    host.messages_until(1).await;
    relay.drained().await;
    assert_eq!(host.messages().len(), 1);
    assert!(postbox.messages().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_hangs_up_in_the_middle_of_data_gets_it_again() {
    let (relay, host, _postbox) = world(Site::new()).await;
    host.change(Mode::NoStartTls, Taking::DropMidData);
    relay.accept(SENDER, "known@there.example", &message("again")).await;
    host.ended(1).await;
    host.change(Mode::NoStartTls, Taking::Accept);
    let arrived = host.messages_until(1).await;
    assert!(arrived[0].text().ends_with(&message("again")), "{}", arrived[0].text());
}

/// A relay, a host that knows no `unknown` for `there.example`, and the sender's postbox.
async fn world(site: Site) -> (TestRelay, Host, Host) {
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::RejectUnknown).await;
    let postbox = Host::start(Mode::NoStartTls).await;
    let site = site.host("there.example", host.address).host("senders.example", postbox.address);
    (site.start().await, host, postbox)
}
