//! What people write as arguments.

use crate::config;

/// The domain of recipients or of a sender; an address literal in brackets is one too.
///
/// # Errors
///
/// What would be right.
pub(super) fn domain(text: &str) -> Result<String, String> {
    if text.starts_with('[') && text.ends_with(']') {
        return Ok(text.to_ascii_lowercase());
    }
    match text.rsplit_once('@') {
        Some((_, domain)) => Err(format!("it is an address; write its domain alone: {domain}")),
        None => config::domain(text),
    }
}

/// A reverse-path; empty for the null sender.
///
/// # Errors
///
/// What would be right.
pub(super) fn sender(text: &str) -> Result<String, String> {
    let bare = text.trim_start_matches('<').trim_end_matches('>');
    if bare.is_empty() {
        return Ok(String::new());
    }
    match crate::smtp::address::Mailbox::parse(bare) {
        Ok(_) => Ok(bare.to_owned()),
        Err(wrong) => Err(format!("it is no address: {}; write one as in ann@example.org", wrong.problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_no_address() {
        assert_eq!(domain("B\u{fc}cher.Example"), Ok("xn--bcher-kva.example".to_owned()));
        assert_eq!(domain("[IPv6:2001:DB8::1]"), Ok("[ipv6:2001:db8::1]".to_owned()));
        assert!(domain("ann@example.org").unwrap_err().ends_with("alone: example.org"));
        assert!(domain("a b").is_err() && domain("192.0.2.1").is_err() && domain("*").is_err());
    }

    #[test]
    fn a_sender_is_an_address_or_nobody() {
        assert_eq!(sender("<>"), Ok(String::new()));
        assert_eq!(sender("ann@example.org"), Ok("ann@example.org".to_owned()));
        assert!(sender("example.org").is_err());
    }
}
