//! The part for programs: RFC 3464 section 2.

use waxseal_plugins::verdicts::Reply;

use super::{Action, Occasion, Told, date, one_line};
use crate::spool::Status;

/// The fields of the message, and those of each recipient.
pub(super) fn statuses(occasion: &Occasion<'_>) -> String {
    let mut fields = String::new();
    if let Some(envid) = &occasion.envelope.dsn.envid {
        fields.push_str(&format!("Original-Envelope-Id: {}\r\n", one_line(envid)));
    }
    fields.push_str(&format!(
        "Reporting-MTA: dns; {}\r\nArrival-Date: {}\r\n",
        occasion.ourselves,
        date(occasion.envelope.received)
    ));
    for told in occasion.recipients {
        fields.push_str("\r\n");
        fields.push_str(&recipient(occasion, told));
    }
    fields
}

fn recipient(occasion: &Occasion<'_>, told: &Told) -> String {
    let Told { address, original, status, attempt } = told;
    let mut fields = String::new();
    if let Some(original) = original {
        fields.push_str(&format!(
            "Original-Recipient: {}; {}\r\n",
            original.kind,
            one_line(&original.address)
        ));
    }
    // RFC 6533 section 3 has the type for addresses beyond ASCII.
    let kind = if address.is_ascii() { "rfc822" } else { "utf-8" };
    fields.push_str(&format!(
        "Final-Recipient: {kind}; {address}\r\nAction: {}\r\nStatus: {}\r\n",
        occasion.action.word(),
        status.code
    ));
    if let Some(host) = &status.host {
        fields.push_str(&format!("Remote-MTA: dns; {host}\r\n"));
    }
    fields.push_str(&diagnostic(status));
    if let Some(attempt) = attempt {
        fields.push_str(&format!("Last-Attempt-Date: {}\r\n", date(*attempt)));
    }
    if occasion.action == Action::Delayed {
        fields.push_str(&format!("Will-Retry-Until: {}\r\n", date(occasion.until.message)));
    }
    fields
}

/// RFC 3464 section 2.3.6: what the host said; where the relay itself decided, the reason.
fn diagnostic(status: &Status) -> String {
    match &status.reply {
        Some(reply) => format!("Diagnostic-Code: smtp; {}\r\n", one_line(reply)),
        // In ASCII, so that a host without SMTPUTF8 takes the notice; the text for people has it as it is.
        None => {
            let reason = Reply::text(one_line(&status.reason)).in_ascii();
            format!("Diagnostic-Code: x-waxseal; {reason}\r\n")
        }
    }
}
