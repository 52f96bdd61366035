//! Messages of many shapes.

/// A message from a domain.
pub(crate) fn plain(domain: &str) -> Vec<u8> {
    format!(
        "From: Ann <ann@{domain}>\r\nTo: bob@recipient.example\r\nSubject: A  plain \t one\r\n\
         Date: Sat, 28 Nov 2026 07:00:00 +0000\r\nMessage-ID: <1@{domain}>\r\n\r\nHello Bob,\r\n\r\nthis is it.\r\n"
    )
    .into_bytes()
}

/// Messages of `signed.example` that are hard to sign, or to verify.
pub(crate) fn shapes() -> Vec<(&'static str, Vec<u8>)> {
    let head = "From: ann@signed.example\r\nTo: bob@recipient.example\r\nSubject: x\r\n";
    let with = |body: &str| format!("{head}\r\n{body}").into_bytes();
    let mut eight_bit = with("");
    eight_bit.extend_from_slice(b"Gr\xfc\xdfe \xff\xfe\r\n\xc3\xa4 = \xe4\r\n");
    let folded: String =
        (0..40).map(|number| format!("\r\n  <{number}.{}@signed.example>", "a".repeat(60))).collect();
    vec![
        ("plain", plain("signed.example")),
        ("empty body", with("")),
        ("only empty lines", with("\r\n\r\n\r\n")),
        ("empty lines at the end", with("text\r\n\r\n \r\n\t\r\n\r\n\r\n")),
        ("spaces", with("a  b\t\tc \t \r\n  d\r\n \r\ne\r\n")),
        ("no line end at the end", with("first\r\nlast")),
        ("a long line", with(&format!("{}\r\n", "long ".repeat(2000)))),
        ("eight bits", eight_bit),
        ("a long field", format!("References:{folded}\r\n{head}\r\ntext\r\n").into_bytes()),
        ("fields twice", format!("Comments: 1\r\nCc: a@x.example\r\ncomments:2\r\nCC:   b@x.example\r\n{head}\r\ntext\r\n").into_bytes()),
        ("odd spaces in fields", b"FROM:ann@signed.example\r\nto:\tbob@recipient.example  \r\nSubject:\r\n \r\n\tx\r\n\r\ntext\r\n".to_vec()),
        ("dots and dashes", with(".\r\n..\r\n--\r\n-- \r\n.\r\n")),
    ]
}

/// One octet or text in place of another, once.
pub(crate) fn changed(message: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = message.windows(from.len()).position(|window| window == from.as_bytes()).expect(from);
    let mut changed = message[..at].to_vec();
    changed.extend_from_slice(to.as_bytes());
    changed.extend_from_slice(&message[at + from.len()..]);
    changed
}

/// Something on top, or at the end.
pub(crate) fn joined(top: &[u8], message: &[u8]) -> Vec<u8> {
    [top, message].concat()
}
