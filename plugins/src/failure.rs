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
    /// No suite, group or signature scheme in common. TLS 1.2 hosts say the same where they miss our
    /// certificate.
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
    /// A hook failed at the ClientHello.
    PolicyFailed,
    /// Our own side cannot begin: no such identity, or terms that leave nothing to negotiate.
    NotBegun,
}

impl FailureKind {
    /// Whether it is a failure of network or protocol: only such may lead to clear, and are remembered.
    /// What we did ourselves is not.
    pub fn is_of_the_wire(self) -> bool {
        match self {
            Self::NotOffered
            | Self::Refused
            | Self::NoVersion
            | Self::NothingShared
            | Self::PeerAlert
            | Self::OurCertificateRefused
            | Self::Garbage
            | Self::Closed
            | Self::Reset
            | Self::Timeout
            | Self::Misbehaved
            | Self::Injected => true,
            Self::RefusedByPolicy | Self::PolicyFailed | Self::NotBegun => false,
        }
    }
}

/// A failed handshake. Displayed, it is a reason to give in a bounce: "the handshake failed: no
/// TLS version in common (alert ProtocolVersion)".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct HandshakeFailure {
    /// How.
    pub kind: FailureKind,
    /// What was seen, for the log; may be empty.
    pub detail: String,
}

impl HandshakeFailure {
    /// A failure of this kind.
    pub fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }
}

impl FailureKind {
    /// The word for it, in metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotOffered => "not_offered",
            Self::Refused => "refused",
            Self::NoVersion => "no_version",
            Self::NothingShared => "nothing_shared",
            Self::PeerAlert => "peer_alert",
            Self::OurCertificateRefused => "our_certificate_refused",
            Self::Garbage => "garbage",
            Self::Closed => "closed",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
            Self::Misbehaved => "misbehaved",
            Self::Injected => "injected",
            Self::RefusedByPolicy => "refused_by_policy",
            Self::PolicyFailed => "policy_failed",
            Self::NotBegun => "not_begun",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::NotOffered => "TLS was not offered",
            Self::Refused => "STARTTLS was refused",
            Self::NoVersion => "the handshake failed: no TLS version in common",
            Self::NothingShared => {
                "the handshake failed: no cipher suite, group, signature or certificate that both accept"
            }
            Self::PeerAlert => "the handshake failed: the peer ended it",
            Self::OurCertificateRefused => "the handshake failed: the peer refused our certificate",
            Self::Garbage => "the handshake failed: what came was not TLS",
            Self::Closed => "the handshake failed: the peer closed the connection",
            Self::Reset => "the handshake failed: the connection broke",
            Self::Timeout => "the handshake failed: it did not end in time",
            Self::Misbehaved => "the handshake failed: the peer broke the protocol",
            Self::Injected => "data was sent ahead of the handshake",
            Self::RefusedByPolicy => "the handshake was refused by policy",
            Self::PolicyFailed => "the handshake was not made, because a policy failed",
            Self::NotBegun => "the handshake could not begin on our side",
        }
    }
}

impl fmt::Display for HandshakeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.words())?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, " ({})", self.detail) }
    }
}
