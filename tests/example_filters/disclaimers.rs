//! A disclaimer comes beneath what is read, in whatever it is written, once, and never beneath what is signed.

use super::{
    Case, INSIDE, OUTSIDE, RECIPIENT, SENDER, arrive, bounded, head, multipart, relay, send, site, untraced,
};

const PLAIN: &str = "\r\n-- \r\nExample Ltd, registered in Exampleton under 12345.\r\n\
    This message is for the person it is addressed to.\r\n";
const HTML: &str = "\r\n<hr><p>Example Ltd, registered in Exampleton under 12345.<br>\
    This message is for the person it is addressed to.</p>\r\n";

/// An e with an accent, and the disclaimer.
const BASE64: &str = "w6kNCg0KLS0gDQpFeGFtcGxlIEx0ZCwgcmVnaXN0ZXJlZCBpbiBFeGFtcGxldG9uIHVuZGVyIDEy\r\n\
    MzQ1Lg0KVGhpcyBtZXNzYWdlIGlzIGZvciB0aGUgcGVyc29uIGl0IGlzIGFkZHJlc3NlZCB0by4N\r\nCg==\r\n";

const SIGNATURE: &str = "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nMIIB\r\n";
const PDF: &str =
    "Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n";

/// A text with its disclaimer.
fn beneath(what: &'static str, fields: &str, text: &str) -> Case {
    let sent = head(fields) + text;
    Case { what, arrives: (sent.clone() + PLAIN).into(), sent: sent.into() }
}

fn texts() -> Vec<Case> {
    let of = |fields: &str, body: &[u8]| [head(fields).as_bytes(), body].concat();
    let latin = of(
        "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n",
        b"Gr\xfc\xdfe\r\n",
    );
    let undeclared = of("", b"Gr\xfc\xdfe \xff\r\n");
    let base64 = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n";
    let utf_16 = "Content-Type: text/plain; charset=utf-16le\r\nContent-Transfer-Encoding: base64\r\n";
    vec![
        beneath("a text", "", "Hello\r\n.\r\n..dots\r\n"),
        beneath("a text without an end", "", "From here\r\n\r\n\r\n"),
        beneath("flowed", "Content-Type: text/plain; format=flowed\r\n", "It goes on \r\nand ends.\r\n"),
        Case::with(
            "quoted-printable",
            head("Content-Transfer-Encoding: quoted-printable\r\n") + "caf=C3=A9 =\r\nau lait\r\n",
            &[("au lait\r\n", &format!("au lait\r\n{}", PLAIN.replace("-- \r\n", "=2D-=20\r\n")))],
        ),
        Case { what: "eight bits", arrives: [&latin[..], PLAIN.as_bytes()].concat(), sent: latin },
        Case { what: "of no set", arrives: [&undeclared[..], PLAIN.as_bytes()].concat(), sent: undeclared },
        Case::with("base64", head(base64) + "w6k=\r\n", &[("w6k=\r\n", BASE64)]),
        Case::with(
            "in UTF-16",
            head(utf_16) + "6QANAAoA\r\n",
            &[
                ("utf-16le", "utf-8"),
                ("6QANAAoA\r\n", BASE64),
                ("Encoding: base64\r\n", "Encoding: base64\r\nMIME-Version: 1.0\r\n"),
            ],
        ),
    ]
}

fn parts() -> Vec<Case> {
    let page = "Content-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>caf\u{e9}</p></body></html>";
    let alternative = format!(
        "Content-Type: multipart/alternative; boundary=in\r\n\r\n{}",
        bounded(
            "in",
            &[
                "Content-Type: text/plain\r\n\r\nplain",
                &format!(
                    "Content-Type: multipart/related; boundary=rel\r\n\r\n{}",
                    bounded("rel", &[page, "Content-Type: image/png\r\nContent-ID: <1>\r\n\r\nx"])
                ),
            ]
        )
    );
    let both = [
        ("\r\n\r\nplain\r\n", &*format!("\r\n\r\nplain\r\n{PLAIN}")),
        ("</body>", &*format!("{HTML}</body>")),
    ];
    let forwarded = "Content-Type: message/rfc822\r\n\r\nFrom: eve@elsewhere.example\r\n\r\nTheirs";
    let quoted = "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<body>x =3D y</bo=\r\ndy>";
    // A line has at most 76 octets (RFC 2045 section 6.7).
    let folded = HTML.replace("message is for", "message i=\r\ns for");
    vec![
        Case::with(
            "HTML alone",
            head("Content-Type: text/html\r\n") + "<p>Hello\r\n",
            &[("<p>Hello\r\n", &format!("<p>Hello\r\n{HTML}"))],
        ),
        Case::with("both, a picture and a file", multipart("mixed", &[&alternative, PDF]), &both),
        Case::with("quoted HTML", multipart("mixed", &[quoted]), &[("</bo=", &format!("{folded}</bo="))]),
        Case::with(
            "a message is forwarded",
            multipart("mixed", &["\r\nOurs", forwarded]),
            &[("\r\nOurs\r\n", &format!("\r\nOurs\r\n{PLAIN}"))],
        ),
        Case::with(
            "a part without text",
            multipart("mixed", &["\r\n", PDF]),
            &[("out=er\r\n\r\n\r\n", &format!("out=er\r\n\r\n{PLAIN}"))],
        ),
    ]
}

/// What it must not touch.
fn sealed() -> Vec<Case> {
    let signed = format!(
        "Content-Type: multipart/signed; boundary=sig\r\n\r\n{}",
        bounded("sig", &["\r\nsigned", SIGNATURE])
    );
    let quoted = "Content-Type: text/html\r\n\r\n<blockquote>Example Ltd, registered\r\n  in Exampleton under 12345.</blockquote>";
    let encrypted = [
        "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
        "Content-Type: application/octet-stream\r\n\r\nx",
    ];
    let armour = "-----BEGIN PGP MESSAGE-----\r\n\r\nx\r\n-----END PGP MESSAGE-----\r\n";
    vec![
        Case::same("signed", multipart("signed", &["\r\nsigned", SIGNATURE])),
        Case::same("signed, in a part", multipart("mixed", &[&signed, PDF])),
        Case::same("encrypted", multipart("encrypted; protocol=\"application/pgp-encrypted\"", &encrypted)),
        Case::same(
            "opaque",
            head("Content-Type: application/x-pkcs7-mime; smime-type=signed-data\r\n") + "MIIB\r\n",
        ),
        Case::same(
            "signed by its sender",
            head("DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=from; bh=x; b=x\r\n") + "Hello\r\n",
        ),
        Case::same("in armour", head("") + armour),
        Case::same(
            "a receipt",
            multipart(
                "report; report-type=disposition-notification",
                &[
                    "\r\nIt was read",
                    "Content-Type: message/disposition-notification\r\n\r\nDisposition: displayed",
                ],
            ),
        ),
        Case::same(
            "it is there",
            head("") + "Yes.\r\n> Example Ltd, registered in\r\n> Exampleton under 12345.\r\n",
        ),
        Case::same("it is there in HTML", multipart("alternative", &[quoted])),
        Case::same("nothing to read", multipart("mixed", &[PDF])),
        Case::same(
            "a text in a file",
            multipart("mixed", &["Content-Disposition: attachment; filename=a.txt\r\n\r\nx"]),
        ),
        Case::same("of an unknown set", head("Content-Type: text/plain; charset=x-none\r\n") + "x\r\n"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_leaves_has_it_beneath_what_is_read() {
    let (relay, host) = relay(site("disclaimer")).await;
    arrive(&relay, &host, INSIDE, SENDER, texts()).await;
    arrive(&relay, &host, INSIDE, SENDER, parts()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_signed_or_has_it_stays_as_it_is() {
    let (relay, host) = relay(site("disclaimer")).await;
    arrive(&relay, &host, INSIDE, SENDER, sealed()).await;
    let hello = || head("") + "Hello\r\n";
    arrive(&relay, &host, INSIDE, "", vec![Case::same("a bounce", hello())]).await;
    arrive(&relay, &host, OUTSIDE, SENDER, vec![Case::same("from outside", hello())]).await;
    let ours = site("disclaimer").host("example.org", host.address).host("there.example", host.address);
    let relay = ours.start().await;
    for (number, (recipients, has_it)) in
        [(vec!["eve@Example.org"], false), (vec!["eve@example.org", RECIPIENT], true)].into_iter().enumerate()
    {
        let before = host.messages().len();
        assert_eq!(send(&relay, INSIDE, (SENDER, &recipients), hello().as_bytes()).await.code, 250);
        let arrived = host.messages_until(before + number + 1).await;
        let expected = if has_it { hello() + PLAIN } else { hello() };
        assert!(arrived[before..].iter().all(|one| untraced(one) == expected.as_bytes()), "{recipients:?}");
    }
}
