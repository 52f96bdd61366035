//! What may follow where TLS did not come about. No I/O: the one place that knows when mail may go
//! in clear after TLS was wanted.
//!
//! A host that refuses STARTTLS leaves the connection as it was: the `mail` hook is asked, and may
//! let the mail go in clear over it. After the 220 the socket is lost (RFC 3207 section 4.1), so a
//! failed handshake leads to a new connection, if the `mail` hook lets it. A verdict, a failed hook
//! and the host's certificate never lead to clear: encrypted and unverified is better.

use waxseal_plugins::verdicts::Floor;

use super::problem::Problem;
use crate::tls::failure::{FailureKind, HandshakeFailure};

/// What stood in the way of TLS.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Obstacle {
    /// The host answered STARTTLS with 4xx or 5xx.
    Refused,
    /// The handshake failed, or broke before the EHLO reply inside TLS.
    Handshake(HandshakeFailure),
    /// A hook said no, or failed; or the relay's own hold on the terms.
    Forbidden(Problem),
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
pub(super) fn after(obstacle: Obstacle, floor: Floor) -> Next {
    match (obstacle, floor) {
        (Obstacle::Forbidden(problem), _) => Next::RuleOut(problem),
        (Obstacle::Refused, Floor::None) => Next::AskThenGoOn,
        (Obstacle::Handshake(failure), Floor::None) if is_of_the_wire(failure.kind) => Next::AskThenRedial,
        (Obstacle::Refused, floor) => Next::RuleOut(below(floor, "the host refused STARTTLS")),
        (Obstacle::Handshake(failure), Floor::None) => Next::RuleOut(handshake_problem(&failure)),
        (Obstacle::Handshake(failure), floor) => Next::RuleOut(below(floor, &failure.to_string())),
    }
}

/// A failed handshake as a problem: what a sender is told where nothing else was decided.
pub(super) fn handshake_problem(failure: &HandshakeFailure) -> Problem {
    Problem::temporary(code(failure.kind), failure.to_string())
}

/// A connection that stayed below the floor.
fn below(floor: Floor, why: &str) -> Problem {
    let asked = match floor {
        Floor::None => "nothing",
        Floor::Encrypted => "encryption",
        Floor::Verified => "encryption and a verified host",
    };
    Problem::temporary(waxseal_plugins::verdicts::EnhancedCode::new(4, 7, 5), format!("a filter requires {asked}: {why}"))
}

/// Whether it is a failure of network or protocol: only such may lead to clear.
fn is_of_the_wire(kind: FailureKind) -> bool {
    match kind {
        FailureKind::NotOffered
        | FailureKind::Refused
        | FailureKind::NoVersion
        | FailureKind::NothingShared
        | FailureKind::PeerAlert
        | FailureKind::OurCertificateRefused
        | FailureKind::Garbage
        | FailureKind::Closed
        | FailureKind::Reset
        | FailureKind::Timeout
        | FailureKind::Misbehaved
        | FailureKind::Injected => true,
        FailureKind::RefusedByPolicy => false,
    }
}

/// The enhanced code of a failed handshake.
fn code(kind: FailureKind) -> waxseal_plugins::verdicts::EnhancedCode {
    use waxseal_plugins::verdicts::EnhancedCode;
    match kind {
        FailureKind::NotOffered | FailureKind::Refused => EnhancedCode::new(4, 7, 4),
        FailureKind::Closed | FailureKind::Reset | FailureKind::Timeout => EnhancedCode::new(4, 4, 2),
        _ => EnhancedCode::new(4, 7, 5),
    }
}

#[cfg(test)]
mod tests {
    use waxseal_plugins::verdicts::EnhancedCode;

    use super::*;

    const WIRE: [FailureKind; 9] = [
        FailureKind::NoVersion,
        FailureKind::NothingShared,
        FailureKind::PeerAlert,
        FailureKind::OurCertificateRefused,
        FailureKind::Garbage,
        FailureKind::Closed,
        FailureKind::Reset,
        FailureKind::Timeout,
        FailureKind::Injected,
    ];

    fn handshake(kind: FailureKind) -> Obstacle {
        Obstacle::Handshake(HandshakeFailure { kind, detail: "seen".to_owned() })
    }

    #[test]
    fn a_refused_starttls_may_go_on_over_the_same_connection() {
        assert_eq!(after(Obstacle::Refused, Floor::None), Next::AskThenGoOn);
    }

    #[test]
    fn a_failed_handshake_may_be_followed_by_a_new_connection_only() {
        for kind in WIRE {
            assert_eq!(after(handshake(kind), Floor::None), Next::AskThenRedial, "{kind:?}");
        }
    }

    #[test]
    fn a_floor_forbids_clear() {
        for floor in [Floor::Encrypted, Floor::Verified] {
            assert!(matches!(after(Obstacle::Refused, floor), Next::RuleOut(_)), "{floor:?}");
            for kind in WIRE {
                assert!(matches!(after(handshake(kind), floor), Next::RuleOut(_)), "{floor:?} {kind:?}");
            }
        }
    }

    #[test]
    fn a_verdict_never_leads_to_clear() {
        let problem = Problem::temporary(EnhancedCode::new(4, 7, 5), "the certificate is not verified");
        for floor in [Floor::None, Floor::Encrypted, Floor::Verified] {
            assert_eq!(after(Obstacle::Forbidden(problem.clone()), floor), Next::RuleOut(problem.clone()));
        }
    }
}
