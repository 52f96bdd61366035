//! The relay itself holds a row's terms, under any policy: on the facts of the connection as it is,
//! before mail crosses it.

use waxseal_plugins::facts::{Certificate, Handshake, Row, Version};
use waxseal_plugins::verdicts::{EnhancedCode, Floor, Reply, Terms};

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
pub(crate) fn negotiated(terms: &Terms, handshake: &Handshake) -> Result<(), Unmet> {
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
    /// Why a client's mail is refused: clear mail by `5.7.0`, which is said as `530` (RFC 3207
    /// section 4), weak TLS by `5.7.5`.
    pub fn for_mail(&self) -> Reply {
        let detail = if *self == Self::Encryption { 0 } else { 5 };
        Reply::new(EnhancedCode::new(5, 7, detail), self.to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn handshake(version: Version, suite: &str, group: &str) -> Handshake {
        Handshake { version, suite: suite.into(), group: group.into(), ..Handshake::default() }
    }

    fn modern() -> Handshake {
        handshake(Version::Tls13, "TLS_AES_128_GCM_SHA256", "X25519MLKEM768")
    }

    #[test]
    fn a_row_without_terms_asks_for_nothing() {
        assert_eq!(hold(&Row::default(), Floor::None, None, None), Ok(()));
        let old = handshake(Version::Tls12, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "");
        assert_eq!(hold(&Row::default(), Floor::Encrypted, Some(&old), None), Ok(()));
    }

    #[test]
    fn terms_and_floors_keep_mail_from_clear_connections() {
        let list = |name: &str| vec![name.to_owned()];
        for row in [
            Row { min_version: Version::Tls12, ..Row::default() },
            Row { suites: list("TLS_AES_128_GCM_SHA256"), ..Row::default() },
            Row { groups: list("x25519"), ..Row::default() },
            Row { pins: list("sha256:00"), ..Row::default() },
        ] {
            assert_eq!(hold(&row, Floor::None, None, None), Err(Unmet::Encryption));
        }
        assert_eq!(hold(&Row::default(), Floor::Encrypted, None, None), Err(Unmet::Encryption));
        assert_eq!(Unmet::Encryption.for_mail().code.unwrap().to_string(), "5.7.0");
        assert_eq!(Unmet::Encryption.for_host().code.unwrap().to_string(), "4.7.4");
    }

    #[test]
    fn each_term_is_held_on_what_was_negotiated() {
        let row = Row {
            min_version: Version::Tls13,
            suites: vec!["TLS_AES_128_GCM_SHA256".into()],
            groups: vec!["X25519MLKEM768".into()],
            ..Row::default()
        };
        let held = |handshake: Handshake| hold(&row, Floor::None, Some(&handshake), None);
        assert_eq!(held(modern()), Ok(()));
        let low = Handshake { version: Version::Tls12, ..modern() };
        assert_eq!(held(low), Err(Unmet::Version { least: Version::Tls13, found: Version::Tls12 }));
        let suite = "TLS_AES_256_GCM_SHA384".to_owned();
        assert_eq!(held(Handshake { suite: suite.clone(), ..modern() }), Err(Unmet::Suite(suite)));
        assert_eq!(
            held(Handshake { group: "x25519".into(), ..modern() }),
            Err(Unmet::Group("x25519".into()))
        );
        assert_eq!(held(Handshake { group: String::new(), ..modern() }), Err(Unmet::Group(String::new())));
    }

    #[test]
    fn pins_and_the_floor_are_held_on_the_judgement() {
        let row = Row { pins: vec!["sha256:00".into()], ..Row::default() };
        let pinned = Certificate { pinned: true, problem: "expired".into(), ..Certificate::default() };
        fn held(row: &Row, floor: Floor, certificate: Option<&Certificate>) -> Result<(), Unmet> {
            hold(row, floor, Some(&modern()), certificate)
        }
        assert_eq!(held(&row, Floor::None, None), Err(Unmet::Pins));
        assert_eq!(held(&row, Floor::None, Some(&Certificate::default())), Err(Unmet::Pins));
        assert_eq!(held(&row, Floor::Encrypted, Some(&pinned)), Ok(()));
        assert_eq!(held(&row, Floor::Verified, Some(&pinned)), Err(Unmet::Verification("expired".into())));
        let verified = Certificate { verified: true, ..pinned };
        assert_eq!(held(&row, Floor::Verified, Some(&verified)), Ok(()));
    }
}
