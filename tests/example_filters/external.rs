//! Mail from outside says so, and is otherwise as it was.

use mail_parser::MessageParser;
use waxseal_tests::dns::Zone;

use super::{Case, INSIDE, OUTSIDE, arrive, head, multipart, relay, site, untraced};
use super::{RECIPIENT, send};

const STRANGER: &str = "eve@elsewhere.example";

/// From somebody who is not ours.
fn foreign(text: impl Into<String>) -> String {
    text.into().replace("From: Ann <ann@example.org>", "From: Eve <eve@elsewhere.example>")
}

/// Marked: its fields end with what follows.
fn marked(what: &'static str, sent: String, fields_end: &str) -> Case {
    let field = format!("{fields_end}X-External: yes\r\n\r\n");
    let instead =
        [("Subject: Elephants", "Subject: [external] Elephants"), (&*format!("{fields_end}\r\n"), &*field)];
    Case::with(what, sent, &instead)
}

fn cases() -> Vec<Case> {
    let eight = [foreign(head("")).as_bytes(), b"Gr\xfc\xdfe \xff\r\n"].concat();
    let signed = ["\r\nsigned", "Content-Type: application/pkcs7-signature\r\n\r\nMIIB"];
    let report = "report; report-type=delivery-status";
    let returned = "Content-Type: message/rfc822\r\n\r\nSubject: Mammoths\r\n\r\nx";
    vec![
        marked("a text", foreign(head("") + "Hello\r\n\r\n.\r\n"), "Elephants\r\n"),
        Case::with(
            "eight bits",
            eight,
            &[("Subject: Elephants\r\n", "Subject: [external] Elephants\r\nX-External: yes\r\n")],
        ),
        marked("signed", foreign(multipart("signed", &signed)), "boundary=\"out=er\"\r\n"),
        marked(
            "a notice",
            foreign(multipart(report, &["\r\nIt failed", returned])),
            "boundary=\"out=er\"\r\n",
        ),
        marked(
            "HTML in base64",
            foreign(head("Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n") + "PHA+\r\n"),
            "base64\r\n",
        ),
        Case::with(
            "forged",
            foreign(head("X-External: no\r\nx-external: claims\r\nX: y\r\n")),
            &[
                ("Subject: Elephants", "Subject: [external] Elephants"),
                ("X-External: no\r\nx-external: claims\r\nX: y\r\n", "X: y\r\nX-External: yes\r\n"),
            ],
        ),
        Case::with(
            "no subject",
            foreign(head("").replace("Subject: Elephants\r\n", "")),
            &[("there.example\r\n", "there.example\r\nX-External: yes\r\nSubject: [external]\r\n")],
        ),
        Case::with(
            "an answer",
            foreign(head("").replace("Elephants", "Re: [external] Elephants")),
            &[("Elephants\r\n", "Elephants\r\nX-External: yes\r\n")],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_from_outside_is_marked_and_otherwise_as_it_was() {
    let (relay, host) = relay(site("tag_external")).await;
    arrive(&relay, &host, OUTSIDE, STRANGER, cases()).await;
    arrive(&relay, &host, OUTSIDE, "", vec![marked("of nobody", foreign(head("")), "Elephants\r\n")]).await;
    arrive(
        &relay,
        &host,
        INSIDE,
        "ann@example.org",
        vec![Case::same("from inside", head("X-External: no\r\n"))],
    )
    .await;
}

/// Subjects that are written in ways of their own mean the same behind the mark.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subject_keeps_its_words_in_whatever_it_is_written() {
    let (relay, host) = relay(site("tag_external")).await;
    let long = "very ".repeat(300) + "long";
    let folded = format!("a\r\n folded\r\n\tone {}", "word \r\n ".repeat(40));
    let subjects = [
        ("=?iso-8859-1?Q?Gr=FC=DFe?=", "Grüße"),
        ("=?utf-8?B?5LiW?= =?utf-8?B?55WM?=", "世界"),
        ("=?iso-2022-jp?B?GyRCQCQzJhsoQg==?= and more", "世界 and more"),
        ("Grüße, undeclared", "Grüße, undeclared"),
        (&long, &long),
        (&folded, &format!("a folded one {}", "word  ".repeat(40).trim_end())),
    ];
    let mut wrong = Vec::new();
    for (number, (written, read)) in (1..).zip(subjects) {
        let sent = foreign(head("")).replace("Elephants", written) + "Hello\r\n";
        assert_eq!(send(&relay, OUTSIDE, (STRANGER, &[RECIPIENT]), sent.as_bytes()).await.code, 250);
        let arrived = untraced(host.messages_until(number).await.last().unwrap());
        assert!(arrived.split(|octet| *octet == b'\n').all(|line| line.len() <= 998), "{written}");
        let message = MessageParser::default().parse(&arrived).unwrap();
        let subject = message.subject().unwrap_or_default().to_owned();
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        if words(&subject) != words(&format!("[external] {read}")) {
            wrong.push(format!("{written} -> {subject}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_claims_to_be_ours_has_to_prove_it() {
    let zone = Zone::default()
        .txt("example.org", &["v=spf1 ip4:127.0.9.9 -all"])
        .txt("_dmarc.example.org", &["v=DMARC1; p=none"]);
    let (relay, host) = relay(site("tag_external").zone(zone)).await;
    for (number, (from, kind)) in (1..).zip([(OUTSIDE, "yes"), ([127, 0, 9, 10], "claims to be ours")]) {
        let sent = head("") + "Hello\r\n";
        assert_eq!(send(&relay, from, ("ann@example.org", &[RECIPIENT]), sent.as_bytes()).await.code, 250);
        let arrived = host.messages_until(number).await.last().unwrap().text();
        assert!(arrived.contains(&format!("\r\nX-External: {kind}\r\n")), "{arrived}");
    }
}
