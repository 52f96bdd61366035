//! What a handshake comes to, under terms, with a peer that can so much.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::facts::{Handshake, Version};
use crate::failure::{FailureKind, HandshakeFailure};
use crate::verdicts::{Group, Suite, Terms};

/// The TLS versions that can be negotiated, the best first.
const VERSIONS: [Version; 2] = [Version::Tls13, Version::Tls12];

/// What the peer can do.
pub(super) struct Abilities<'a> {
    /// The highest TLS version.
    pub(super) highest: Version,
    /// The cipher suites by IANA name; `None` for all.
    pub(super) suites: Option<&'a [String]>,
    /// The key exchange groups by IANA name; `None` for all.
    pub(super) groups: Option<&'a [String]>,
}

/// Negotiates: the highest version, then our order of preference.
///
/// # Errors
///
/// How the handshake fails.
pub(super) fn negotiate(terms: &Terms, peer: &Abilities<'_>) -> Result<Handshake, HandshakeFailure> {
    let ours = || VERSIONS.into_iter().filter(|version| *version >= terms.min_version);
    let suite_of = |version: Version, suites: Option<&[String]>| {
        let fits = |suite: &&Suite| of_version(**suite) == version;
        Suite::ALL
            .iter()
            .filter(fits)
            .find(|suite| allowed(*suite, suite.name(), terms.suites.as_ref(), suites))
    };
    if !ours().any(|version| suite_of(version, None).is_some()) {
        let detail = "the terms leave no cipher suite of an allowed TLS version";
        return Err(HandshakeFailure::new(FailureKind::NotBegun, detail));
    }
    if !ours().any(|version| version <= peer.highest) {
        return Err(HandshakeFailure::new(FailureKind::NoVersion, "alert ProtocolVersion"));
    }
    let shared = ours().filter(|version| *version <= peer.highest);
    let suite =
        shared.filter_map(|version| suite_of(version, peer.suites).map(|suite| (version, suite))).next();
    let group_of = |version: Version| {
        // The hybrid group is of TLS 1.3 alone.
        let fits = |group: &&Group| version >= Version::Tls13 || **group != Group::X25519MlKem768;
        let groups = Group::ALL.iter().filter(fits);
        groups.copied().find(|group| allowed(group, group.name(), terms.groups.as_ref(), peer.groups))
    };
    let made = suite.and_then(|(version, suite)| group_of(version).map(|group| (version, suite, group)));
    match made {
        Some((version, suite, group)) => Ok(Handshake {
            version,
            suite: suite.name().to_owned(),
            group: group.name().to_owned(),
            ..Handshake::default()
        }),
        None => Err(HandshakeFailure::new(FailureKind::NothingShared, "alert HandshakeFailure")),
    }
}

fn allowed<T: Ord + FromStr>(
    one: &T,
    name: &str,
    ours: Option<&BTreeSet<T>>,
    theirs: Option<&[String]>,
) -> bool {
    ours.is_none_or(|ours| ours.contains(one))
        && theirs.is_none_or(|theirs| theirs.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

/// The names of TLS 1.2 suites say which key exchange they are with.
fn of_version(suite: Suite) -> Version {
    if suite.name().contains("_WITH_") { Version::Tls12 } else { Version::Tls13 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(terms: &Terms, highest: Version) -> Result<(Version, String), FailureKind> {
        let peer = Abilities { highest, suites: None, groups: None };
        negotiate(terms, &peer).map(|made| (made.version, made.suite)).map_err(|failure| failure.kind)
    }

    fn suites(suites: &[Suite]) -> Terms {
        Terms { suites: Some(suites.iter().copied().collect()), ..Terms::default() }
    }

    #[test]
    fn the_best_of_what_both_can_is_chosen() {
        let best = negotiated(&Terms::default(), Version::Tls13).unwrap();
        assert_eq!(best, (Version::Tls13, "TLS_AES_256_GCM_SHA384".to_owned()));
        assert_eq!(negotiated(&Terms::default(), Version::Tls12).unwrap().0, Version::Tls12);
        let old = suites(&[Suite::EcdheRsaAes128GcmSha256]);
        assert_eq!(negotiated(&old, Version::Tls13).unwrap().0, Version::Tls12);
    }

    #[test]
    fn a_hybrid_group_is_of_tls_1_3_alone() {
        let of = |highest| negotiate(&Terms::default(), &Abilities { highest, suites: None, groups: None });
        assert_eq!(of(Version::Tls13).unwrap().group, "X25519MLKEM768");
        assert_eq!(of(Version::Tls12).unwrap().group, "x25519");
    }

    #[test]
    fn it_fails_as_handshakes_do() {
        let min = |min_version| Terms { min_version, ..Terms::default() };
        assert_eq!(negotiated(&min(Version::Tls13), Version::Tls12), Err(FailureKind::NoVersion));
        assert_eq!(negotiated(&Terms::default(), Version::Tls11), Err(FailureKind::NoVersion));
        let new = suites(&[Suite::Aes128GcmSha256]);
        assert_eq!(negotiated(&new, Version::Tls12), Err(FailureKind::NothingShared));
        let none = Terms { min_version: Version::Tls13, ..suites(&[Suite::EcdheRsaAes128GcmSha256]) };
        assert_eq!(negotiated(&none, Version::Tls13), Err(FailureKind::NotBegun));
        let peer = Abilities { highest: Version::Tls13, suites: None, groups: Some(&["x448".to_owned()]) };
        let failed = negotiate(&Terms::default(), &peer).unwrap_err();
        assert_eq!(failed.kind, FailureKind::NothingShared);
    }
}
