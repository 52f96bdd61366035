//! The domain table: which policy decides for whom.
//!
//! `domains.rhai` is Rhai with two words more, `incoming` and `outgoing`. It runs once a load; its
//! rows are then frozen into hash maps, so that a lookup costs the same whatever the table's size.

mod checks;
mod clause;
mod findings;
mod format;
mod grammar;
mod load;
mod lookup;
mod pattern;
mod rows;
mod syntax;
mod values;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::civil::Date;

use crate::facts::Row;
use crate::hooks::Direction;

pub use clause::Clause;
pub use format::format;
pub(crate) use format::scan;
pub use pattern::{BadPattern, Pattern};
pub use rows::Entry;

use lookup::{Index, Search};

/// The file that holds the table, in the policies' directory.
pub const PATH: &str = "domains.rhai";

/// The domain table, frozen: lookups cost the same whatever its size.
#[derive(Debug)]
pub struct Table {
    entries: Vec<Entry>,
    incoming: Index,
    outgoing: Index,
    /// What would hold where `*` were missing, which the loader does not let happen.
    nobody: Arc<Row>,
}

/// The words that name a policy: the stems of the files in each direction's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Of `incoming/`.
    pub incoming: BTreeSet<String>,
    /// Of `outgoing/`.
    pub outgoing: BTreeSet<String>,
}

impl Table {
    /// The row of an outgoing domain: domain, longest suffix, `*`. Rows whose `until` is past do
    /// not match.
    pub fn outgoing(&self, domain: &str, today: Date) -> Arc<Row> {
        let search = self.search(today);
        self.row(self.outgoing.named(&normal(domain), search).or_else(|| self.outgoing.any(search)))
    }

    /// The row with which an incoming connection's hooks run before MAIL FROM: the longest prefix
    /// of the client's address, else `*`.
    pub fn incoming(&self, address: IpAddr, today: Date) -> Arc<Row> {
        let search = self.search(today);
        self.row(self.incoming.addressed(address, search).or_else(|| self.incoming.any(search)))
    }

    /// The rows asked at MAIL FROM: the explicit ones of both lookups, by client address and by
    /// sender domain, never ranked against each other; `*` only where neither matches. One or two.
    pub fn incoming_at_mail(
        &self,
        address: IpAddr,
        sender_domain: Option<&str>,
        today: Date,
    ) -> Vec<Arc<Row>> {
        let search = self.search(today);
        let by_address = self.incoming.addressed(address, search);
        let by_domain = sender_domain.and_then(|domain| self.incoming.named(&normal(domain), search));
        let explicit: Vec<_> =
            by_address.into_iter().chain(by_domain).map(|entry| entry.row.clone()).collect();
        if explicit.is_empty() { vec![self.row(self.incoming.any(search))] } else { explicit }
    }

    /// All rows, in the order of the file.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The policies that a direction's rows name, each as often as it is named.
    pub fn policies(&self, direction: Direction) -> impl Iterator<Item = &str> {
        let rows = self.entries.iter().filter(move |entry| entry.direction == direction);
        rows.map(|entry| entry.row.policy.as_str())
    }

    /// The row that applies once this one has ended: the next one that matches.
    pub fn beneath(&self, entry: &Entry, today: Date) -> Option<&Entry> {
        self.index(entry.direction).beneath(&entry.pattern, self.search(today))
    }

    fn new(entries: Vec<Entry>) -> Self {
        let (mut incoming, mut outgoing) = (Index::default(), Index::default());
        for (number, entry) in entries.iter().enumerate() {
            match entry.direction {
                Direction::Incoming => incoming.insert(&entry.pattern, number),
                Direction::Outgoing => outgoing.insert(&entry.pattern, number),
            }
        }
        Self { entries, incoming, outgoing, nobody: Arc::default() }
    }

    fn index(&self, direction: Direction) -> &Index {
        match direction {
            Direction::Incoming => &self.incoming,
            Direction::Outgoing => &self.outgoing,
        }
    }

    fn search(&self, today: Date) -> Search<'_> {
        Search { entries: &self.entries, today }
    }

    fn row(&self, entry: Option<&Entry>) -> Arc<Row> {
        entry.map_or_else(|| self.nobody.clone(), |entry| entry.row.clone())
    }
}

impl Words {
    /// The words of a direction.
    pub fn of(&self, direction: Direction) -> &BTreeSet<String> {
        match direction {
            Direction::Incoming => &self.incoming,
            Direction::Outgoing => &self.outgoing,
        }
    }
}

/// Today, UTC: the day by which rows end.
pub fn today() -> Date {
    jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date()
}

/// The domain as patterns are written; a lower-case A-label is so already, and not copied.
fn normal(domain: &str) -> Cow<'_, str> {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    if domain.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(domain);
    }
    // What is no domain, as an address literal, has no row but `*`.
    pattern::a_labels(domain).map_or(Cow::Borrowed(domain), Cow::Owned)
}
