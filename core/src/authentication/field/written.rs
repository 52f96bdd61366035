//! What we found, as a field.
//!
//! Whatever a peer chose, as domains and selectors, is written as a word, or quoted. Line ends cannot be in it.

use std::net::IpAddr;

use waxseal_plugins::verdicts::Header;

use super::NAME;
use crate::authentication::results::clean;
use crate::authentication::{Chain, Dkim, Dmarc, Identity, Results, Spf};

/// The longest line, RFC 5322 section 2.1.1.
const WIDTH: usize = 78;

/// The field Authentication-Results, to be put on top of the message.
pub fn header(id: &str, results: &Results, client: IpAddr) -> Header {
    Header { name: NAME.to_owned(), value: payload(id, results, client, NAME.len() + 2).into_bytes() }
}

/// What stands in the field, folded; `column` is how much of the first line is taken. ARC has it too.
pub fn payload(id: &str, results: &Results, client: IpAddr, column: usize) -> String {
    let mut text = Folded { text: String::new(), column };
    text.word(&value(id));
    let Results { spf, dkim, dmarc, arc } = results;
    if (spf, dkim, dmarc, arc) == (&None, &None, &None, &None) {
        text.text.push(';');
        text.word("none");
        return text.text;
    }
    if let Some(spf) = spf {
        write_spf(&mut text, spf);
    }
    if let Some(dkim) = dkim {
        write_dkim(&mut text, dkim);
    }
    if let Some(dmarc) = dmarc {
        write_dmarc(&mut text, dmarc);
    }
    if let Some(arc) = arc {
        write_arc(&mut text, arc, client);
    }
    text.text
}

fn write_spf(text: &mut Folded, spf: &Spf) {
    text.method("spf", spf.result.as_str());
    text.reason(&spf.reason);
    let name = match spf.identity {
        Identity::MailFrom => "smtp.mailfrom",
        Identity::Helo => "smtp.helo",
    };
    text.property(name, &spf.domain);
}

fn write_dkim(text: &mut Folded, dkim: &Dkim) {
    if dkim.signatures.is_empty() {
        text.method("dkim", dkim.result.as_str());
        text.reason(&dkim.reason);
    }
    for signature in &dkim.signatures {
        text.method("dkim", signature.result.as_str());
        text.reason(&signature.reason);
        text.property("header.d", &signature.domain);
        text.property("header.s", &signature.selector);
        text.property("header.a", &signature.algorithm);
        text.property("header.b", &signature.beginning);
    }
}

fn write_dmarc(text: &mut Folded, dmarc: &Dmarc) {
    text.method("dmarc", dmarc.result.as_str());
    text.reason(&dmarc.reason);
    text.property("header.from", &dmarc.domain);
    text.property("policy.dmarc", dmarc.policy.as_str());
}

fn write_arc(text: &mut Folded, arc: &Chain, client: IpAddr) {
    text.method("arc", arc.result.as_str());
    text.reason(&arc.reason);
    text.property("smtp.remote-ip", &client.to_string());
}

/// A text in lines of bounded width, as far as its words allow.
struct Folded {
    text: String,
    column: usize,
}

impl Folded {
    /// A result on a line of its own.
    fn method(&mut self, method: &str, result: &str) {
        self.text.push_str(";\r\n\t");
        self.column = 8;
        self.push(&format!("{method}={result}"));
    }

    fn reason(&mut self, reason: &str) {
        if !reason.is_empty() {
            self.word(&format!("reason={}", quoted(reason)));
        }
    }

    fn property(&mut self, name: &str, property: &str) {
        if !property.is_empty() {
            self.word(&format!("{name}={}", value(property)));
        }
    }

    /// A word behind a space, or on the next line where it does not fit.
    fn word(&mut self, word: &str) {
        if self.text.is_empty() {
        } else if self.column + 1 + word.len() < WIDTH {
            self.push(" ");
        } else {
            self.text.push_str("\r\n\t");
            self.column = 8;
        }
        self.push(word);
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.column += text.len();
    }
}

/// A word as it is (`token`, RFC 2045 section 5.1), else quoted.
fn value(text: &str) -> String {
    let is_token = |octet: u8| octet.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&octet);
    if !text.is_empty() && text.bytes().all(is_token) { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in clean(text).chars() {
        if matches!(char, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(char);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::authentication::field::{forged, lexer};
    use crate::authentication::{Alignment, Policy, Signature, Word};
    use crate::message::headers::HeaderSection;

    const CLIENT: &str = "2001:db8::1";

    fn signature(domain: &str) -> Signature {
        Signature {
            result: Word::Pass,
            domain: domain.to_owned(),
            selector: "s1".to_owned(),
            algorithm: "rsa-sha256".to_owned(),
            beginning: "ab/d+fgh".to_owned(),
            reason: String::new(),
        }
    }

    fn results(domain: &str, reason: &str) -> Results {
        let spf = Spf {
            result: Word::SoftFail,
            identity: Identity::MailFrom,
            domain: domain.to_owned(),
            explanation: String::new(),
            reason: reason.to_owned(),
        };
        let dkim = Dkim { result: Word::Pass, signatures: vec![signature(domain)], reason: String::new() };
        let dmarc = Dmarc {
            result: Word::Pass,
            policy: Policy::Reject,
            domain: domain.to_owned(),
            alignment: Alignment { spf: false, dkim: true },
            reason: String::new(),
        };
        let arc = Chain { result: Word::None, seals: Vec::new(), reason: String::new() };
        Results { spf: Some(spf), dkim: Some(dkim), dmarc: Some(dmarc), arc: Some(arc) }
    }

    fn written(results: &Results) -> String {
        String::from_utf8(header("mx.example.org", results, CLIENT.parse().unwrap()).value).unwrap()
    }

    #[test]
    fn each_result_has_a_line() {
        assert_eq!(
            written(&results("example.com", "")),
            "mx.example.org;\r\n\tspf=softfail smtp.mailfrom=example.com;\r\n\t\
             dkim=pass header.d=example.com header.s=s1 header.a=rsa-sha256\r\n\theader.b=\"ab/d+fgh\";\r\n\t\
             dmarc=pass header.from=example.com policy.dmarc=reject;\r\n\t\
             arc=none smtp.remote-ip=\"2001:db8::1\""
        );
    }

    #[test]
    fn without_results_it_says_none() {
        assert_eq!(written(&Results::default()), "mx.example.org; none");
    }

    proptest! {
        /// A peer chooses domains, selectors and texts: none of them ends a line or adds a result.
        #[test]
        fn nothing_a_peer_says_adds_to_it(domain in ".{0,300}", reason in "[\\r\\n\"\\\\;=a-z ]{0,60}") {
            let written = written(&results(&domain, &reason));
            let bare = written.replace("\r\n\t", "");
            prop_assert!(!bare.contains(['\r', '\n']) && bare.is_ascii());
            let mut quoted = false;
            let mut outside = String::new();
            let mut chars = bare.chars();
            while let Some(char) = chars.next() {
                match char {
                    '\\' if quoted => { chars.next(); }
                    '"' => quoted = !quoted,
                    char if !quoted => outside.push(char),
                    _ => {}
                }
            }
            prop_assert!(!quoted);
            prop_assert_eq!(outside.matches(';').count(), 4);
            let field = Bytes::from(format!("Authentication-Results: {written}\r\n\r\n"));
            let section = HeaderSection::parse(&field);
            prop_assert_eq!(section.fields().count(), 1);
            prop_assert_eq!(forged(&section, "MX.example.org").len(), 1);
            prop_assert_eq!(lexer::authserv_id(written.as_bytes()), Some("mx.example.org".to_owned()));
        }
    }
}
