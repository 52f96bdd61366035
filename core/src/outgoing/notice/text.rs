//! The part for people: who, and why; recipients with the same reason stand together.

use super::{Action, Occasion, Returned, date, one_line};
use crate::spool::Status;

/// All of it.
pub(super) fn explanation(occasion: &Occasion<'_>) -> String {
    let received = date(occasion.envelope.received);
    let mut text =
        format!("This is the mail relay at {}.\r\n\r\nYour message of {received}\r\n", occasion.ourselves);
    text.push_str(&match occasion.action {
        Action::Failed => failed(occasion.returned),
        Action::Delayed => delayed(&date(occasion.until.message)),
        Action::Relayed => relayed(),
    });
    for alike in occasion.recipients.chunk_by(|one, other| one.status == other.status) {
        text.push_str("\r\n");
        text.extend(alike.iter().map(|told| format!("<{}>\r\n", told.address)));
        text.extend(alike.first().map(|told| reason(occasion.action, &told.status)));
    }
    text
}

fn failed(returned: &Returned) -> String {
    let returned = match returned {
        Returned::Nothing => "",
        Returned::Headers(_) => " Only its headers are returned.",
        Returned::Message(_) => " It is returned below.",
    };
    format!(
        "could not be delivered to the recipients below, and nothing more will be\r\ntried.{returned}\r\n"
    )
}

fn delayed(until: &str) -> String {
    format!(
        "has not been delivered yet to the recipients below. There is no need to\r\n\
         send it again: it is being tried until\r\n{until}\r\n\
         and if that does not help you will be told so.\r\n"
    )
}

fn relayed() -> String {
    "was passed on for the recipients below, to a host that sends no notice of\r\n\
     its own when it has delivered it. This is the last that you hear of it,\r\n\
     unless something goes wrong.\r\n"
        .to_owned()
}

/// Why, in words.
fn reason(action: Action, status: &Status) -> String {
    let mut text = String::new();
    // Where the relay itself held it back.
    if status.reply.is_none() && status.concerns_tls() {
        text.push_str(match action {
            Action::Delayed => {
                "    Your message was not sent so far, because the connection was not safe\r\n    \
                 enough for it. Nothing is wrong with the message itself.\r\n"
            }
            Action::Failed | Action::Relayed => {
                "    Your message was not sent, because the connection was not safe enough for\r\n    \
                 it. Nothing is wrong with the message itself.\r\n"
            }
        });
    }
    text.push_str(&wrapped(&format!("{} ({})", status.reason, status.code)));
    if let Some(host) = &status.host {
        text.push_str(&wrapped(&format!("Host: {host}")));
    }
    if let Some(reply) = &status.reply {
        text.push_str(&wrapped(&format!("It said: {reply}")));
    }
    text
}

/// Indented lines of at most 76 characters, where the words allow it.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for word in one_line(text).split_whitespace() {
        if !line.is_empty() && line.chars().count() + word.chars().count() > 70 {
            lines.push_str(&format!("    {line}\r\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    format!("{lines}    {line}\r\n")
}
