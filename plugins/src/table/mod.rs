//! The domain table: which policy decides for whom.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::civil::Date;

use crate::facts::Row;

/// The domain table, frozen: lookups cost the same whatever its size.
#[derive(Debug)]
pub struct Table {}

impl Table {
    /// The row of an outgoing domain, a lower-case A-label: domain, longest suffix, `*`. Rows whose
    /// `until` is past do not match.
    pub fn outgoing(&self, domain: &str, today: Date) -> Arc<Row> {
        let _ = (domain, today);
        todo!()
    }

    /// The row with which an incoming connection's hooks run before MAIL FROM: the longest prefix
    /// of the client's address, else `*`.
    pub fn incoming(&self, address: IpAddr, today: Date) -> Arc<Row> {
        let _ = (address, today);
        todo!()
    }

    /// The rows asked at MAIL FROM: the explicit ones of both lookups, by client address and by
    /// sender domain, never ranked against each other; `*` only where neither matches. One or two.
    pub fn incoming_at_mail(
        &self,
        address: IpAddr,
        sender_domain: Option<&str>,
        today: Date,
    ) -> Vec<Arc<Row>> {
        let _ = (address, sender_domain, today);
        todo!()
    }
}
