//! Which recipients a command is about.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::config;
use crate::spool::{Concern, Filter, MessageId, Standing};

/// A filter: the recipients that have everything that is said.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "Which recipients (those that have all of it)")]
pub(super) struct Which {
    /// In this domain
    #[arg(long)]
    domain: Option<String>,
    /// From this address, or @DOMAIN; <> for bounces
    #[arg(long, value_name = "ADDRESS")]
    sender: Option<String>,
    /// For this address, or @DOMAIN
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<String>,
    /// Of which this host spoke last
    #[arg(long)]
    host: Option<String>,
    /// Accepted longer ago than this: 30s, 5m, 4h, 5d
    #[arg(long, value_name = "AGE", value_parser = config::duration)]
    older: Option<Duration>,
    /// Accepted since
    #[arg(long, value_name = "AGE", value_parser = config::duration)]
    younger: Option<Duration>,
    /// That wait because of TLS: not offered, handshake failed, certificate not accepted
    #[arg(long)]
    tls: bool,
    /// That are held
    #[arg(long)]
    held: bool,
}

impl Which {
    /// Whether nothing is said.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// In the words of the spool.
    pub(super) fn filter(&self, now: Timestamp) -> Filter {
        Filter {
            message: None,
            domain: self.domain.as_deref().map(config::domain_of),
            sender: self.sender.as_deref().map(bare),
            recipient: self.recipient.as_deref().map(bare),
            host: self.host.clone(),
            received_before: self.older.map(|age| ago(now, age)),
            received_after: self.younger.map(|age| ago(now, age)),
            standing: self.held.then_some(Standing::Held),
            concern: self.tls.then_some(Concern::Tls),
        }
    }

    /// A filter for each message; one for all where none is named.
    pub(super) fn filters(&self, now: Timestamp, messages: &[MessageId]) -> Vec<Filter> {
        let filter = self.filter(now);
        if messages.is_empty() {
            return vec![filter];
        }
        messages.iter().map(|id| Filter { message: Some(*id), ..filter.clone() }).collect()
    }
}

/// A message's id, for clap.
pub(in crate::cli) fn id(text: &str) -> Result<MessageId, String> {
    text.parse().map_err(|_| {
        "an id is what `250 Accepted as` said; `queue list --messages` and `quarantine list` show it"
            .to_owned()
    })
}

/// An address may stand in its brackets.
pub(in crate::cli) fn bare(address: &str) -> String {
    let inside = address.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    inside.unwrap_or(address).to_owned()
}

pub(in crate::cli) fn ago(now: Timestamp, age: Duration) -> Timestamp {
    let age = SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
    now.checked_sub(age).unwrap_or(Timestamp::MIN)
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

    fn filter(line: &str) -> Filter {
        let words = ["queue"].into_iter().chain(line.split_ascii_whitespace());
        Line::try_parse_from(words).unwrap().which.filter(Timestamp::from_second(100_000).unwrap())
    }

    #[test]
    fn each_option_is_a_condition() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(filter(""), Filter::default());
        assert_eq!(filter("--domain Bücher.example").domain, text("xn--bcher-kva.example"));
        assert_eq!(filter("--domain [192.0.2.1]").domain, text("[192.0.2.1]"));
        assert_eq!(filter("--sender <>").sender, text(""));
        assert_eq!(filter("--recipient <a@b.example>").recipient, text("a@b.example"));
        assert_eq!(filter("--host mx.example --tls").concern, Some(Concern::Tls));
        assert_eq!(filter("--held").standing, Some(Standing::Held));
        let old = filter("--older 1h --younger 1d");
        assert_eq!(old.received_before.map(Timestamp::as_second), Some(96_400));
        assert_eq!(old.received_after.map(Timestamp::as_second), Some(13_600));
    }

    #[test]
    fn an_age_that_is_none_is_said_so() {
        let error = Line::try_parse_from(["queue", "--older", "soon"]).unwrap_err().to_string();
        assert!(error.contains("a number and s, m, h or d"), "{error}");
    }

    #[test]
    fn each_message_named_has_its_filter() {
        let (one, two) = (MessageId::nil(), MessageId::max());
        let which = Which { tls: true, ..Which::default() };
        let filters = which.filters(Timestamp::UNIX_EPOCH, &[one, two]);
        let ids: Vec<_> = filters.iter().map(|filter| (filter.message, filter.concern)).collect();
        assert_eq!(ids, [(Some(one), Some(Concern::Tls)), (Some(two), Some(Concern::Tls))]);
    }
}
