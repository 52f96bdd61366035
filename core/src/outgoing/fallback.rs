//! What may follow where TLS did not come about. No I/O: the one place that knows when mail may go
//! in clear after TLS was wanted.
//!
//! A host that refuses STARTTLS leaves the connection as it was: the `mail` hook is asked, and may
//! let the mail go in clear over it. After the 220 the socket is lost (RFC 3207 section 4.1), so a
//! failed handshake leads to a new connection, if the `mail` hook lets it. A verdict, a failed hook
//! and the host's certificate never lead to clear: encrypted and unverified is better.

use waxseal_plugins::verdicts::{EnhancedCode, Floor};

use super::problem::Problem;
use crate::tls::failure::{FailureKind, HandshakeFailure};

/// What stood in the way of TLS. A verdict is none: it never comes here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Obstacle<'a> {
    /// The host answered STARTTLS with 4xx or 5xx, in these words.
    Refused(&'a str),
    /// The handshake failed, or broke before the EHLO reply inside TLS.
    Handshake(&'a HandshakeFailure),
}

/// What follows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    /// The `mail` hook is asked whether the mail may go in clear over this very connection.
    AskThenGoOn,
    /// The `mail` hook is asked whether the mail may go in clear; if so, over a new connection to
    /// the same address.
    AskThenRedial,
    /// This host is ruled out.
    RuleOut(Problem),
}

/// What follows from the obstacle, above the floor.
pub(super) fn after(obstacle: Obstacle<'_>, floor: Floor) -> Next {
    match (obstacle, floor) {
        (Obstacle::Refused(_), Floor::None) => Next::AskThenGoOn,
        (Obstacle::Handshake(failure), Floor::None) if failure.kind.is_of_the_wire() => Next::AskThenRedial,
        (Obstacle::Refused(why), _) => Next::RuleOut(refused(why)),
        (Obstacle::Handshake(failure), _) => Next::RuleOut(failed(failure)),
    }
}

/// STARTTLS was refused where TLS is demanded.
pub(super) fn refused(why: &str) -> Problem {
    Problem::temporary(EnhancedCode::new(4, 7, 4), format!("TLS is required, but {why}"))
}

/// The handshake failed where TLS is demanded.
pub(super) fn failed(failure: &HandshakeFailure) -> Problem {
    let code = match failure.kind {
        FailureKind::NotOffered | FailureKind::Refused => EnhancedCode::new(4, 7, 4),
        FailureKind::Closed | FailureKind::Reset | FailureKind::Timeout => EnhancedCode::new(4, 4, 2),
        _ => EnhancedCode::new(4, 7, 5),
    };
    Problem::temporary(code, format!("TLS is required: {failure}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIRE: [FailureKind; 10] = [
        FailureKind::NoVersion,
        FailureKind::NothingShared,
        FailureKind::PeerAlert,
        FailureKind::OurCertificateRefused,
        FailureKind::Garbage,
        FailureKind::Closed,
        FailureKind::Reset,
        FailureKind::Timeout,
        FailureKind::Misbehaved,
        FailureKind::Injected,
    ];

    fn failure(kind: FailureKind) -> HandshakeFailure {
        HandshakeFailure { kind, detail: "seen".to_owned() }
    }

    #[test]
    fn a_refused_starttls_may_go_on_over_the_same_connection() {
        assert_eq!(after(Obstacle::Refused("454"), Floor::None), Next::AskThenGoOn);
    }

    #[test]
    fn a_failed_handshake_may_be_followed_by_a_new_connection_only() {
        for kind in WIRE {
            let next = after(Obstacle::Handshake(&failure(kind)), Floor::None);
            assert_eq!(next, Next::AskThenRedial, "{kind:?}");
        }
    }

    #[test]
    fn a_floor_forbids_clear() {
        for floor in [Floor::Encrypted, Floor::Verified] {
            assert!(matches!(after(Obstacle::Refused("454"), floor), Next::RuleOut(_)), "{floor:?}");
            for kind in WIRE {
                let next = after(Obstacle::Handshake(&failure(kind)), floor);
                assert!(matches!(next, Next::RuleOut(_)), "{floor:?} {kind:?}");
            }
        }
    }

    #[test]
    fn a_refusal_by_policy_never_leads_to_clear() {
        let refused = failure(FailureKind::RefusedByPolicy);
        assert!(matches!(after(Obstacle::Handshake(&refused), Floor::None), Next::RuleOut(_)));
    }
}
