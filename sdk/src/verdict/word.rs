//! The words of which verdicts are made.
//!
//! Each is said by the function of the same name; [`Says`] lists which answer has which.

use super::{Edits, Floor, NextHop, Reply, Terms};

/// An answer that has a word. Its implementors are the list of what each hook can say.
///
/// ```
/// use waxseal_sdk::verdict::{OutgoingOffer, Says, word};
///
/// assert_eq!(OutgoingOffer::say(word::StayClear), OutgoingOffer::StayClear);
/// ```
#[diagnostic::on_unimplemented(
    message = "this hook has no verdict `{W}`: `{Self}` cannot be made of it",
    label = "no verdict of this hook"
)]
pub trait Says<W>: super::Answer {
    /// The answer that is this word.
    fn say(word: W) -> Self;
}

/// Go on.
#[derive(Clone, Copy, Debug)]
pub struct Accept;

/// Go on, under these terms.
#[derive(Clone, Debug)]
pub struct AcceptUnder(pub Terms);

/// No.
#[derive(Clone, Debug)]
pub struct Refuse(pub Reply);

/// Not now.
#[derive(Clone, Debug)]
pub struct Defer(pub Reply);

/// Advertise STARTTLS.
#[derive(Clone, Copy, Debug)]
pub struct Advertise;

/// Do not advertise it.
#[derive(Clone, Copy, Debug)]
pub struct Withhold;

/// Start TLS where it is offered.
#[derive(Clone, Copy, Debug)]
pub struct StartTls;

/// Stay in clear.
#[derive(Clone, Copy, Debug)]
pub struct StayClear;

/// Start TLS, and hold this floor from then on.
#[derive(Clone, Copy, Debug)]
pub struct Require(pub Floor);

/// Go on, and change the message so.
#[derive(Clone, Debug)]
pub struct AcceptChanged(pub Edits);

/// Go on, this way.
#[derive(Clone, Debug)]
pub struct AcceptBy(pub NextHop);

/// It goes to this address instead.
#[derive(Clone, Debug)]
pub struct Redirect(pub String);

/// It is kept aside, for this reason.
#[derive(Clone, Debug)]
pub struct Quarantine(pub String);

/// It goes nowhere, for this reason.
#[derive(Clone, Debug)]
pub struct Discard(pub String);
