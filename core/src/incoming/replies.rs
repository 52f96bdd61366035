//! What we say: every reply that is not a hook's own.

use waxseal_plugins::decision::{Denial, Outcome};
use waxseal_plugins::verdicts::EnhancedCode;
use waxseal_plugins::verdicts::incoming::{Mail as Passage, Message};

use crate::smtp::reply::Reply;
use crate::spool::SpoolError;

macro_rules! replies {
    ($($(#[$meta:meta])* $name:ident: $code:literal ($class:literal, $subject:literal, $detail:literal) $text:literal;)*) => {
        $(
            $(#[$meta])*
            pub(super) fn $name() -> Reply {
                Reply::new($code, Some(EnhancedCode::new($class, $subject, $detail)), $text)
            }
        )*
    };
}

replies! {
    goodbye: 221 (2, 0, 0) "Goodbye";
    reset: 250 (2, 0, 0) "Forgotten";
    nothing_done: 250 (2, 0, 0) "OK";
    sender_accepted: 250 (2, 1, 0) "Sender OK";
    recipient_accepted: 250 (2, 1, 5) "Recipient OK";
    /// We do not say who is there (RFC 5321 section 3.5.3).
    not_verified: 252 (2, 5, 0) "Send mail, and see";
    help: 214 (2, 0, 0) "EHLO, STARTTLS, MAIL FROM, RCPT TO, DATA, BDAT, RSET, QUIT: RFC 5321, 3207 and 3030";
    go_ahead_with_tls: 220 (2, 0, 0) "Ready to start TLS";
    /// Also said where the session's bundle is too old: the next connection gets the new one.
    closing: 421 (4, 3, 2) "Closing; please connect again";
    timed_out: 421 (4, 4, 2) "Nothing came in time; closing";
    too_many_mistakes: 421 (4, 7, 0) "Too many mistakes; closing";
    too_many_recipients: 452 (4, 5, 3) "Too many recipients; send the others in another transaction";
    line_too_long: 500 (5, 5, 2) "The line is too long";
    bare_newline: 500 (5, 5, 2) "A line must end with CRLF, and hold no other CR or LF";
    tls_not_offered: 502 (5, 5, 1) "STARTTLS is not offered";
    greet_first: 503 (5, 5, 1) "Send EHLO first";
    tls_already: 503 (5, 5, 1) "The connection is encrypted already";
    transaction_open: 503 (5, 5, 1) "A transaction is open; RSET forgets it";
    no_sender: 503 (5, 5, 1) "Send MAIL FROM first";
    chunks_begun: 503 (5, 5, 1) "The message is coming by BDAT; go on with it, or RSET forgets it";
    no_recipients: 503 (5, 5, 1) "Send RCPT TO first";
    bare_newline_in_data: 550 (5, 6, 0) "The message holds a bare CR or LF (RFC 5321 section 2.3.8)";
    relaying_denied: 550 (5, 7, 1) "Relaying to this domain is not allowed from your address";
    routing_denied: 550 (5, 7, 1) "An address with %, ! or @ in its local part is not taken from your address";
    header_section_too_large: 552 (5, 3, 4) "The header section has more than 1 MiB or 10000 fields";
    structure_too_large: 554 (5, 6, 0) "Parts of the message are too many, too deep, or have too large headers to be looked at";
    message_too_large: 552 (5, 3, 4) "The message is larger than SIZE says";
    utf8_not_declared: 553 (5, 6, 7) "An address like this needs SMTPUTF8 at MAIL FROM (RFC 6531)";
    mail_loop: 554 (5, 4, 6) "Too many Received headers: this is a mail loop";
    /// What came ahead of the handshake could have been injected by anyone (RFC 3207 section 5).
    injected: 554 (5, 5, 0) "STARTTLS must be the last command before the handshake; closing";
    /// Clear mail was refused, but TLS had been withheld: the next connection is offered it.
    try_again_with_tls: 450 (4, 7, 1) "TLS is required after all, and will be offered; try again";
}

/// The greeting, without an enhanced code (RFC 2034 section 4).
pub(super) fn greeting(hostname: &str) -> Reply {
    Reply::new(220, None, format!("{hostname} ESMTP Waxseal"))
}

/// The reply to HELO.
pub(super) fn helo(hostname: &str, client: &str) -> Reply {
    Reply::new(250, None, format!("{hostname} greets {client}"))
}

/// DATA may begin.
pub(super) fn send_data() -> Reply {
    Reply::new(354, None, "Send the message; end with CRLF . CRLF")
}

/// A chunk has come, and the next may (RFC 3030 section 2).
pub(super) fn chunk_received(size: u64) -> Reply {
    Reply::new(250, Some(EnhancedCode::new(2, 0, 0)), format!("{size} octets received"))
}

/// The spool has it: responsibility is ours from here (RFC 5321 section 6.1).
pub(super) fn message_accepted(id: uuid::Uuid) -> Reply {
    Reply::new(250, Some(EnhancedCode::new(2, 0, 0)), format!("Accepted as {id}"))
}

/// The spool has it not.
pub(super) fn spool_error(error: &SpoolError) -> Reply {
    match error {
        SpoolError::Full => {
            Reply::new(452, Some(EnhancedCode::new(4, 3, 1)), "The spool is full; try again later")
        }
        SpoolError::QuarantineFull => {
            Reply::new(452, Some(EnhancedCode::new(4, 3, 1)), "The quarantine is full; try again later")
        }
        SpoolError::Failed(_) => {
            Reply::new(421, Some(EnhancedCode::new(4, 3, 0)), "The spool has failed; try again later")
        }
        SpoolError::Unknown | SpoolError::LeaseLost | SpoolError::Damaged(_) => {
            Reply::new(451, Some(EnhancedCode::new(4, 3, 0)), "Local error; try again later")
        }
    }
}

/// A policy or filter failed.
pub(super) fn policy_failed() -> Reply {
    denial(Denial::failure())
}

/// What the hooks `mail` and `rcpt` say.
///
/// # Errors
///
/// The reply, where they do not let on.
pub(super) fn passage(outcome: &Outcome<Passage>) -> Result<(), Reply> {
    Denial::of_passage(outcome).map_or(Ok(()), |denied| Err(denial(denied)))
}

/// What the hook `message` says to the end of a message; `None` where it says nothing.
pub(super) fn of_message(outcome: &Outcome<Message>) -> Option<Reply> {
    Denial::of_message(outcome).map(denial)
}

/// The reply of a hook that does not let on.
pub(super) fn denial(Denial { smtp, code, text }: Denial) -> Reply {
    Reply::new(smtp, Some(code), text)
}

#[cfg(test)]
mod tests {
    use waxseal_plugins::decision::Failure;
    use waxseal_plugins::verdicts::Reply as Said;

    use super::*;

    fn said(code: &str) -> Said {
        Said { code: (!code.is_empty()).then(|| code.parse().unwrap()), text: "why".into() }
    }

    fn wire(verdict: Passage) -> String {
        passage(&Outcome::Verdict(verdict)).unwrap_err().to_wire()
    }

    #[test]
    fn verdicts_choose_the_reply() {
        for (verdict, expected) in [
            (Passage::Defer(said("")), "450 4.7.1 why\r\n"),
            (Passage::Defer(said("4.7.5")), "451 4.7.5 why\r\n"),
            (Passage::Defer(said("4.3.2")), "450 4.3.2 why\r\n"),
            (Passage::Refuse(said("")), "550 5.7.1 why\r\n"),
            (Passage::Refuse(said("5.7.0")), "530 5.7.0 why\r\n"),
            (Passage::Refuse(said("5.7.5")), "554 5.7.5 why\r\n"),
            (Passage::Refuse(said("4.1.8")), "550 5.1.8 why\r\n"),
        ] {
            assert_eq!(wire(verdict), expected);
        }
        assert_eq!(passage(&Outcome::Verdict(Passage::Accept)), Ok(()));
    }

    #[test]
    fn a_reply_is_of_ascii_alone() {
        let said = Said { text: "zu gro\u{df}".to_owned(), ..said("") };
        assert_eq!(wire(Passage::Refuse(said)), "550 5.7.1 zu gro?\r\n");
    }

    #[test]
    fn a_failure_defers_and_tells_nothing_of_itself() {
        let failure = Outcome::Failure(Failure { message: "secret.rhai is broken".into() });
        let reply = passage(&failure).unwrap_err().to_wire();
        assert!(reply.starts_with("451 4.3.0 ") && !reply.contains("secret"));
    }
}
