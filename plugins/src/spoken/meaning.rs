//! What verdicts mean: for the reference, and for who writes one.

use super::{Setter, Word};
use crate::hooks::{Direction, HookName};

/// What follows when a hook is answered so; `None` where it cannot be.
pub(crate) fn meaning(direction: Direction, hook: HookName, word: Word) -> Option<&'static str> {
    match direction {
        Direction::Incoming => of_client(hook, word),
        Direction::Outgoing => of_host(hook, word),
    }
}

fn of_client(hook: HookName, word: Word) -> Option<&'static str> {
    Some(match (hook, word) {
        (HookName::Connect, Word::Accept) => "The client is greeted.",
        (HookName::Connect, Word::Defer) => "`421` instead of the greeting.",
        (HookName::Connect, Word::Refuse) => "`554` instead of the greeting.",
        (HookName::Ehlo, Word::Accept) => "EHLO is answered as usual.",
        (HookName::Ehlo, Word::Defer) => "`450` to EHLO; the client may say another name, or come again.",
        (HookName::Ehlo, Word::Refuse) => "`550` to EHLO; the client may say another name.",
        (HookName::Offer, Word::Advertise) => "STARTTLS is in the reply to EHLO.",
        (HookName::Offer, Word::Withhold) => "It is not; the session goes on in clear.",
        (HookName::Offer, Word::Refuse) => "`554 5.7.1` to EHLO and to all that follows but QUIT.",
        (HookName::Start, Word::Accept) => "The handshake begins.",
        (HookName::Start, Word::Refuse) => {
            "`454 4.7.0` to STARTTLS; where TLS is implicit the connection is closed."
        }
        (HookName::Cipher, Word::Accept) => "The handshake goes on.",
        (HookName::Cipher, Word::Refuse) => {
            "The handshake ends with an alert. At MAIL FROM: that mail is refused."
        }
        (HookName::Certificate, Word::Accept) => "The certificate, or that there is none, will do.",
        (HookName::Certificate, Word::Refuse) => {
            "`554` to everything but QUIT, inside TLS. At MAIL FROM: that mail is refused."
        }
        (HookName::Mail, Word::Accept) => "The message may come over this connection.",
        (HookName::Mail, Word::Defer) => {
            "`450 4.7.1` to MAIL FROM, or `451` with the code 4.7.5: the client tries again."
        }
        (HookName::Mail, Word::Refuse) => {
            "`550 5.7.1` to MAIL FROM; `530` with the code 5.7.0, `554` with 5.7.5. `450 4.7.1` where clear mail is refused \
             in a session that was not offered TLS."
        }
        (HookName::Rcpt, Word::Accept) => "The recipient is taken, if relaying to it is allowed.",
        (HookName::Rcpt, Word::Defer) => "`450` to this RCPT TO; others may be taken.",
        (HookName::Rcpt, Word::Refuse) => {
            "`550` to this RCPT TO (`530` with the code 5.7.0); others may be taken."
        }
        (HookName::Message, Word::Accept) => "The message is taken, changed as is chained to it.",
        (HookName::Message, Word::Redirect) => {
            "It is taken, and goes to that address instead of its recipients."
        }
        (HookName::Message, Word::Quarantine) => {
            "It is taken, and kept aside with the reason until an operator releases or removes it."
        }
        (HookName::Message, Word::Discard) => {
            "The client is told that it was taken; it goes nowhere, and the log says so."
        }
        (HookName::Message, Word::Defer) => "`451` to the end of the message: the client tries again.",
        (HookName::Message, Word::Refuse) => "`550` to the end of the message.",
        _ => return None,
    })
}

fn of_host(hook: HookName, word: Word) -> Option<&'static str> {
    Some(match (hook, word) {
        (HookName::Route, Word::Accept) => {
            "The message goes the way that is chained to it, else as the configuration has it."
        }
        (HookName::Route, Word::Defer) => "It waits, and is asked for again.",
        (HookName::Route, Word::Refuse) => "It goes back to its sender, with what was said.",
        (HookName::Mail, Word::Accept) => "The message crosses this connection as it is, encrypted or clear.",
        (HookName::Mail, Word::Defer) => "It waits, and is tried again.",
        (HookName::Mail, Word::Refuse) => "It goes back to its sender, with what was said.",
        (HookName::Offer, Word::StartTls) => {
            "STARTTLS is sent if the host offers it; else `mail` decides about clear text."
        }
        (HookName::Offer, Word::StayClear) => "The connection stays clear, and `mail` decides about that.",
        (HookName::Offer, Word::Require) => {
            "A filter's floor, which the relay itself holds from then on, whatever is answered later: an encrypted \
             connection, or one with a verified certificate besides."
        }
        (HookName::Start, Word::Accept) => "STARTTLS is sent, and the handshake begins.",
        (HookName::Start, Word::StayClear) => "The connection stays clear, and `mail` decides about that.",
        (HookName::Cipher, Word::Accept) => "What was negotiated will do.",
        (HookName::Certificate, Word::Accept) => "The certificate will do, whatever its judgement.",
        (_, Word::Defer) => {
            "No mail to this host now: the next one is tried, and without another the mail waits."
        }
        (_, Word::Refuse) => {
            "No mail to this host: the next one is tried; where every host was reached and refused so, the mail goes back."
        }
        _ => return None,
    })
}

/// How something is chained, and what it says.
pub(crate) fn of_setter(setter: Setter) -> (&'static str, &'static str) {
    match setter {
        Setter::MinVersion => ("min_version(\"1.3\")", "The least TLS version: \"1.2\" or \"1.3\"."),
        Setter::Suites => ("suites([..])", "The cipher suites that may be negotiated, by IANA name."),
        Setter::Groups => ("groups([..])", "The key exchange groups that may be negotiated, by IANA name."),
        Setter::Roots => (
            "roots([..])",
            "The sets of roots that the peer's chain may lead to: \"webpki\", \"system\" or a PEM file.",
        ),
        Setter::ClientCertificate => (
            "client_certificate(\"request\")",
            "Whether the client is asked for a certificate: \"none\", \"request\", or \"require\", without which its mail is refused.",
        ),
        Setter::Identity => {
            ("identity(\"name\")", "The identity that we present, by its name in the configuration.")
        }
        Setter::ServerName => ("server_name(\"name\")", "The name that the host is asked for (SNI)."),
        setter => of_edit(setter),
    }
}

/// Likewise what changes a message, or says where it goes.
fn of_edit(setter: Setter) -> (&'static str, &'static str) {
    match setter {
        Setter::InsertHeader => (
            "insert_header(0, \"X-Name\", \"value\")",
            "Inserts a header before the one with that number; 0 is on top.",
        ),
        Setter::ReplaceHeader => (
            "replace_header(\"Subject\", \"value\")",
            "Gives the first header of that name another value; adds it where there is none.",
        ),
        Setter::RemoveHeader => ("remove_header(\"X-Name\")", "Removes all headers of that name."),
        Setter::AddRecipient => {
            ("add_recipient(\"archive@example.org\")", "Adds a recipient to the envelope.")
        }
        Setter::RemoveRecipient => {
            ("remove_recipient(\"a@example.org\")", "Removes a recipient from the envelope.")
        }
        Setter::ReplaceBody => ("replace_body(\"text\")", "Replaces all that is behind the headers."),
        Setter::ReplacePart => (
            "replace_part(\"1.2\", \"text\")",
            "Replaces what a part says; a third argument is its media type, else it is text/plain.",
        ),
        Setter::RemovePart => ("remove_part(\"2\")", "Removes a part, such as an attachment."),
        Setter::AppendText => (
            "append_text(\"text\")",
            "Appends a text to what the reader is shown, such as a disclaimer; a second argument is the HTML for HTML mail.",
        ),
        Setter::Tag => (
            "tag(\"name\", \"value\")",
            "Tags the message: later filters, `route`, the log and the queue show it.",
        ),
        Setter::To => (
            "to(\"mx.example.org:25\")",
            "The next hop, a host or address with a port, or a list of them, the preferred first.",
        ),
        Setter::Source => ("source(\"192.0.2.1\")", "Our own address that the connection comes from."),
        Setter::HeloName => ("helo_name(\"mx.example.org\")", "The name that we give in EHLO."),
        Setter::Transport => ("transport(\"name\")", "A `[[transport]]` of the configuration, by its name."),
        _ => ("add_header(\"X-Name\", \"value\")", "Adds a header behind the others."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rhai::schema;

    #[test]
    fn every_verdict_of_every_hook_has_its_meaning() {
        for direction in [Direction::Incoming, Direction::Outgoing] {
            for signature in schema::hooks(direction) {
                for word in signature.words {
                    let meaning = meaning(direction, signature.hook, *word);
                    assert!(meaning.is_some(), "{}: {word:?}", signature.title());
                }
            }
        }
    }
}
