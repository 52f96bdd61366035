//! What there is to say of a certificate chain: every aspect on its own.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use waxseal_plugins::facts;

use super::Tls;

/// Whose certificate it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// A host's: judged against `roots`, as a TLS server.
    Host,
    /// A client's: judged against `client_roots`. A missing clientAuth usage is a finding of its
    /// own, not a failure: public CAs drop it.
    Client,
    /// Our own, as a host that trusts the public roots sees it.
    Own,
}

/// What is expected of a chain.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// Whose it is.
    pub usage: Usage,
    /// The names of which it must have one: `mx.example.org`, or `.example.org` for any name
    /// below. Empty: no name can match.
    pub names: &'a [String],
    /// The row's roots; `None` for the configured ones.
    pub roots: Option<&'a BTreeSet<String>>,
    /// The row's pins.
    pub pins: &'a [String],
    /// Whether the peer proved that it has the key.
    pub possession: bool,
}

impl Tls {
    /// Judges a chain, leaf first; an empty one is "none presented".
    pub fn judge(
        &self,
        chain: &[CertificateDer<'_>],
        expected: &Expected<'_>,
        now: Timestamp,
    ) -> facts::Certificate {
        let _ = (chain, expected, now);
        todo!()
    }
}
