//! Milters on live mail: the real OpenDKIM and rspamd sign, verify and refuse; one that hangs or crashes
//! defers, loses nothing, and the mail after it goes.

use waxseal_tests::client::message;
use waxseal_tests::host::{Host, Message, Mode};
use waxseal_tests::milters::{DkimKey, Gate, Milter, OpenDkim, Way};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};

const SENDER: &str = "sender@client.example";
const RECIPIENT: &str = "someone@there.example";

/// Patterns of rspamd's that stand for spam: to be refused, and to be marked.
const REFUSED: &str = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";
const MARKED: &str = "YJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_milter_signs_the_next_verifies() {
    let key = DkimKey::new();
    let signer = Milter::opendkim(OpenDkim::Sign("client.example", &key)).await;
    let verifier = Milter::opendkim(OpenDkim::Verify("client.example", &key)).await;
    let host = Host::start(Mode::NoStartTls).await;
    let site = Site::new().host("there.example", host.address);
    let site = site.milter("signer", signer.address(), "").milter("verifier", verifier.address(), "");
    let relay = site.start().await;
    // Canonicalisation is `simple`: an octet that was changed on the way would break it.
    let sent =
        format!("Received: from  elsewhere;\r\n\tlong ago\r\n{}", message("folded\r\n  and \t spaced"));
    relay.accept(SENDER, RECIPIENT, &sent).await;
    let text = host.messages_until(1).await[0].text();
    let head = text.strip_suffix(&sent).unwrap_or_else(|| panic!("the rest is as it was: {text}"));
    let pass = "Authentication-Results: verifier.example;\r\n\tdkim=pass ";
    assert!(head.starts_with(pass), "{head}");
    let signature = "\r\nDKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=client.example;\r\n\ts=test;";
    assert!(head.contains(signature) && head.contains("\r\nReceived: from client.example "), "{head}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_milter_sees_mail_that_comes_inside_tls_and_in_chunks() {
    let key = DkimKey::new();
    let signer = Milter::opendkim(OpenDkim::Sign("client.example", &key)).await;
    let host = Host::start(Mode::NoStartTls).await;
    let site = Site::new().host("there.example", host.address);
    let relay = site.milter("signer", signer.address(), "").start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    let mut client = client.start_tls(&tls::client(None, Versions::Only13)).await.unwrap();
    client.ehlo().await;
    for subject in ["one", "two"] {
        assert_eq!(client.say(&format!("MAIL FROM:<{SENDER}>")).await.code, 250);
        assert_eq!(client.say(&format!("RCPT TO:<{RECIPIENT}>")).await.code, 250);
        let content = message(subject);
        client.send(format!("BDAT {} LAST\r\n{content}", content.len())).await;
        assert_eq!(client.reply().await.codes(), "250 2.0.0");
    }
    let messages = host.messages_until(2).await;
    assert!(messages.iter().all(|mail| mail.text().starts_with("DKIM-Signature: v=1;")), "{messages:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rspamd_refuses_and_marks_spam() {
    let rspamd = Milter::rspamd().await;
    let host = Host::start(Mode::NoStartTls).await;
    let site = Site::new().host("there.example", host.address);
    let relay = site.milter("rspamd", rspamd.address(), "").start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    let spam = |pattern: &str| message("spam").replace("Sealed with wax.", pattern);
    let reply = client.mail(SENDER, &[RECIPIENT], &spam(REFUSED)).await;
    assert_eq!(reply.code, 554, "{reply}");
    assert!(reply.text().contains("Gtube pattern"), "in rspamd's own words: {reply}");
    assert_eq!(client.mail(SENDER, &[RECIPIENT], &spam(MARKED)).await.code, 250);
    assert_eq!(client.mail(SENDER, &[RECIPIENT], &message("ham")).await.code, 250);
    let mut texts: Vec<_> = host.messages_until(2).await.iter().map(Message::text).collect();
    texts.sort_by_key(|text| text.contains("Subject: spam"));
    assert!(texts[0].ends_with(&message("ham")) && !texts[0].contains("X-Spam"), "{}", texts[0]);
    assert!(texts[1].contains("\r\nX-Spam: Yes\r\n") && texts[1].contains(MARKED), "{}", texts[1]);
    relay.drained().await;
    let metrics = relay.metrics();
    for line in ["milter=\"rspamd\",outcome=\"refused\"} 1", "milter=\"rspamd\",outcome=\"accepted\"} 2"] {
        assert!(metrics.contains(&format!("waxseal_milter_messages_total{{{line}")), "{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_milter_that_hangs_or_crashes_defers_and_the_mail_after_it_goes() {
    let key = DkimKey::new();
    let signer = Milter::opendkim(OpenDkim::Sign("client.example", &key)).await;
    let host = Host::start(Mode::NoStartTls).await;
    let gate = Gate::before(&signer, Way::Open);
    let short = r#"timeouts = { connect = "1s", command = "1s", content = "1s", end = "1s" }"#;
    let site = Site::new().host("there.example", host.address);
    let relay = site.milter("signer", gate.address(), short).start().await;
    let mut taken = 0;
    for way in [Way::Hangs, Way::Crashes] {
        gate.change(way);
        assert_eq!(one(&relay, "lost?").await, "451 4.3.0", "{way:?}");
        // In the middle of a message, too.
        gate.change(Way::Open);
        let mut client = relay.client().await;
        client.ehlo().await;
        assert_eq!(client.envelope(SENDER, &[RECIPIENT]).await.code, 354);
        gate.change(way);
        client.send(message("lost?")).await;
        assert_eq!(client.say(".").await.codes(), "451 4.3.0", "{way:?} in the middle");
        // And once it is well again, in the same session and in others.
        gate.change(Way::Open);
        assert_eq!(
            client.mail(SENDER, &[RECIPIENT], &message("later")).await.codes(),
            "250 2.0.0",
            "{way:?}"
        );
        assert_eq!(one(&relay, "later").await, "250 2.0.0", "{way:?}");
        taken += 2;
        let messages = host.messages_until(taken).await;
        let signed = |text: String| text.contains("Subject: later") && text.contains("DKIM-Signature:");
        assert!(messages.len() == taken && messages.iter().all(|mail| signed(mail.text())), "{messages:?}");
    }
    assert!(relay.metrics().contains("waxseal_milter_failures_total{milter=\"signer\",reason=\"time\"}"));
    assert!(relay.metrics().contains("waxseal_milter_failures_total{milter=\"signer\",reason=\"closed\"}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_milter_may_be_done_without_where_the_site_says_so() {
    let host = Host::start(Mode::NoStartTls).await;
    let site = Site::new().host("there.example", host.address);
    let relay = site.milter("gone", "unix:/nonexistent/milter.sock", "on_failure = \"skip\"").start().await;
    relay.accept(SENDER, RECIPIENT, &message("unsigned")).await;
    assert!(host.messages_until(1).await[0].text().ends_with(&message("unsigned")));
}

/// What a client hears of one mail in a session of its own, at whatever command it is denied.
async fn one(relay: &TestRelay, subject: &str) -> String {
    let mut client = relay.client().await;
    client.ehlo().await;
    client.mail(SENDER, &[RECIPIENT], &message(subject)).await.codes()
}
