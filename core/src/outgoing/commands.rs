//! The commands of an envelope, as this host can take them: SIZE (RFC 1870), 8BITMIME (RFC 6152),
//! SMTPUTF8 (RFC 6531) and DSN (RFC 3461). No I/O.

use waxseal_plugins::verdicts::EnhancedCode;

use super::problem::Problem;
use crate::smtp::capabilities::{Capabilities, Extension};
use crate::smtp::parameters;
use crate::spool::{Envelope, LeasedRecipient};

/// The MAIL command with the parameters that this host knows.
///
/// # Errors
///
/// The host cannot take this message as it is; another may.
pub(super) fn mail_command(
    envelope: &Envelope,
    recipients: &[LeasedRecipient],
    host: &Capabilities,
) -> Result<String, Problem> {
    let cannot = |detail, what: String| Err(Problem::permanent(detail, what));
    let utf8 = envelope.smtp_utf8
        || !envelope.sender.is_ascii()
        || recipients.iter().any(|recipient| !recipient.address.is_ascii());
    if utf8 && !host.offers(Extension::SmtpUtf8) {
        let what = "the message needs UTF-8 addresses or headers (SMTPUTF8), which the host does not take";
        return cannot(EnhancedCode::new(5, 6, 7), what.to_owned());
    }
    if envelope.eight_bit && !host.offers(Extension::EightBitMime) {
        let what = "the message has 8-bit content (8BITMIME), which the host does not take";
        return cannot(EnhancedCode::new(5, 6, 3), what.to_owned());
    }
    if let Some(limit) = host.size_limit().filter(|limit| envelope.size > *limit) {
        let what = format!("the message has {} octets; the host takes at most {limit}", envelope.size);
        return cannot(EnhancedCode::new(5, 3, 4), what);
    }
    let mut command = format!("MAIL FROM:<{}>", envelope.sender);
    if host.offers(Extension::Size) {
        command.push_str(&format!(" SIZE={}", envelope.size));
    }
    if envelope.eight_bit {
        command.push_str(" BODY=8BITMIME");
    }
    if utf8 {
        command.push_str(" SMTPUTF8");
    }
    if host.offers(Extension::Dsn) {
        command.push_str(&parameters::of_mail(&envelope.dsn));
    }
    Ok(command)
}

/// The RCPT command with the parameters that this host knows.
pub(super) fn rcpt_command(recipient: &LeasedRecipient, host: &Capabilities) -> String {
    let dsn = host.offers(Extension::Dsn).then(|| parameters::of_rcpt(&recipient.dsn));
    format!("RCPT TO:<{}>{}", recipient.address, dsn.unwrap_or_default())
}
