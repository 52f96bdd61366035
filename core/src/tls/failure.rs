//! How a handshake failed, and in what words.

use std::fmt;

use serde::Serialize;

/// How TLS failed, by what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The host did not offer STARTTLS.
    NotOffered,
    /// The host refused STARTTLS by a 4xx or 5xx reply.
    Refused,
    /// No TLS version in common.
    NoVersion,
    /// No suite, group or signature scheme in common.
    NothingShared,
    /// Another alert of the peer.
    PeerAlert,
    /// The peer does not like our certificate, or the lack of one.
    OurCertificateRefused,
    /// What came was not TLS.
    Garbage,
    /// The peer closed the connection in the handshake.
    Closed,
    /// The connection was reset in the handshake.
    Reset,
    /// The handshake did not end in time.
    Timeout,
    /// The peer broke the protocol.
    Misbehaved,
    /// Octets were sent ahead of the handshake: an injection.
    Injected,
    /// A hook refused at the ClientHello.
    RefusedByPolicy,
}

/// A failed handshake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct HandshakeFailure {
    /// How.
    pub kind: FailureKind,
    /// What was seen, for the log.
    pub detail: String,
}

impl fmt::Display for HandshakeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.detail)
    }
}

/// The failure behind an error of a stream, if it is one of TLS.
pub fn of_io(error: &std::io::Error) -> Option<HandshakeFailure> {
    let _ = error;
    todo!()
}
