//! The rows that hold, and those that were passed over.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;

use crate::facts::Row;
use crate::hooks::Direction;
use crate::table::{Entry, Pattern, Table};

/// A row that holds.
#[derive(Clone, Debug, Serialize)]
pub struct Holding {
    /// The row.
    pub row: Arc<Row>,
    /// When it is asked.
    pub when: When,
}

/// When a row is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Outgoing: at each hook.
    Always,
    /// Incoming: from the connection on up to MAIL FROM.
    BeforeMail,
    /// Incoming: at MAIL FROM, where the sender is known.
    AtMail,
    /// Incoming: from the connection on, MAIL FROM included.
    Throughout,
}

/// A row that was passed over.
#[derive(Clone, Debug, Serialize)]
pub struct PassedOver {
    /// The row.
    pub row: Arc<Row>,
    /// Why.
    #[serde(flatten)]
    pub why: Why,
}

/// Why a row was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Why {
    /// It matches, but another row is more specific.
    LessSpecific,
    /// It is `*`, for those whom no other row is about.
    ForTheRest,
    /// It has ended.
    Ended {
        /// The last day on which it held, UTC.
        until: Date,
    },
    /// It is about the names below the domain, and not about itself.
    BelowOnly,
    /// It is about the domain itself, and not about the names below.
    ItselfOnly,
}

/// Those of a recipients' domain.
pub(super) fn outgoing(table: &Table, domain: &str, today: Date) -> (Vec<Holding>, Vec<PassedOver>) {
    let holding = vec![Holding { row: table.outgoing(domain, today), when: When::Always }];
    let whom = Whom { domain: Some(domain), address: None, today };
    let passed_over = whom.passed_over(table, Direction::Outgoing, &holding);
    (holding, passed_over)
}

/// Those of a client's address and a sender's domain: two lookups, never ranked against each other.
pub(super) fn incoming(
    table: &Table,
    address: IpAddr,
    sender: Option<&str>,
    today: Date,
) -> (Vec<Holding>, Vec<PassedOver>) {
    let first = table.incoming(address, today);
    let at_mail = table.incoming_at_mail(address, sender, today);
    let throughout = at_mail.contains(&first);
    let when = if throughout { When::Throughout } else { When::BeforeMail };
    let others = at_mail.into_iter().filter(|row| *row != first);
    let others: Vec<_> = others.map(|row| Holding { row, when: When::AtMail }).collect();
    let holding: Vec<_> = [Holding { row: first, when }].into_iter().chain(others).collect();
    let whom = Whom { domain: sender, address: Some(address.to_canonical()), today };
    let passed_over = whom.passed_over(table, Direction::Incoming, &holding);
    (holding, passed_over)
}

/// Whom rows are looked up for.
#[derive(Clone, Copy)]
struct Whom<'a> {
    domain: Option<&'a str>,
    address: Option<IpAddr>,
    today: Date,
}

impl Whom<'_> {
    fn passed_over(self, table: &Table, direction: Direction, holding: &[Holding]) -> Vec<PassedOver> {
        let of_direction = table.entries().iter().filter(|entry| entry.direction == direction);
        let others =
            of_direction.filter(|entry| holding.iter().all(|held| held.row.place != entry.row.place));
        let passed_over = |entry: &Entry| Some(PassedOver { row: entry.row.clone(), why: self.why(entry)? });
        others.filter_map(passed_over).collect()
    }

    /// Why a row that does not hold was passed over; `None` where it is about somebody else altogether.
    fn why(self, entry: &Entry) -> Option<Why> {
        let domain = self.domain;
        let is = |other: &String| domain == Some(other);
        let is_below = |other: &String| domain.is_some_and(|domain| below(domain, other));
        let matching = match &entry.pattern {
            Pattern::Any => Why::ForTheRest,
            Pattern::Domain(other) if is(other) => Why::LessSpecific,
            Pattern::Domain(other) if is_below(other) => return Some(Why::ItselfOnly),
            Pattern::Below(other) if is_below(other) => Why::LessSpecific,
            Pattern::Below(other) if is(other) => return Some(Why::BelowOnly),
            Pattern::Network(network) if self.address.is_some_and(|address| network.contains(&address)) => {
                Why::LessSpecific
            }
            Pattern::Domain(_) | Pattern::Below(_) | Pattern::Network(_) => return None,
        };
        match entry.until {
            Some(until) if !entry.holds(self.today) => Some(Why::Ended { until }),
            _ => Some(matching),
        }
    }
}

fn below(domain: &str, parent: &str) -> bool {
    domain.strip_suffix(parent).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}
