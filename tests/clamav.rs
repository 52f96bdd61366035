//! ClamAV on live mail: clamd and clamav-milter, configured as `docs/milters.md` says.

use serde_json::Value;
use waxseal_tests::client::{Reply, message};
use waxseal_tests::command::waxseal;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::milters::{ClamAv, MARKER, SIGNATURE};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::wait::soon;

const SENDER: &str = "sender@client.example";
const RECIPIENT: &str = "someone@there.example";

/// A text file with the marker, in a ZIP archive that compresses it.
const ARCHIVE: &str = "UEsDBBQAAAAIAAAAfF0OWu63JgAAACYAAAAJAAAAb2ZmZXIudHh0C8nILFYAovLEiuLUxBzdjMSi\r\n\
    3JzU4mLdktTiEt3cxKLs1CI9LgBQSwECFAMUAAAACAAAAHxdDlrutyYAAAAmAAAACQAAAAAAAAAA\r\n\
    AAAAgAEAAAAAb2ZmZXIudHh0UEsFBgAAAAABAAEANwAAAE0AAAAAAA==";

/// The same file in base64.
const FILE: &str = "VGhpcyBpcyB3YXhzZWFsLWhhcm1sZXNzLXRlc3QtbWFya2VyLgo=";

async fn relay(clamav: &ClamAv, host: &Host) -> TestRelay {
    let (address, keys) = clamav.table();
    Site::new().host("there.example", host.address).milter("clamav", address, &keys).start().await
}

/// A text, and a file in base64.
fn with_file(name: &str, base64: &str) -> String {
    format!(
        "From: <{SENDER}>\r\nSubject: An offer\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nLook!\r\n--b\r\n\
        Content-Type: application/octet-stream; name={name}\r\nContent-Transfer-Encoding: base64\r\n\r\n{base64}\r\n--b--\r\n"
    )
}

fn infected() -> [(&'static str, String); 4] {
    let file = with_file("offer.txt", FILE);
    [
        ("a text", message("x").replace("Sealed with wax.", MARKER)),
        ("a message in a message", format!("From: <{SENDER}>\r\nContent-Type: message/rfc822\r\n\r\n{file}")),
        ("a file", file),
        ("an archive", with_file("offer.zip", ARCHIVE)),
    ]
}

async fn send(relay: &TestRelay, content: &str) -> Reply {
    let mut client = relay.client().await;
    client.ehlo().await;
    client.mail(SENDER, &[RECIPIENT], content).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_virus_is_refused_and_other_mail_says_that_it_was_scanned() {
    let clamav = ClamAv::start(&[]).await;
    let host = Host::start(Mode::NoStartTls).await;
    let relay = relay(&clamav, &host).await;
    for (what, content) in infected() {
        let reply = send(&relay, &content).await;
        let expected = format!("550 5.7.1 Infected: {SIGNATURE}");
        assert_eq!(reply.to_string(), expected, "{what}");
    }
    let clean = with_file("offer.txt", "SGVsbG8K").replace("Look!", ".Schön!\r\n..\r\n -- \r\n--c");
    let forged = "X-Virus-Status: Clean\r\nX-Virus-Scanned: by nobody\r\n";
    assert_eq!(send(&relay, &format!("{forged}{clean}")).await.code, 250);
    let arrived = host.messages_until(1).await.remove(0).text();
    let (ours, others): (Vec<_>, Vec<_>) =
        arrived.split_inclusive('\n').partition(|line| line.starts_with("X-Virus-"));
    assert!(others.concat().ends_with(&format!(" +0000\r\n{clean}")), "the rest is as it was: {arrived}");
    assert_eq!(ours.len(), 2, "{arrived}");
    assert!(ours.contains(&"X-Virus-Status: Clean\r\n"), "{arrived}");
    assert!(ours.iter().any(|line| line.starts_with("X-Virus-Scanned: clamav-milter ")), "{arrived}");
    relay.drained().await;
    assert_eq!(host.messages().len(), 1);
    for (outcome, count) in [("refused", 4), ("accepted", 1)] {
        let line =
            format!("waxseal_milter_messages_total{{milter=\"clamav\",outcome=\"{outcome}\"}} {count}");
        assert!(relay.metrics().contains(&line), "no `{line}` in\n{}", relay.metrics());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_virus_is_kept_or_forgotten_where_clamav_says_so() {
    let clamav = ClamAv::start(&["OnInfected Quarantine"]).await;
    let host = Host::start(Mode::NoStartTls).await;
    let keeping = relay(&clamav, &host).await;
    let content = with_file("offer.zip", ARCHIVE);
    assert_eq!(send(&keeping, &content).await.code, 250);
    let configuration = keeping.site.path("waxseal.toml");
    let listed = waxseal(&configuration, &["quarantine", "list", "--json"]).await;
    let kept: Value = serde_json::from_str(listed.output.lines().next().unwrap()).unwrap();
    assert_eq!(kept["envelope"]["quarantine"]["reason"], "quarantined by clamav-milter", "{kept}");
    assert!(host.sessions().is_empty());
    let id = kept["envelope"]["id"].as_str().unwrap();
    assert_eq!(waxseal(&configuration, &["quarantine", "release", id]).await.code, Some(0));
    let released = host.messages_until(1).await.remove(0).text();
    let body = content.split_once("\r\n\r\n").unwrap().1;
    assert!(released.ends_with(body), "{released}");
    assert!(released.contains(&format!("\r\nX-Virus-Status: Infected ({SIGNATURE})\r\n")), "{released}");

    let clamav = ClamAv::start(&["OnInfected Blackhole"]).await;
    let host = Host::start(Mode::NoStartTls).await;
    let forgetting = relay(&clamav, &host).await;
    assert_eq!(send(&forgetting, &content).await.code, 250);
    assert_eq!(send(&forgetting, &message("clean")).await.code, 250);
    forgetting.drained().await;
    assert_eq!(host.messages().len(), 1);
    assert!(host.messages()[0].text().contains("Subject: clean"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_waits_while_clamd_or_its_milter_is_down() {
    let mut clamav = ClamAv::start(&[]).await;
    let host = Host::start(Mode::NoStartTls).await;
    let relay = relay(&clamav, &host).await;
    assert_eq!(send(&relay, &message("before")).await.code, 250);

    clamav.kill_scanner().await;
    let reply = send(&relay, &message("lost?")).await;
    assert_eq!(reply.code, 451, "{reply}");
    clamav.start_scanner().await;
    comes_through(&relay, "scanned again").await;

    clamav.kill_milter().await;
    assert_eq!(send(&relay, &message("lost?")).await.codes(), "451 4.3.0");
    clamav.start_milter().await;
    comes_through(&relay, "asked again").await;

    let messages = host.messages_until(3).await;
    let subjects = ["before", "scanned again", "asked again"];
    for (message, subject) in messages.iter().zip(subjects) {
        assert!(message.text().contains(&format!("Subject: {subject}\r\n")), "{messages:?}");
        assert!(message.text().contains("\r\nX-Virus-Status: Clean\r\n"), "{messages:?}");
    }
    let down = send(&relay, &message("x").replace("Sealed with wax.", MARKER)).await;
    assert_eq!(down.code, 550, "it scans: {down}");
}

/// clamav-milter looks for clamd again every so often: a client comes again until then, as a mail system does.
async fn comes_through(relay: &TestRelay, subject: &str) {
    let taken = async {
        loop {
            let reply = send(relay, &message(subject)).await;
            if reply.code == 250 {
                return;
            }
            assert_eq!(reply.code, 451, "{reply}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    soon(format!("`{subject}` to be taken"), taken).await;
}

/// The trap that the guide warns of: what is too large for clamav-milter is let through unseen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_above_its_limit_is_not_scanned_and_the_guide_has_it_above_ours() {
    let large =
        message("large").replace("Sealed with wax.", &format!("{}{MARKER}", "filling\r\n".repeat(2000)));
    let host = Host::start(Mode::NoStartTls).await;
    let clamav = ClamAv::start(&["MaxFileSize 10K"]).await;
    assert_eq!(
        send(&relay(&clamav, &host).await, &large).await.code,
        250,
        "clamav-milter has changed: mend the guide"
    );
    let clamav = ClamAv::start(&[]).await;
    let relay = relay(&clamav, &host).await;
    // As large as the relay takes it by default, with the marker at the end.
    let line = "filling of sixty-four octets, which is a line of some mail ..\r\n";
    let most = (50 << 20) - 1024;
    let larger =
        message("large").replace("Sealed with wax.", &format!("{}{MARKER}", line.repeat(most / line.len())));
    let reply = send(&relay, &larger).await;
    assert_eq!(reply.code, 550, "{reply}");
}
