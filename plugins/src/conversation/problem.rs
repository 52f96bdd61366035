//! Why mail does not cross a host: what is said to the sender, and who decided it.

use std::sync::Arc;

use crate::decision::{Decision, Outcome};
use crate::facts::Row;
use crate::failure::{FailureKind, HandshakeFailure};
use crate::place::Place;
use crate::terms::Unmet;
use crate::verdicts::{EnhancedCode, Reply, Strictness, Verdict};

/// A problem at one host. The class of its code says whether it stays (5) or not (4).
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) code: EnhancedCode,
    pub(super) text: String,
    pub(super) place: Option<Place>,
}

impl Problem {
    /// What a decision says against the host, if it does; with the hook's usual code where it chose
    /// none.
    pub(super) fn of<V: Verdict>(decision: &Decision<V>, usual: EnhancedCode) -> Option<Self> {
        let place = Some(decision.answer.place.clone());
        let verdict = match decision.outcome() {
            Outcome::Verdict(verdict) => verdict,
            // A sender cannot mend a script; the operator finds its error in the log.
            Outcome::Failure(_) => {
                let text = "a policy of this relay failed".to_owned();
                return Some(Self { code: EnhancedCode::new(4, 3, 0), text, place });
            }
        };
        let class = match verdict.strictness() {
            Strictness::Defer => 4,
            Strictness::Refuse => 5,
            _ => return None,
        };
        let said = verdict.reply().cloned().unwrap_or_default();
        Some(Self { code: said.code.unwrap_or(usual).in_class(class), text: text(&said), place })
    }

    /// The relay itself holds the terms.
    pub(super) fn held(unmet: &Unmet, place: Place) -> Self {
        let said = unmet.for_host();
        let code = said.code.unwrap_or(EnhancedCode::new(4, 7, 5)).in_class(4);
        Self { code, text: said.text, place: Some(place) }
    }

    /// The row's terms and the policy's leave nothing to negotiate.
    pub(super) fn clash(clash: &str, row: &Arc<Row>) -> Self {
        let place = Some(Place::written(&row.place));
        Self { code: EnhancedCode::new(4, 7, 5), text: clash.to_owned(), place }
    }

    /// STARTTLS was refused where TLS is demanded.
    pub(super) fn refused_starttls(why: &str, place: Option<Place>) -> Self {
        let text = format!("TLS is required, but {why}");
        Self { code: EnhancedCode::new(4, 7, 4), text, place }
    }

    /// The handshake failed, and nothing may go in clear.
    pub(super) fn failed(failure: &HandshakeFailure, place: Option<Place>) -> Self {
        let code = match failure.kind {
            FailureKind::NotOffered | FailureKind::Refused => EnhancedCode::new(4, 7, 4),
            FailureKind::Closed | FailureKind::Reset | FailureKind::Timeout => EnhancedCode::new(4, 4, 2),
            _ => EnhancedCode::new(4, 7, 5),
        };
        Self { code, text: format!("TLS is required: {failure}"), place }
    }

    /// The host cannot be reached.
    pub(super) fn unreached(host: &str) -> Self {
        let text = format!("{host} could not be reached: connection refused");
        Self { code: EnhancedCode::new(4, 4, 1), text, place: None }
    }

    /// Whether it stays.
    pub(super) fn is_permanent(&self) -> bool {
        self.code.class == 5
    }

    /// Whether it says more to a sender than the other: a temporary one decides over a permanent
    /// one, and a word of a policy says more than a network that failed (X.4.X).
    pub(super) fn tells_more_than(&self, other: &Self) -> bool {
        let rank = |problem: &Self| (!problem.is_permanent(), problem.code.subject != 4);
        rank(self) > rank(other)
    }
}

fn text(said: &Reply) -> String {
    if said.text.is_empty() { "a policy of this relay forbids it".to_owned() } else { said.text.clone() }
}
