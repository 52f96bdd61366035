//! The relay itself holds a row's terms, under any policy: on the facts of the connection as it is,
//! before mail crosses it.

use waxseal_plugins::facts::{Certificate, Handshake, Row, Version};
use waxseal_plugins::verdicts::{EnhancedCode, Floor, Reply, Terms};

use crate::smtp::reply::Reply as SmtpReply;

/// A term that a connection does not meet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmet {
    /// The row's terms or a floor want TLS.
    #[error("TLS is required, but the connection is not encrypted")]
    Encryption,
    /// The TLS version is too low.
    #[error("TLS {least} is required, but TLS {found} was negotiated")]
    Version {
        /// The least version.
        least: Version,
        /// What was negotiated.
        found: Version,
    },
    /// The cipher suite is not one of those allowed.
    #[error("the cipher suite {0} is not one of those allowed")]
    Suite(String),
    /// The key exchange group is not one of those allowed; empty for a resumed TLS 1.2 session.
    #[error("the key exchange group `{0}` is not one of those allowed")]
    Group(String),
    /// None of the row's pins matches.
    #[error("no certificate of the peer matches a pin")]
    Pins,
    /// A floor wants a verified certificate.
    #[error("a verified certificate is required: {0}")]
    Verification(String),
}

/// Whether a connection meets a row's terms and a floor. `handshake` is `None` for a connection
/// in clear; `certificate` is the judgement for this row.
///
/// # Errors
///
/// The first term that is not met.
pub fn hold(
    row: &Row,
    floor: Floor,
    handshake: Option<&Handshake>,
    certificate: Option<&Certificate>,
) -> Result<(), Unmet> {
    let terms = Terms::of(row);
    let Some(handshake) = handshake else {
        let wants_tls = floor > Floor::None || !row.pins.is_empty() || asks_of_handshake(&terms);
        return if wants_tls { Err(Unmet::Encryption) } else { Ok(()) };
    };
    negotiated(&terms, handshake)?;
    if !row.pins.is_empty() && !certificate.is_some_and(|certificate| certificate.pinned) {
        return Err(Unmet::Pins);
    }
    if floor == Floor::Verified && !certificate.is_some_and(|certificate| certificate.verified) {
        let problem = certificate.map_or("none was judged", |certificate| &certificate.problem);
        return Err(Unmet::Verification(problem.to_owned()));
    }
    Ok(())
}

/// Whether what was negotiated meets the terms. No group was negotiated where TLS 1.2 resumed a
/// session: then a term on groups is not met, since nobody knows which it had.
pub(super) fn negotiated(terms: &Terms, handshake: &Handshake) -> Result<(), Unmet> {
    if handshake.version < terms.min_version {
        return Err(Unmet::Version { least: terms.min_version, found: handshake.version });
    }
    if !allows(terms.suites.as_ref(), &handshake.suite) {
        return Err(Unmet::Suite(handshake.suite.clone()));
    }
    if !allows(terms.groups.as_ref(), &handshake.group) {
        return Err(Unmet::Group(handshake.group.clone()));
    }
    Ok(())
}

impl Unmet {
    /// What a client is told at MAIL FROM: clear mail `530 5.7.0` (RFC 3207 section 4), weak TLS
    /// `554 5.7.5`.
    pub fn for_client(&self) -> SmtpReply {
        let (code, enhanced) = match self {
            Self::Encryption => (530, EnhancedCode::new(5, 7, 0)),
            _ => (554, EnhancedCode::new(5, 7, 5)),
        };
        SmtpReply::new(code, Some(enhanced), self.to_string())
    }

    /// Why a host is ruled out for now.
    pub fn for_host(&self) -> Reply {
        let detail = if *self == Self::Encryption { 4 } else { 5 };
        Reply::new(EnhancedCode::new(4, 7, detail), self.to_string())
    }
}

fn asks_of_handshake(terms: &Terms) -> bool {
    terms.min_version > Version::None || terms.suites.is_some() || terms.groups.is_some()
}

fn allows<T: Ord + std::str::FromStr>(allowed: Option<&std::collections::BTreeSet<T>>, name: &str) -> bool {
    allowed.is_none_or(|allowed| name.parse().is_ok_and(|one: T| allowed.contains(&one)))
}
