//! What a hook answers. Each hook has its own type, so that a senseless answer cannot be written.
//!
//! A verdict is `accept`-like, `defer` or `refuse`, and the join of several is the strictest
//! ([`crate::join`]). What the accepting ones carry, terms above all, is joined part by part.

mod change;
mod demands;
pub(crate) mod edit;
mod heard;
pub mod incoming;
mod message;
pub mod outgoing;
mod passage;
mod reply;
mod route;
mod terms;

pub use change::{Change, Stand};
pub use demands::Demands;
pub use edit::{Edit, Header};
pub use heard::Heard;
pub use passage::Passage;
pub use reply::{EnhancedCode, InvalidCode, Reply};
pub use terms::{ClientCertificate, Floor, Group, Suite, Terms, UnknownName};

use serde::Serialize;

use crate::spoken::FromSpoken;
use crate::wasm::Returned;

/// How strict a verdict is: the join of two verdicts is the stricter.
///
/// The steps below [`Strictness::Defer`] let mail on; a failure of a script counts as
/// [`Strictness::Defer`], also in the hooks that have no such verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strictness {
    /// The laxer of two accepting verdicts: `advertise`, `stay_clear` at offer, `accept`.
    Lax,
    /// The stricter of two accepting verdicts: `withhold`, `start_tls`.
    Strict,
    /// `redirect`: a message goes elsewhere.
    Redirect,
    /// `quarantine`: it is kept aside.
    Quarantine,
    /// `discard`: it goes nowhere.
    Discard,
    /// `defer`, and the failure of a script or plugin.
    Defer,
    /// `refuse`.
    Refuse,
}

/// A hook's verdict.
pub trait Verdict:
    FromSpoken + Returned + Clone + PartialEq + std::fmt::Debug + Serialize + Send + Sync + 'static
{
    /// Its place in the order of the join.
    fn strictness(&self) -> Strictness;

    /// Joins two verdicts of the same strictness: part by part where they carry terms; otherwise
    /// the first is kept (the caller puts that with the smaller place first).
    #[must_use]
    fn merge(self, other: Self) -> Self;

    /// The word for it, as scripts write it.
    fn word(&self) -> &'static str;

    /// The reply that it carries, if it carries one.
    fn reply(&self) -> Option<&Reply>;

    /// What it changes of a message.
    fn edits(&self) -> &[Edit] {
        &[]
    }

    /// What it demands of what follows, if it lets on: terms, floor, identity.
    fn demands(&self) -> Demands {
        Demands::default()
    }

    /// The way that it sends mail, if it says something of it.
    fn way(&self) -> Option<&outgoing::Way> {
        None
    }

    /// Whether it lets on and adds nothing to what others say, so that the decision is theirs.
    fn is_silent(&self) -> bool {
        false
    }

    /// What becomes of it when the terms of several verdicts leave nothing that could be
    /// negotiated: incoming a refusal, outgoing a deferral.
    #[must_use]
    fn settle(self) -> Self {
        self
    }
}

/// The one there is; of two the smaller, so that the order of asking does not matter.
fn either<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
