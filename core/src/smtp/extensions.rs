//! The keywords of our EHLO reply, RFC 5321 section 4.1.1.1.

use super::reply::Reply;

/// Whether the reply lists STARTTLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartTls {
    /// It does (RFC 3207 section 4).
    Advertise,
    /// It does not: withheld, switched off, or inside TLS already (RFC 3207 section 4.2).
    Omit,
}

/// The reply to EHLO: our name and what we can do. Message sizes are in octets (RFC 1870).
pub fn ehlo_reply(hostname: &str, client: &str, message_size: u64, start_tls: StartTls) -> Reply {
    let mut lines = vec![
        format!("{hostname} greets {client}"),
        "PIPELINING".to_owned(),
        format!("SIZE {message_size}"),
        "8BITMIME".to_owned(),
        "CHUNKING".to_owned(),
        "SMTPUTF8".to_owned(),
        "DSN".to_owned(),
        "ENHANCEDSTATUSCODES".to_owned(),
    ];
    if start_tls == StartTls::Advertise {
        lines.push("STARTTLS".to_owned());
    }
    Reply { code: 250, enhanced: None, lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starttls_is_listed_only_where_advertised() {
        let wire = |start_tls| ehlo_reply("mx.example", "[192.0.2.1]", 1000, start_tls).to_wire();
        assert!(wire(StartTls::Advertise).ends_with("250 STARTTLS\r\n"));
        assert!(!wire(StartTls::Omit).contains("STARTTLS"));
        assert!(wire(StartTls::Omit).starts_with("250-mx.example greets [192.0.2.1]\r\n250-PIPELINING\r\n"));
    }
}
