//! The Received header that we put before a message, RFC 5321 section 4.4.

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use uuid::Uuid;

/// Lines have at most so many columns where they can be folded (RFC 5322 section 2.1.1).
pub(super) const FOLD: usize = 78;

/// What a Received header says.
#[derive(Clone, Debug)]
pub struct Received<'a> {
    /// The name that the client gave in EHLO or HELO.
    pub client: &'a str,
    /// The client's address.
    pub address: IpAddr,
    /// Our name.
    pub hostname: &'a str,
    /// How the client spoke.
    pub protocol: Protocol,
    /// The message's id.
    pub id: Uuid,
    /// The recipient, where there is only one: several would tell them of each other
    /// (RFC 5321 section 7.2).
    pub recipient: Option<&'a str>,
    /// The encryption, if there is any.
    pub tls: Option<TlsTrace<'a>>,
    /// Who let the message on: the policy's place and the bundle's generation.
    pub policy: &'a str,
    /// When it was received.
    pub time: Timestamp,
}

/// What is said of the encryption.
#[derive(Clone, Debug)]
pub struct TlsTrace<'a> {
    /// The version's number, as in `1.3`.
    pub version: &'a str,
    /// The suite's IANA name: RFC 8314 section 7.4's `tls` clause.
    pub suite: &'a str,
    /// The key exchange group; empty where there was none.
    pub group: &'a str,
    /// What became of the client's certificate.
    pub certificate: CertificateTrace<'a>,
}

/// What is said of the client's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateTrace<'a> {
    /// The client presented none.
    None,
    /// It names the sender's domain, and leads to a trusted root.
    Verified,
    /// It does not, and why.
    NotVerified(&'a str),
}

/// The protocol types of RFC 3848 and RFC 6531 section 4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HELO.
    Smtp,
    /// EHLO.
    Esmtp,
    /// EHLO inside TLS.
    Esmtps,
    /// EHLO, and SMTPUTF8 was given.
    Utf8Smtp,
    /// EHLO inside TLS, and SMTPUTF8 was given.
    Utf8Smtps,
}

impl Received<'_> {
    /// The header, folded, with its final CRLF.
    pub fn to_header(&self) -> String {
        fold(&self.to_string())
    }
}

/// Unfolded but for the line breaks before its clauses.
impl fmt::Display for Received<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Received: from {} ({})", self.client, literal(self.address))?;
        write!(f, "\nby {} (Waxseal) with {}\nid {}", self.hostname, self.protocol, self.id)?;
        match &self.tls {
            Some(tls) => write!(f, "\n({}; policy {})", Comment(&tls.to_string()), Comment(self.policy))?,
            None => write!(f, "\n(clear; policy {})", Comment(self.policy))?,
        }
        if let Some(recipient) = self.recipient {
            write!(f, "\nfor <{recipient}>")?;
        }
        if let Some(tls) = &self.tls {
            write!(f, "\ntls {}", tls.suite)?;
        }
        write!(f, ";\n{}", date(self.time))
    }
}

impl fmt::Display for TlsTrace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TLSv{}", self.version)?;
        if !self.group.is_empty() {
            write!(f, ", {}", self.group)?;
        }
        match self.certificate {
            CertificateTrace::None => f.write_str(", client certificate: none"),
            CertificateTrace::Verified => f.write_str(", client certificate: verified"),
            CertificateTrace::NotVerified(why) => write!(f, ", client certificate: not verified: {why}"),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Smtp => "SMTP",
            Self::Esmtp => "ESMTP",
            Self::Esmtps => "ESMTPS",
            Self::Utf8Smtp => "UTF8SMTP",
            Self::Utf8Smtps => "UTF8SMTPS",
        })
    }
}

/// A text as it may stand in a comment: nothing in it can end the comment or the header. Peers
/// choose some of these texts, as names in their certificates.
struct Comment<'a>(&'a str);

impl fmt::Display for Comment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '(' => f.write_str("["),
            ')' => f.write_str("]"),
            '\\' => f.write_str("/"),
            ' '..='~' => write!(f, "{c}"),
            _ => f.write_str("?"),
        })
    }
}

/// RFC 5321 section 4.1.3.
pub(crate) fn literal(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("[{address}]"),
        IpAddr::V6(address) => format!("[IPv6:{address}]"),
    }
}

/// RFC 5322 section 3.3. Years beyond 9999 have no such form.
fn date(time: Timestamp) -> String {
    rfc2822::to_string(&time.to_zoned_datetime(TimeZone::UTC))
        .unwrap_or_else(|_| "Thu, 1 Jan 1970 00:00:00 +0000".to_owned())
}

/// Breaks at line breaks, and at spaces where a line is too long. Every space is kept, so that
/// unfolding gives the same text back.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 16);
    for clause in text.split('\n') {
        if !folded.is_empty() {
            folded.push(' ');
        }
        fold_clause(clause, &mut folded);
        folded.push_str("\r\n");
    }
    folded
}

pub(super) fn fold_clause(clause: &str, folded: &mut String) {
    let mut column = 1;
    for (number, word) in clause.split(' ').enumerate() {
        if number > 0 {
            // Never after the field's name, nor so that a line of mere space arises.
            if number > 1 && !word.is_empty() && column + 1 + word.len() > FOLD {
                folded.push_str("\r\n");
                column = 0;
            }
            folded.push(' ');
            column += 1;
        }
        folded.push_str(word);
        column += word.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received<'a>() -> Received<'a> {
        Received {
            client: "client.example",
            address: "2001:db8::1".parse().unwrap(),
            hostname: "mx.example.org",
            protocol: Protocol::Esmtps,
            id: Uuid::nil(),
            recipient: Some("alice@example.org"),
            tls: Some(TlsTrace {
                version: "1.3",
                suite: "TLS_AES_256_GCM_SHA384",
                group: "X25519MLKEM768",
                certificate: CertificateTrace::NotVerified("issuer CN=Evil) by ham\r\nX: y is unknown"),
            }),
            policy: "incoming/require.rhai:12:5, generation 3",
            time: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_header_reads_as_rfc_5321_and_8314_have_it() {
        assert_eq!(
            received().to_header(),
            "Received: from client.example ([IPv6:2001:db8::1])\r\n \
             by mx.example.org (Waxseal) with ESMTPS\r\n \
             id 00000000-0000-0000-0000-000000000000\r\n \
             (TLSv1.3, X25519MLKEM768, client certificate: not verified: issuer CN=Evil]\r\n \
             by ham??X: y is unknown; policy incoming/require.rhai:12:5, generation 3)\r\n \
             for <alice@example.org>\r\n \
             tls TLS_AES_256_GCM_SHA384;\r\n \
             Thu, 1 Jan 1970 00:00:00 +0000\r\n"
        );
    }

    #[test]
    fn a_clear_connection_has_no_tls_clause() {
        let clear = Received { tls: None, recipient: None, protocol: Protocol::Smtp, ..received() };
        let header = clear.to_header();
        assert!(header.contains("with SMTP\r\n") && header.contains("(clear;"));
        assert!(!header.contains(" tls ") && !header.contains("for"));
    }

    #[test]
    fn folding_can_be_undone() {
        let text = format!("Received: from {}  {} b\nby x", "a".repeat(90), "c".repeat(76));
        assert_eq!(fold(&text).replace("\r\n ", " "), format!("{}\r\n", text.replace('\n', " ")));
        assert!(fold(&text).lines().all(|line| !line.trim().is_empty()));
    }
}
