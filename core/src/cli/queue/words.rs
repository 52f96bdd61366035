//! Why mail waits, in words. No I/O.

use jiff::Timestamp;

use super::super::output::counted;
use crate::admin::waiting::span;
use crate::spool::{Queued, QueuedDestination, Standing, Status};

/// A destination: its name and what waits for it, then why.
pub(super) fn destination(now: Timestamp, destination: &QueuedDestination) -> Vec<String> {
    let QueuedDestination { domain, messages, recipients, held, leased, oldest, due, put_off, last } =
        destination;
    let mut lines = vec![format!(
        "{domain}: {}, {}, the oldest {} old",
        counted(*messages, "message"),
        counted(*recipients, "recipient"),
        span(*oldest, now)
    )];
    if *held > 0 {
        lines.push(format!("  {}", of_them(*held, *recipients, "held by the operator")));
    }
    if *leased > 0 {
        lines.push(format!("  {}", of_them(*leased, *recipients, "being delivered now")));
    }
    match (put_off, due) {
        (Some((until, why)), _) if *until > now => {
            lines.push(format!("  put off until {}: {}", moment(now, *until), status(why)));
            return lines;
        }
        (_, Some(due)) => lines.push(format!("  {}", next_try(now, *due))),
        (_, None) => {}
    }
    lines.push(format!("  {}", last_try(last.as_ref())));
    lines
}

/// A recipient: its address, then why it waits. `put_off` is what is said of its destination.
pub(super) fn recipient(
    now: Timestamp,
    queued: &Queued,
    put_off: Option<&(Timestamp, Status)>,
) -> Vec<String> {
    let attempts = match queued.attempts {
        0 => String::new(),
        attempts => format!(", tried {} so far", counted(attempts, "time")),
    };
    let mut lines = vec![format!("  <{}>", queued.address)];
    let put_off = put_off.filter(|(until, _)| *until > now && *until > queued.due);
    lines.push(match (queued.standing, put_off) {
        _ if queued.leased => format!("    being delivered now{attempts}"),
        (Standing::Held, _) => {
            format!("    held by the operator{attempts}: `waxseal queue release` lets it go")
        }
        (Standing::GivenUp, _) => "    given up by the operator: its sender is being told".to_owned(),
        (Standing::Removed, _) => "    removed by the operator once its attempt has ended".to_owned(),
        (Standing::Waiting, Some((until, why))) => {
            format!("    its destination is put off until {}: {}", moment(now, *until), status(why))
        }
        (Standing::Waiting, None) => format!("    {}{attempts}", next_try(now, queued.due)),
    });
    lines.push(format!("    {}", last_try(queued.last.as_ref())));
    lines
}

/// A message's line above its recipients.
pub(super) fn message(now: Timestamp, queued: &Queued) -> String {
    let Queued { message, sender, size, received, .. } = queued;
    format!("{message}  from <{sender}>, {}, {} old", counted(*size, "octet"), span(*received, now))
}

/// What filters have noted.
pub(in crate::cli) fn tags(tags: &[(String, String)]) -> String {
    let tag = |(name, value): &(String, String)| match value.as_str() {
        "" => name.clone(),
        value => format!("{name}={value}"),
    };
    tags.iter().map(tag).collect::<Vec<_>>().join(", ")
}

/// A time, and how far away it is.
pub(in crate::cli) fn moment(now: Timestamp, time: Timestamp) -> String {
    if time > now {
        format!("{time:.0} (in {})", span(now, time))
    } else {
        format!("{time:.0} ({} ago)", span(time, now))
    }
}

fn next_try(now: Timestamp, due: Timestamp) -> String {
    if due > now { format!("next try {}", moment(now, due)) } else { "due now".to_owned() }
}

fn last_try(last: Option<&Status>) -> String {
    last.map_or_else(|| "never tried yet".to_owned(), |last| format!("last: {}", status(last)))
}

/// What an attempt came to, on one line.
fn status(status: &Status) -> String {
    let about = if status.concerns_tls() { "for want of TLS: " } else { "" };
    let mut words = format!("{about}{} ({})", status.in_full(), status.code);
    if let Some(host) = &status.host {
        words.push_str(&format!(", at {host}"));
    }
    if let Some(reply) = &status.reply {
        words.push_str(&format!(", which said: {reply}"));
    }
    if let Some(way) = &status.way {
        words.push_str(&format!("; it was sent {way}"));
    }
    words.replace(char::is_control, " ")
}

fn of_them(some: u64, all: u64, what: &str) -> String {
    if some == all { format!("all {what}") } else { format!("{some} {what}") }
}

#[cfg(test)]
mod tests;
