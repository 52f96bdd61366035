//! What a hook answers.
//!
//! A [`Verdict`] is made by a function that reads as in a script, and is of the type that the hook
//! returns. What a hook cannot answer does not compile:
//!
//! ```
//! use waxseal_sdk::prelude::*;
//!
//! fn offer(client: &Client) -> incoming::offer::Verdict {
//!     if client.recent_failures() > 0 { withhold() } else { advertise() }
//! }
//! assert_eq!(offer(&testing::clear_client()), advertise());
//! ```
//! ```compile_fail,E0277
//! use waxseal_sdk::prelude::*;
//!
//! fn mail(client: &Client) -> incoming::mail::Verdict {
//!     withhold()
//! }
//! ```
//!
//! A verdict remembers where in the source it was made: the relay's decision log shows that place.
//! A helper that makes verdicts for several hooks hands its caller's place on with
//! `#[track_caller]`.

mod answers;
#[cfg(not(target_arch = "wasm32"))]
mod check;
mod edits;
mod next_hop;
mod reply;
mod say;
mod terms;
pub mod word;

pub use answers::{
    Answer, IncomingCertificate, IncomingCipher, IncomingMessage, IncomingOffer, IncomingStart,
    OutgoingOffer, OutgoingRoute, OutgoingStart, Passage,
};
pub use edits::{Edit, Edits};
pub use next_hop::NextHop;
pub use reply::{Reply, USUAL};
pub use say::{
    accept, accept_by, accept_changed, accept_under, advertise, defer, discard, fail, no_opinion, quarantine,
    redirect, refuse, require, start_tls, stay_clear, withhold,
};
pub use terms::{ClientCertificate, Floor, Terms};
pub use word::Says;

use std::panic::Location;

/// A hook's answer, no opinion, or a failure; and where it was said.
///
/// Two verdicts are equal when they say the same, wherever: `assert_eq!(plugin.offer(&host),
/// start_tls())` is what a test says. Or it looks closer:
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let verdict: outgoing::mail::Verdict = defer("4.7.5", "TLS is required: not offered");
/// assert_eq!(verdict.word(), "defer");
/// assert_eq!(verdict.code(), Some("4.7.5"));
/// assert!(verdict.text().contains("not offered"));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a verdict counts only when the hook returns it"]
pub struct Verdict<A> {
    said: Result<Option<A>, String>,
    place: &'static Location<'static>,
}

impl<A> Verdict<A> {
    /// Says something here: in a plugin's tests the call ends with it, and the next has all that a call may have.
    #[track_caller]
    fn new(said: Result<Option<A>, String>) -> Self {
        #[cfg(not(target_arch = "wasm32"))]
        crate::testing::relay::next_call();
        Self { said, place: Location::caller() }
    }
}

impl<A: Answer> Verdict<A> {
    /// The word that made it, as in `"accept"`; `"no_opinion"` and `"fail"` too.
    ///
    /// ```
    /// # use waxseal_sdk::prelude::*;
    /// let verdict: outgoing::offer::Verdict = require(Floor::Verified);
    /// assert_eq!(verdict.word(), "require");
    /// ```
    pub fn word(&self) -> &'static str {
        match &self.said {
            Ok(Some(answer)) => answer.word(),
            Ok(None) => "no_opinion",
            Err(_) => "fail",
        }
    }

    /// The code of a `refuse` or `defer`; none for the hook's usual one.
    ///
    /// ```
    /// # use waxseal_sdk::prelude::*;
    /// let verdict: incoming::mail::Verdict = refuse(USUAL, "Not today");
    /// assert_eq!(verdict.code(), None);
    /// ```
    pub fn code(&self) -> Option<&str> {
        self.answer()?.reply()?.code.as_deref()
    }

    /// The text of a `refuse`, `defer` or `fail`, the reason of a `quarantine` or `discard`, the address of a `redirect`;
    /// else empty.
    ///
    /// ```
    /// # use waxseal_sdk::prelude::*;
    /// let verdict: incoming::mail::Verdict = refuse("5.7.1", "Not today");
    /// assert_eq!(verdict.text(), "Not today");
    ///
    /// let verdict: incoming::message::Verdict = quarantine("a card number");
    /// assert_eq!(verdict.text(), "a card number");
    /// ```
    pub fn text(&self) -> &str {
        match &self.said {
            Ok(_) => self.answer().map_or("", Answer::text),
            Err(text) => text,
        }
    }

    /// The terms that it carries, where it carries any.
    ///
    /// ```
    /// # use waxseal_sdk::prelude::*;
    /// let verdict: outgoing::start::Verdict = accept_under(Terms::new().min_version(TLS_1_3));
    /// assert_eq!(verdict.terms().unwrap().min_version, Some(TLS_1_3));
    /// ```
    pub fn terms(&self) -> Option<&Terms> {
        self.answer()?.terms()
    }

    /// The answer; none for no opinion and for a failure.
    ///
    /// ```
    /// # use waxseal_sdk::prelude::*;
    /// use waxseal_sdk::verdict::Passage;
    ///
    /// let verdict: outgoing::mail::Verdict = accept();
    /// assert!(matches!(verdict.answer(), Some(Passage::Accept)));
    /// ```
    pub fn answer(&self) -> Option<&A> {
        self.said.as_ref().ok()?.as_ref()
    }

    /// Where it was made.
    ///
    /// ```
    /// # use waxseal_sdk::prelude::*;
    /// let verdict: outgoing::mail::Verdict = accept();
    /// assert!(verdict.place().line() > 0);
    /// ```
    pub fn place(&self) -> &'static Location<'static> {
        self.place
    }
}

#[cfg(target_arch = "wasm32")]
impl<A> Verdict<A> {
    /// What it says.
    pub(crate) fn into_said(self) -> Result<Option<A>, String> {
        self.said
    }
}

impl<A: PartialEq> PartialEq for Verdict<A> {
    fn eq(&self, other: &Self) -> bool {
        self.said == other.said
    }
}
