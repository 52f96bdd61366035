//! MIME, whole and broken.

use super::{Make, Seed, head};

pub(super) const KINDS: &[(&str, Make)] = &[
    ("text and HTML", |seed| {
        let b = seed.boundary();
        let (one, two) = (plain(seed), html(seed));
        mime(seed, "alternative", &b, &format!("--{b}\r\n{one}\r\n--{b}\r\n{two}\r\n--{b}--\r\n"))
    }),
    ("text and HTML with a picture, and a file", nested),
    ("preamble and epilogue", |seed| {
        let b = seed.boundary();
        let (one, text) = (plain(seed), seed.text(3));
        mime(
            seed,
            "mixed",
            &b,
            &format!("This is MIME.\r\n{text}--{b}\r\n{one}\r\n--{b}--\r\n{text}\r\n--{b}\r\nnot a part\r\n"),
        )
    }),
    ("no closing delimiter", |seed| {
        let b = seed.boundary();
        let (one, two) = (plain(seed), html(seed));
        mime(seed, "mixed", &b, &format!("--{b}\r\n{one}\r\n--{b}\r\n{two}\r\n"))
    }),
    ("no delimiter at all", |seed| {
        let text = seed.text(3);
        mime(seed, "mixed", "nowhere", &text)
    }),
    ("no boundary", |seed| {
        format!("{}Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\n{}--x--\r\n", head(seed), seed.text(2))
            .into_bytes()
    }),
    ("an inner multipart that is never closed", |seed| {
        let (a, b) = (seed.boundary(), seed.boundary());
        let (one, two) = (plain(seed), html(seed));
        mime(
            seed,
            "mixed",
            &a,
            &format!(
                "--{a}\r\nContent-Type: multipart/alternative; boundary=\"{b}\"\r\n\r\n--{b}\r\n{one}\r\n--{b}\r\n{two}\r\n--{a}\r\n{one}\r\n--{a}--\r\n"
            ),
        )
    }),
    ("inner and outer boundary are one", |seed| {
        let b = seed.boundary();
        let one = plain(seed);
        mime(
            seed,
            "mixed",
            &b,
            &format!(
                "--{b}\r\nContent-Type: multipart/mixed; boundary=\"{b}\"\r\n\r\n--{b}\r\n{one}\r\n--{b}--\r\n\r\n--{b}\r\n{one}\r\n--{b}--\r\n"
            ),
        )
    }),
    ("a boundary that begins like another", |seed| {
        let one = plain(seed);
        let inner = seed.pick(&["ab", "a-", "a--b"]);
        mime(
            seed,
            "mixed",
            "a",
            &format!(
                "--a\r\nContent-Type: multipart/mixed; boundary=\"{inner}\"\r\n\r\n--{inner}\r\n{one}\r\n--{inner}--\r\n--a\r\n{one}\r\n--a--\r\n"
            ),
        )
    }),
    ("delimiter lines with spaces behind them", |seed| {
        let b = seed.boundary();
        let (one, spaces) = (plain(seed), seed.pick(&[" ", "\t", "   \t "]));
        mime(seed, "mixed", &b, &format!("--{b}{spaces}\r\n{one}\r\n--{b}--{spaces}\r\n"))
    }),
    ("empty parts", |seed| {
        let b = seed.boundary();
        mime(
            seed,
            "mixed",
            &b,
            &format!(
                "--{b}\r\n\r\n--{b}\r\n\r\n\r\n--{b}\r\nContent-Type: text/html\r\n--{b}\r\n--{b}--\r\n"
            ),
        )
    }),
    ("one part", |seed| {
        let b = seed.boundary();
        let one = plain(seed);
        mime(seed, "mixed", &b, &format!("--{b}\r\n{one}\r\n--{b}--\r\n"))
    }),
    ("60 multiparts deep", deep),
    ("messages in messages", chain),
    ("a digest", |seed| {
        let b = seed.boundary();
        let message = head(seed);
        mime(
            seed,
            "digest",
            &b,
            &format!("--{b}\r\n\r\n{message}\r\none\r\n--{b}\r\n\r\n{message}\r\ntwo\r\n--{b}--\r\n"),
        )
    }),
    ("2 000 parts", |seed| {
        let parts = "--a\r\n\r\nx\r\n".repeat(2_000);
        mime(seed, "mixed", "a", &format!("{parts}--a--\r\n"))
    }),
    ("a delivery report", |seed| {
        let b = seed.boundary();
        let message = head(seed);
        mime(
            seed,
            "report; report-type=delivery-status",
            &b,
            &format!(
                "--{b}\r\n\r\nIt could not be delivered.\r\n--{b}\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--{b}\r\nContent-Type: text/rfc822-headers\r\n\r\n{message}\r\n--{b}--\r\n"
            ),
        )
    }),
    ("the encoding of a multipart is base64", |seed| {
        let one = plain(seed);
        let head = head(seed);
        format!("{head}Content-Transfer-Encoding: base64\r\nContent-Type: multipart/mixed; boundary=z\r\n\r\n--z\r\n{one}\r\n--z--\r\n").into_bytes()
    }),
];

/// A message that is a multipart.
pub(super) fn mime(seed: &mut Seed, subtype: &str, boundary: &str, body: &str) -> Vec<u8> {
    let fold = seed.pick(&[" ", "\r\n\t", "\r\n "]);
    format!("{}MIME-Version: 1.0\r\nContent-Type: multipart/{subtype};{fold}boundary=\"{boundary}\"\r\n\r\n{body}", head(seed)).into_bytes()
}

pub(super) fn plain(seed: &mut Seed) -> String {
    let fields = seed.pick(&[
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n",
        "content-type: TEXT/PLAIN; CHARSET=\"ISO-8859-1\"\r\nContent-Disposition: inline\r\n",
    ]);
    format!("{fields}\r\n{}", seed.text(2))
}

pub(super) fn html(seed: &mut Seed) -> String {
    let encoding = seed.pick(&[
        "",
        "Content-Transfer-Encoding: quoted-printable\r\n",
        "Content-Transfer-Encoding: 7bit\r\n",
    ]);
    format!(
        "Content-Type: text/html; charset=utf-8\r\n{encoding}\r\n<html><body>{}</body></html>\r\n",
        seed.words(6)
    )
}

fn nested(seed: &mut Seed) -> Vec<u8> {
    let (a, b, c) = (seed.boundary(), seed.boundary(), seed.boundary());
    let (one, two) = (plain(seed), html(seed));
    let picture = String::from_utf8(seed.base64(4)).expect("base64");
    let body = format!(
        "--{a}\r\nContent-Type: multipart/alternative; boundary=\"{b}\"\r\n\r\n--{b}\r\n{one}\r\n--{b}\r\nContent-Type: multipart/related; boundary=\"{c}\"\r\n\r\n--{c}\r\n{two}\r\n\
         --{c}\r\nContent-Type: image/png; name=\"p.png\"\r\nContent-ID: <p>\r\nContent-Transfer-Encoding: base64\r\n\r\n{picture}--{c}--\r\n\r\n--{b}--\r\n\r\n\
         --{a}\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\nContent-Disposition: attachment; filename=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{picture}--{a}--\r\n"
    );
    mime(seed, "mixed", &a, &body)
}

fn deep(seed: &mut Seed) -> Vec<u8> {
    let one = plain(seed);
    let closed = seed.below(2) == 0;
    let down: String = (0..60)
        .map(|depth| format!("--d{depth}\r\nContent-Type: multipart/mixed; boundary=d{}\r\n\r\n", depth + 1))
        .collect();
    let up: String = (0..=60).rev().map(|depth| format!("--d{depth}--\r\n")).collect();
    let end = if closed { up } else { String::new() };
    mime(seed, "mixed", "d0", &format!("{down}--d60\r\n{one}\r\n{end}"))
}

fn chain(seed: &mut Seed) -> Vec<u8> {
    let mut octets = Vec::new();
    for _ in 0..3 + seed.below(20) {
        octets.extend_from_slice(
            format!("Subject: {}\r\nContent-Type: message/rfc822\r\n\r\n", seed.words(3)).as_bytes(),
        );
    }
    octets.extend_from_slice(
        b"Subject: innermost\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\n",
    );
    octets.extend_from_slice(seed.text(2).as_bytes());
    octets.extend_from_slice(b"--i--\r\n");
    octets
}
