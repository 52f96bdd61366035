//! Bodies without MIME, and text that is written in odd ways.

use encoding_rs::Encoding;

use super::{Make, Seed, head};

pub(super) const KINDS: &[(&str, Make)] = &[
    ("octets beyond ASCII in the body, undeclared", |seed| {
        let mut octets = format!("{}\r\n", head(seed)).into_bytes();
        for _ in 0..20 {
            octets.extend(seed.octets(70));
            octets.extend_from_slice(b"\r\n");
        }
        octets
    }),
    ("dots at the beginning of lines", |seed| {
        format!(
            "{}\r\n.\u{20}\r\n..\r\n...\r\n.{}\r\n. \r\n\r\n..{}\r\n",
            head(seed),
            seed.word(),
            seed.word()
        )
        .into_bytes()
    }),
    ("lines of 998 octets", |seed| {
        format!("{}\r\n{}\r\n{}\r\n", head(seed), "x".repeat(998), "y".repeat(998)).into_bytes()
    }),
    ("a line of 20 000 octets", |seed| {
        format!("{}\r\n{}\r\n", head(seed), seed.word().repeat(20_000 / 9)).into_bytes()
    }),
    ("only empty lines", |seed| format!("{}{}", head(seed), "\r\n".repeat(2 + seed.below(60))).into_bytes()),
    ("what looks like headers, and like mbox", |seed| {
        format!("{}\r\nFrom here on\r\n>From there\r\nSubject: not one\r\nReceived: neither\r\n", head(seed))
            .into_bytes()
    }),
    ("format=flowed", |seed| flowed(seed, "")),
    ("format=flowed with DelSp", |seed| flowed(seed, "; delsp=yes")),
    ("Chinese, simplified", |seed| {
        of_set(seed, &["gb2312", "gbk", "gb18030"], "您好，请查收附件中的报告。谢谢")
    }),
    ("Chinese, traditional", |seed| of_set(seed, &["big5"], "您好，請查收附件中的報告。謝謝")),
    ("Japanese", |seed| {
        of_set(
            seed,
            &["iso-2022-jp", "shift_jis", "euc-jp"],
            "会議の資料を添付いたします。よろしくお願いします",
        )
    }),
    ("Korean", |seed| of_set(seed, &["euc-kr", "ks_c_5601-1987"], "첨부된 보고서를 확인해 주세요")),
    ("Cyrillic, Greek, Thai, Latin", |seed| {
        let (set, text) = seed.pick(&[
            ("koi8-r", "Здравствуйте, отчёт во вложении"),
            ("windows-1251", "Здравствуйте, отчёт во вложении"),
            ("iso-8859-7", "Καλημέρα"),
            ("tis-620", "สวัสดี"),
            ("iso-8859-2", "Žluťoučký kůň"),
            ("windows-1252", "„Grüße“ – 5 €"),
        ]);
        of_set(seed, &[set], text)
    }),
    ("a character set that nobody knows", |seed| {
        format!(
            "{}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=x-martian\r\n\r\n{}",
            head(seed),
            seed.text(3)
        )
        .into_bytes()
    }),
    ("quoted-printable, good and bad", quoted_printable),
    ("base64 in lines of all lengths, with padding in its midst", |seed| {
        let mut octets = format!(
            "{}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: BASE64\r\n\r\n",
            head(seed)
        )
        .into_bytes();
        octets.extend_from_slice(b"aGVsbG8=\r\naGVs\r\nbG8sIA==\r\n d29y bGQ\r\n\r\n!?!\r\n");
        let lines = 1 + seed.below(30);
        octets.extend(seed.base64(lines));
        octets
    }),
    ("HTML alone", |seed| {
        let word = seed.word();
        format!(
            "{}MIME-Version: 1.0\r\nContent-Type: text/html; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<!DOCTYPE html><html><body><p>{word} é <a href=\"https://{word}.example/?a&amp;b\">here</a>\r\n</body></html>\r\n",
            head(seed)
        )
        .into_bytes()
    }),
    ("PGP in the text", |seed| {
        format!(
            "{}\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n{}- -- \r\n-----BEGIN PGP SIGNATURE-----\r\n\r\niQEz\r\n-----END PGP SIGNATURE-----\r\n",
            head(seed),
            seed.text(3)
        )
        .into_bytes()
    }),
    ("control characters", |seed| {
        format!("{}\r\na\u{1}b\u{8}c\u{b}d\u{c}e\u{1b}[31mf\u{7f}\r\n{}", head(seed), seed.text(1))
            .into_bytes()
    }),
];

fn flowed(seed: &mut Seed, more: &str) -> Vec<u8> {
    let (one, two) = (seed.words(8), seed.words(8));
    let end = seed.pick(&["goes on \r\n", "ends\r\n", "\r\n-- \r\nsigned\r\n"]);
    format!(
        "{}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii; format=flowed{more}\r\n\r\n{one} \r\n{two}\r\n>> {one} \r\n>> {two}\r\n  stuffed\r\n{end}",
        head(seed)
    )
    .into_bytes()
}

fn of_set(seed: &mut Seed, sets: &[&'static str], text: &str) -> Vec<u8> {
    let set = seed.pick(sets);
    let encoding = Encoding::for_label(set.as_bytes()).expect("a character set of the standard");
    let mut octets = format!(
        "{}MIME-Version: 1.0\r\nContent-Type: text/plain; charset={set}\r\nContent-Transfer-Encoding: {}\r\n\r\n",
        head(seed),
        if set == "iso-2022-jp" { "7bit" } else { "8bit" }
    )
    .into_bytes();
    for _ in 0..=seed.below(5) {
        octets.extend_from_slice(&encoding.encode(text).0);
        octets.extend_from_slice(b"\r\n");
    }
    octets
}

fn quoted_printable(seed: &mut Seed) -> Vec<u8> {
    let end = seed.pick(&["=\r\n", "done=\r\n=20\r\n", "=ZZ =4\r\n", "=3D=3d=C3=A9 \t\r\n"]);
    format!(
        "{}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncaf=C3=A9 =\r\nau lait=20\r\n{}{end}",
        head(seed),
        seed.text(2)
    )
    .into_bytes()
}
