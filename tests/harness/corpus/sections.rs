//! Header sections, and messages that are nothing else.

use super::{Make, Seed, head};

pub(super) const KINDS: &[(&str, Make)] = &[
    ("no headers, only a body", |seed| format!("\r\n{}", seed.text(3)).into_bytes()),
    ("no empty line, and no field", |seed| format!("{}\r\n", seed.words(6)).into_bytes()),
    ("only headers", |seed| head(seed).into_bytes()),
    ("headers and an empty line", |seed| format!("{}\r\n", head(seed)).into_bytes()),
    ("an empty message", |_| b"\r\n".to_vec()),
    ("a line without colon among the headers", junk),
    ("a line of mbox on top", |seed| {
        format!("From writer@client.example Sat Nov 28 06:00:00 2026\r\n{}\r\n{}", head(seed), seed.text(2))
            .into_bytes()
    }),
    ("a continuation of nothing on top", |seed| {
        format!(" {}\r\n{}\r\nbody\r\n", seed.words(3), head(seed)).into_bytes()
    }),
    ("a field of 200 KB", huge),
    ("2 000 fields", many),
    ("folded in odd ways", folded),
    ("octets beyond ASCII in headers, undeclared", eight_bit),
    ("a subject of encoded-words, good and bad", encoded_words),
    ("fields without values, names with spaces before the colon, names twice", odd_fields),
    ("two From fields, and an Authentication-Results of somebody else", forged),
    ("a list's fields", list),
];

fn junk(seed: &mut Seed) -> Vec<u8> {
    let junk = seed.words(4);
    format!(
        "{}{junk}\r\n {junk}\r\n: no name\r\nX-After: {}\r\n\r\n{}",
        head(seed),
        seed.word(),
        seed.text(2)
    )
    .into_bytes()
}

fn huge(seed: &mut Seed) -> Vec<u8> {
    let fold = seed.pick(&["\r\n ", "\r\n\t", " "]);
    let word = seed.word();
    let value = vec![word; 200_000 / (word.len() + fold.len())].join(fold);
    format!("{}X-Huge: {value}\r\n\r\n{}", head(seed), seed.text(2)).into_bytes()
}

fn many(seed: &mut Seed) -> Vec<u8> {
    let fields: String = (0..2_000).map(|number| format!("X-Field-{number}: {}\r\n", seed.word())).collect();
    format!("{}{fields}\r\n{}", head(seed), seed.text(2)).into_bytes()
}

fn folded(seed: &mut Seed) -> Vec<u8> {
    let (one, two) = (seed.word(), seed.word());
    let text = seed.text(2);
    format!(
        "Subject:\r\n {one}\r\n\t{two}\r\n   \t  {one}  \r\n{}X-Blank: {one}\r\n \r\n\t\r\n {two}\r\nTo:\r\n\t\"{one},\r\n {two}\" <a@there.example>,\r\n <b@there.example>\r\n\r\n{text}",
        head(seed)
    )
    .into_bytes()
}

fn eight_bit(seed: &mut Seed) -> Vec<u8> {
    let mut octets = head(seed).into_bytes();
    octets.extend_from_slice(b"X-Latin: caf\xe9 ");
    octets.extend(seed.octets(40));
    octets.extend_from_slice("\r\nX-Utf8: Grüße, 世界\r\n\r\n".as_bytes());
    octets.extend_from_slice(seed.text(2).as_bytes());
    octets
}

fn encoded_words(seed: &mut Seed) -> Vec<u8> {
    let word = seed.word();
    let subject = seed.pick(&[
        "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?B?5LiW55WM?=",
        "=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=",
        "=?utf-8?Q?never ends",
        "=?x-unknown?Q?abc?= =?utf-8?X?abc?=",
        "=?utf-8?B?5LiW5?==?utf-8?B?5LiW55WM?=",
        "\"=?gb2312?B?xOO6ww==?=\"",
    ]);
    format!("Subject: {subject}\r\nX-Word: {word}\r\n{}\r\n{}", head(seed), seed.text(2)).into_bytes()
}

fn odd_fields(seed: &mut Seed) -> Vec<u8> {
    let word = seed.word();
    format!("X-Empty:\r\nX-Space : {word}\r\nX-Tab\t: {word}\r\nX-Twice: 1\r\nx-twice: 2\r\nX-TWICE:3\r\n{}\r\n{word}\r\n", head(seed))
        .into_bytes()
}

fn forged(seed: &mut Seed) -> Vec<u8> {
    let id = seed.pick(&["relay.example", "mx.elsewhere.example", "relay.example 1"]);
    format!(
        "Authentication-Results: {id}; spf=pass\r\nFrom: <a@bank.example>\r\n{}\r\n{}",
        head(seed),
        seed.text(1)
    )
    .into_bytes()
}

fn list(seed: &mut Seed) -> Vec<u8> {
    let name = seed.word();
    format!(
        "{}List-Id: <{name}.lists.client.example>\r\nList-Unsubscribe: <mailto:leave@client.example>,\r\n <https://client.example/{name}>\r\nPrecedence: bulk\r\n\
         DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=client.example; s=s1;\r\n\th=from:to; bh=AAAA;\r\n\tb=BBBB\r\n\r\n{}-- \r\n{name}\r\n",
        head(seed),
        seed.text(4)
    )
    .into_bytes()
}
