//! What the library may negotiate under given terms, and the names of what it did.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::version::{TLS12, TLS13};
use rustls::{ConnectionCommon, HandshakeKind, ProtocolVersion, SupportedProtocolVersion};
use waxseal_plugins::facts::{Handshake, Version};
use waxseal_plugins::verdicts::{Group, Suite, Terms};

/// The hybrid group first: the first is the one whose key share the client sends, and with any
/// other order hybrid is only used after a HelloRetryRequest.
const GROUPS: [&dyn SupportedKxGroup; 4] =
    [kx_group::X25519MLKEM768, kx_group::X25519, kx_group::SECP256R1, kx_group::SECP384R1];

/// The most that is kept of what is written while the peer does not take it: one record, where the
/// library would keep four.
pub(super) const OUTPUT: usize = 16 * 1024;

/// The provider, narrowed to the terms.
pub(super) fn provider(terms: &Terms) -> Arc<CryptoProvider> {
    let mut provider = default_provider();
    provider.cipher_suites.retain(|suite| {
        let known = Suite::from_number(suite.suite().into());
        known.is_some_and(|known| terms.suites.as_ref().is_none_or(|allowed| allowed.contains(&known)))
    });
    provider.kx_groups = GROUPS.to_vec();
    provider.kx_groups.retain(|group| {
        let known = Group::from_number(group.name().into());
        known.is_some_and(|known| terms.groups.as_ref().is_none_or(|allowed| allowed.contains(&known)))
    });
    Arc::new(provider)
}

/// The versions from the least on.
pub(super) fn versions(terms: &Terms) -> &'static [&'static SupportedProtocolVersion] {
    const MODERN: &[&SupportedProtocolVersion] = &[&TLS13];
    const ALL: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
    if terms.min_version >= Version::Tls13 { MODERN } else { ALL }
}

/// What was negotiated.
pub(super) fn negotiated<Side>(connection: &ConnectionCommon<Side>) -> Handshake {
    let suite = connection.negotiated_cipher_suite().map(|suite| suite.suite().into());
    let group = connection.negotiated_key_exchange_group().map(|group| group.name().into());
    Handshake {
        version: match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => Version::Tls13,
            Some(ProtocolVersion::TLSv1_2) => Version::Tls12,
            _ => Version::None,
        },
        suite: suite.and_then(Suite::from_number).map_or_else(String::new, |suite| suite.to_string()),
        group: group.and_then(Group::from_number).map_or_else(String::new, |group| group.to_string()),
        resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
        alpn: connection.alpn_protocol().map(String::from_utf8_lossy).unwrap_or_default().into_owned(),
    }
}
