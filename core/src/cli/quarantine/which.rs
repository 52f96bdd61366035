//! Which quarantined messages a command is about.

use std::time::Duration;

use jiff::Timestamp;

use crate::cli::queue::which::{ago, bare};
use crate::config;
use crate::spool::{MessageId, QuarantineFilter};

/// A filter: the messages that have everything that is said.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "Which messages (those that have all of it)")]
pub(super) struct Which {
    /// From this address, or @DOMAIN; <> for bounces
    #[arg(long, value_name = "ADDRESS")]
    sender: Option<String>,
    /// For this address, or @DOMAIN
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<String>,
    /// Whose reason has this in it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Quarantined by this filter, as in filters/cards.rhai, or at this place in it
    #[arg(long, value_name = "FILTER")]
    by: Option<String>,
    /// Quarantined within the last 30s, 5m, 4h, 5d
    #[arg(long, value_name = "AGE", value_parser = config::duration)]
    since: Option<Duration>,
    /// Quarantined longer ago than this
    #[arg(long, value_name = "AGE", value_parser = config::duration)]
    older: Option<Duration>,
}

impl Which {
    /// Whether nothing is said.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// In the words of the spool.
    pub(super) fn filter(&self, now: Timestamp) -> QuarantineFilter {
        QuarantineFilter {
            message: None,
            sender: self.sender.as_deref().map(bare),
            recipient: self.recipient.as_deref().map(bare),
            reason: self.reason.clone(),
            by: self.by.clone(),
            before: self.older.map(|age| ago(now, age)),
            since: self.since.map(|age| ago(now, age)),
        }
    }

    /// A filter for each message; one for all where none is named.
    pub(super) fn filters(&self, now: Timestamp, messages: &[MessageId]) -> Vec<QuarantineFilter> {
        let filter = self.filter(now);
        if messages.is_empty() {
            return vec![filter];
        }
        messages.iter().map(|id| QuarantineFilter { message: Some(*id), ..filter.clone() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        which: Which,
    }

    fn which(line: &str) -> Which {
        let words = ["quarantine"].into_iter().chain(line.split_ascii_whitespace());
        Line::try_parse_from(words).unwrap().which
    }

    #[test]
    fn each_option_is_a_condition() {
        let filter = |line: &str| which(line).filter(Timestamp::from_second(100_000).unwrap());
        assert_eq!(filter(""), QuarantineFilter::default());
        assert_eq!(filter("--sender <>").sender.as_deref(), Some(""));
        assert_eq!(filter("--recipient <a@b.example>").recipient.as_deref(), Some("a@b.example"));
        assert_eq!(filter("--reason card").reason.as_deref(), Some("card"));
        assert_eq!(filter("--by filters/cards.rhai:7").by.as_deref(), Some("filters/cards.rhai:7"));
        let old = filter("--older 1h --since 1d");
        assert_eq!(old.before.map(Timestamp::as_second), Some(96_400));
        assert_eq!(old.since.map(Timestamp::as_second), Some(13_600));
    }

    #[test]
    fn each_message_named_has_its_filter() {
        let filters =
            which("--reason x").filters(Timestamp::UNIX_EPOCH, &[MessageId::nil(), MessageId::max()]);
        let ids: Vec<_> = filters.iter().map(|filter| (filter.message, filter.reason.as_deref())).collect();
        assert_eq!(ids, [(Some(MessageId::nil()), Some("x")), (Some(MessageId::max()), Some("x"))]);
        assert!(which("").is_empty() && !which("--reason x").is_empty());
    }
}
