//! What is attached, signed or encrypted.

use super::multiparts::{mime, plain};
use super::{Make, Seed, head};

pub(super) const KINDS: &[(&str, Make)] = &[
    ("names in RFC 2231, cut and encoded", |seed| {
        attached(
            seed,
            "Content-Type: application/octet-stream\r\nContent-Disposition: attachment;\r\n filename*0*=utf-8''%E4%B8%96%E7%95%8C;\r\n filename*1=\" and more\";\r\n filename*2*=%20%C3%A9.bin",
        )
    }),
    ("names in encoded-words, and raw", |seed| {
        let name = seed.pick(&[
            "=?utf-8?Q?na=C3=AFve.doc?=",
            "naïve.doc",
            "a;b \\\"c\\\".doc",
            "..\\..\\evil.exe",
            "report.pdf.exe . ",
        ]);
        attached(
            seed,
            &format!(
                "Content-Type: application/msword;\r\n\tname=\"{name}\"\r\nContent-Disposition: attachment;\r\n\tfilename=\"{name}\""
            ),
        )
    }),
    ("winmail.dat", |seed| {
        attached(
            seed,
            "Content-Type: application/ms-tnef; name=\"winmail.dat\"\r\nContent-Disposition: attachment; filename=\"winmail.dat\"",
        )
    }),
    ("an invitation", |seed| {
        let b = seed.boundary();
        let (one, word) = (plain(seed), seed.word());
        let body = format!(
            "--{b}\r\n{one}\r\n--{b}\r\nContent-Type: text/calendar; method=REQUEST; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:{word}\r\n  folded ü\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n\r\n--{b}--\r\n"
        );
        mime(seed, "alternative", &b, &body)
    }),
    ("signed with S/MIME, detached", |seed| signed(seed, "application/pkcs7-signature", "smime.p7s")),
    ("signed with PGP", |seed| signed(seed, "application/pgp-signature", "signature.asc")),
    ("S/MIME, opaque", |seed| {
        let mut octets = format!(
            "{}MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type={}; name=\"smime.p7m\"\r\nContent-Transfer-Encoding: base64\r\n\r\n",
            head(seed),
            seed.pick(&["enveloped-data", "signed-data"])
        )
        .into_bytes();
        octets.extend(seed.base64(6));
        octets
    }),
    ("encrypted with PGP", |seed| {
        let b = seed.boundary();
        let body = format!(
            "--{b}\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--{b}\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEM\r\n-----END PGP MESSAGE-----\r\n\r\n--{b}--\r\n"
        );
        mime(seed, "encrypted; protocol=\"application/pgp-encrypted\"", &b, &body)
    }),
    ("a file alone", |seed| {
        let mut octets = format!(
            "{}Content-Type: {}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=scan\r\n\r\n",
            head(seed),
            seed.pick(&["image/tiff", "application/zip", "nonsense", "application/octet-stream"])
        )
        .into_bytes();
        let lines = 1 + seed.below(400);
        octets.extend(seed.base64(lines));
        octets
    }),
    ("an attached text, and none to be read", |seed| {
        let b = seed.boundary();
        let text = seed.text(2);
        mime(
            seed,
            "mixed",
            &b,
            &format!(
                "--{b}\r\nContent-Type: text/plain; name=log.txt\r\nContent-Disposition: attachment\r\n\r\n{text}\r\n--{b}--\r\n"
            ),
        )
    }),
    ("octets without any encoding", |seed| {
        let b = seed.boundary();
        let mut octets = mime(
            seed,
            "mixed",
            &b,
            &format!(
                "--{b}\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n"
            ),
        );
        octets.extend(seed.octets(5_000));
        octets.extend_from_slice(format!("\r\n--{b}--\r\n").as_bytes());
        octets
    }),
    ("a transfer encoding that nobody knows", |seed| {
        attached(seed, "Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode")
    }),
];

/// A text, and a file with these fields.
fn attached(seed: &mut Seed, fields: &str) -> Vec<u8> {
    let b = seed.boundary();
    let lines = 1 + seed.below(40);
    let (one, file) = (plain(seed), String::from_utf8(seed.base64(lines)).expect("base64"));
    let encoding =
        if fields.contains("Transfer-Encoding") { "" } else { "Content-Transfer-Encoding: base64\r\n" };
    mime(
        seed,
        "mixed",
        &b,
        &format!("--{b}\r\n{one}\r\n--{b}\r\n{fields}\r\n{encoding}\r\n{file}--{b}--\r\n"),
    )
}

fn signed(seed: &mut Seed, protocol: &str, name: &str) -> Vec<u8> {
    let b = seed.boundary();
    let (one, signature) = (plain(seed), String::from_utf8(seed.base64(3)).expect("base64"));
    let body = format!(
        "--{b}\r\n{one}\r\n--{b}\r\nContent-Type: {protocol}; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{signature}\r\n--{b}--\r\n"
    );
    mime(seed, &format!("signed; protocol=\"{protocol}\"; micalg=sha-256"), &b, &body)
}
