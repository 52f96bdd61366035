//! What the changes of a transaction add up to, written once at its end.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, Result};

use super::destinations::Concern;
use super::inventory::{Inventory, Segment, Sums};
use super::place::{At, HEAD, Place};
use super::record::signed;

/// What the changes of a transaction add up to.
#[derive(Debug, Default)]
pub(super) struct Books {
    destinations: HashMap<String, Concern>,
    /// Bodies and octets by segment.
    segments: BTreeMap<u64, (i64, i64)>,
    sums: Sums,
    /// Names of files that no row names any more: they are removed after the transaction.
    pub(super) unnamed: Vec<String>,
}

impl Books {
    /// What a transaction adds to one destination.
    pub(super) fn destination(&mut self, domain: &str) -> &mut Concern {
        self.destinations.entry(domain.to_owned()).or_default()
    }

    /// A recipient is new.
    pub(super) fn recipient_arrived(&mut self, domain: &str, due: i64) {
        self.sums.recipients += 1;
        self.destination(domain).arrived(due);
    }

    /// A recipient is due at another time.
    pub(super) fn recipient_moved(&mut self, domain: &str) {
        self.destination(domain).moved();
    }

    /// A recipient is gone.
    pub(super) fn recipient_left(&mut self, domain: &str) {
        self.sums.recipients -= 1;
        self.destination(domain).left();
    }

    /// So many recipients more are held.
    pub(super) fn held(&mut self, more: i64) {
        self.sums.held += more;
    }

    /// A message is new.
    pub(super) fn message_arrived(&mut self, place: &Place) {
        self.sums.messages += 1;
        self.sums.octets += signed(place.length);
        self.body(place, 1);
    }

    /// A message does not wait: it is quarantined.
    pub(super) fn quarantined(&mut self, place: &Place) {
        self.move_into_quarantine(1, signed(place.length));
    }

    /// A message is quarantined no more.
    pub(super) fn unquarantined(&mut self, place: &Place) {
        self.move_into_quarantine(-1, -signed(place.length));
    }

    fn move_into_quarantine(&mut self, messages: i64, octets: i64) {
        self.sums.messages -= messages;
        self.sums.octets -= octets;
        self.sums.quarantined += messages;
        self.sums.quarantined_octets += octets;
    }

    /// A message is gone.
    pub(super) fn message_left(&mut self, place: &Place) {
        self.sums.messages -= 1;
        self.sums.octets -= signed(place.length);
        if let At::File(name) = &place.at {
            self.unnamed.push(name.to_string());
        }
        self.body(place, -1);
    }

    /// A body was added to a place, or taken from it.
    pub(super) fn body(&mut self, place: &Place, more: i64) {
        if let Some(number) = place.segment() {
            let (bodies, live) = self.segments.entry(number).or_default();
            *bodies += more;
            *live += more * (signed(place.length) + HEAD as i64);
        }
    }

    /// Writes it, at the end of the transaction. Answers with what there is then, if the
    /// transaction is committed.
    pub(super) fn close(
        &self,
        connection: &Connection,
        before: &Inventory,
        current: Option<(u64, u64)>,
        now: i64,
    ) -> Result<Inventory> {
        for (domain, concern) in &self.destinations {
            concern.refresh(connection, domain)?;
        }
        let mut after = Inventory { segments: BTreeMap::new(), sums: before.sums.plus(self.sums) };
        for (number, (bodies, live)) in &self.segments {
            let segment = before.segments.get(number).copied();
            let mut segment = segment.unwrap_or(Segment { begun: now, ..Segment::default() });
            segment.bodies += bodies;
            segment.live += live;
            segment.size =
                current.filter(|(current, _)| current == number).map_or(segment.size, |(_, size)| size);
            segment.store(connection, *number)?;
            after.segments.insert(*number, segment);
        }
        if after.sums != before.sums {
            after.sums.store(connection)?;
        }
        Ok(after)
    }
}
