//! What is quarantined, in words. No I/O.

use jiff::Timestamp;

use crate::admin::waiting::span;
use crate::cli::output::counted;
use crate::cli::queue::words::{moment, tags};
use crate::spool::{Envelope, Quarantine, Quarantined};

/// How many recipients the list names.
const NAMED: usize = 3;

/// A message of the list, on a few lines.
pub(super) fn message(now: Timestamp, message: &Quarantined, subject: Option<&str>) -> Vec<String> {
    let Quarantined { envelope, recipients } = message;
    let Envelope { id, sender, size, quarantine, .. } = envelope;
    let mut lines = vec![
        format!("{id}  from <{sender}>, {}, {} old", counted(*size, "octet"), age(now, envelope)),
        format!("  for      {}", some(recipients)),
    ];
    lines.extend(subject.map(|subject| format!("  subject  {subject}")));
    lines
        .extend(quarantine.iter().map(|Quarantine { reason, by, .. }| format!("  reason   {reason} ({by})")));
    lines.iter().map(|line| plain(line)).collect()
}

/// All that is known of one, but for its headers.
pub(super) fn whole(now: Timestamp, message: &Quarantined) -> Vec<String> {
    let Quarantined { envelope, recipients } = message;
    let Envelope { id, received, sender, size, quarantine, .. } = envelope;
    let mut lines = vec![
        id.to_string(),
        format!("  from      <{sender}>"),
        format!("  accepted  {}", moment(now, *received)),
        format!("  size      {}", counted(*size, "octet")),
    ];
    if let Some(Quarantine { reason, by, since, .. }) = quarantine {
        lines.push(format!("  kept      since {}", moment(now, *since)));
        lines.push(format!("  by        {by}"));
        lines.push(format!("  reason    {reason}"));
    }
    if !envelope.tags.is_empty() {
        lines.push(format!("  tags      {}", tags(&envelope.tags)));
    }
    lines.extend(recipients.iter().map(|address| format!("  for       <{address}>")));
    lines.iter().map(|line| plain(line)).collect()
}

/// How long it is there.
fn age(now: Timestamp, envelope: &Envelope) -> String {
    span(envelope.quarantine.as_ref().map_or(envelope.received, |quarantine| quarantine.since), now)
}

fn some(recipients: &[String]) -> String {
    let named = recipients.iter().take(NAMED).map(|address| format!("<{address}>"));
    let named = named.collect::<Vec<_>>().join(", ");
    match recipients.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Nothing of a message moves the cursor, or has colours.
fn plain(line: &str) -> String {
    line.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::{MessageId, Tags};

    fn quarantined() -> (Timestamp, Quarantined) {
        let since = Timestamp::from_second(1_800_000_000).unwrap();
        let mut tags = Tags::default();
        tags.set("score", "7").unwrap();
        let envelope = Envelope {
            id: MessageId::nil(),
            received: since,
            sender: "ann@home.example".to_owned(),
            size: 5,
            eight_bit: false,
            smtp_utf8: false,
            dsn: Default::default(),
            tags,
            quarantine: Some(Quarantine::begin("Card numbers", "filters/cards.rhai:7:5", since)),
        };
        let recipients = (0..5).map(|number| format!("{number}@one.example")).collect();
        (Timestamp::from_second(1_800_000_180).unwrap(), Quarantined { envelope, recipients })
    }

    #[test]
    fn a_message_of_the_list_is_a_few_lines() {
        let (now, one) = quarantined();
        let expected = "\
00000000-0000-0000-0000-000000000000  from <ann@home.example>, 5 octets, 3 min old
  for      <0@one.example>, <1@one.example>, <2@one.example> and 2 more
  subject   [31mred
  reason   Card numbers (filters/cards.rhai:7:5)";
        let shown = message(now, &one, Some("\u{1b}[31mred")).join("\n");
        assert_eq!(shown, expected);
        assert!(!message(now, &one, None).join("\n").contains("subject"));
    }

    #[test]
    fn one_message_is_shown_with_all_that_is_known() {
        let (now, one) = quarantined();
        let shown = whole(now, &one).join("\n");
        let expected = "\
00000000-0000-0000-0000-000000000000
  from      <ann@home.example>
  accepted  2027-01-15T08:00:00Z (3 min ago)
  size      5 octets
  kept      since 2027-01-15T08:00:00Z (3 min ago)
  by        filters/cards.rhai:7:5
  reason    Card numbers
  tags      score=7
  for       <0@one.example>
";
        assert!(shown.starts_with(expected), "{shown}");
    }
}
