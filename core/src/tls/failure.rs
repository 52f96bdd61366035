//! How a handshake failed: from what the TLS library says to a kind of failure.

use std::io;

use rustls::{AlertDescription, Error, PeerIncompatible};
pub use waxseal_plugins::failure::{FailureKind, HandshakeFailure};

/// What an I/O error in the handshake means.
pub(super) fn in_handshake(error: &io::Error) -> HandshakeFailure {
    of_io(error).unwrap_or_else(|| match error.kind() {
        io::ErrorKind::UnexpectedEof => HandshakeFailure::new(FailureKind::Closed, ""),
        io::ErrorKind::TimedOut => HandshakeFailure::new(FailureKind::Timeout, error.to_string()),
        _ => HandshakeFailure::new(FailureKind::Reset, error.to_string()),
    })
}

/// The TLS failure within an I/O error, if there is one. With TLS 1.3 a host that refuses our
/// certificate says so only at our first read, so errors until the EHLO reply inside TLS count as
/// failures of the handshake (RFC 8446 section 4.4.2.4).
pub fn of_io(error: &io::Error) -> Option<HandshakeFailure> {
    error.get_ref()?.downcast_ref::<Error>().map(of_library)
}

fn of_library(error: &Error) -> HandshakeFailure {
    let (kind, detail) = match error {
        Error::AlertReceived(alert) => (of_alert(*alert), format!("alert {alert:?}")),
        Error::InvalidMessage(what) => (FailureKind::Garbage, format!("{what:?}")),
        Error::PeerIncompatible(what) => (of_incompatible(what), format!("{what:?}")),
        other => (FailureKind::Misbehaved, other.to_string()),
    };
    HandshakeFailure::new(kind, detail)
}

fn of_alert(alert: AlertDescription) -> FailureKind {
    match alert {
        AlertDescription::ProtocolVersion => FailureKind::NoVersion,
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            FailureKind::NothingShared
        }
        AlertDescription::CertificateRequired
        | AlertDescription::NoCertificate
        | AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateUnknown => FailureKind::OurCertificateRefused,
        _ => FailureKind::PeerAlert,
    }
}

/// The library says "no signature algorithms" of a client that is older than TLS 1.2 too, which
/// had no such extension.
fn of_incompatible(what: &PeerIncompatible) -> FailureKind {
    match what {
        PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled
        | PeerIncompatible::SignatureAlgorithmsExtensionRequired
        | PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::SupportedVersionsExtensionRequired => FailureKind::NoVersion,
        PeerIncompatible::NoCipherSuitesInCommon
        | PeerIncompatible::NoKxGroupsInCommon
        | PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => FailureKind::NothingShared,
        _ => FailureKind::Misbehaved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_well_in_a_bounce() {
        let error = io::Error::new(
            io::ErrorKind::InvalidData,
            Error::AlertReceived(AlertDescription::ProtocolVersion),
        );
        let failure = in_handshake(&error);
        assert_eq!(failure.kind, FailureKind::NoVersion);
        assert_eq!(
            failure.to_string(),
            "the handshake failed: no TLS version in common (alert ProtocolVersion)"
        );
    }

    #[test]
    fn tells_a_closed_connection_from_a_broken_one() {
        let kind = |kind: io::ErrorKind| in_handshake(&kind.into()).kind;
        assert_eq!(kind(io::ErrorKind::UnexpectedEof), FailureKind::Closed);
        assert_eq!(kind(io::ErrorKind::ConnectionReset), FailureKind::Reset);
        assert_eq!(kind(io::ErrorKind::BrokenPipe), FailureKind::Reset);
    }

    #[test]
    fn sees_no_tls_failure_in_an_ordinary_error() {
        assert_eq!(of_io(&io::ErrorKind::ConnectionReset.into()), None);
    }
}
