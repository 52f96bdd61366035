//! The test kit: `cargo test` of a plugin runs natively, without a relay and without WebAssembly.
//!
//! Facts are made by the functions here, each with ordinary values to begin with and a setter for
//! each fact: `testing::clear_host().domain("example.net")`. To read one take the facts first:
//! `testing::clear_host().facts().domain()`. What the plugin asks of the relay is answered by a relay of the test's own: the
//! functions here set its clock and its DNS answers, and look at what it was told. Each test begins
//! with a fresh one.
//!
//! ```
//! use waxseal_sdk::prelude::*;
//!
//! /// Alarms where a host is worse than it was.
//! struct Ratchet;
//!
//! impl outgoing::Mail for Ratchet {
//!     fn mail(&self, host: &Host, _: &Mail) -> outgoing::mail::Verdict {
//!         let (domain, version) = (host.domain(), host.version());
//!         let best = kv::update(&domain, kv::days(90), |best: Option<u16>| best.unwrap_or(0).max(version));
//!         match best {
//!             Ok(best) if best > version => {
//!                 alarm!("{domain} was downgraded to {:?}", version_in_words(version));
//!                 defer("4.7.5", "The host was encrypted better before")
//!             }
//!             Ok(_) => accept(),
//!             Err(problem) => fail(problem),
//!         }
//!     }
//! }
//!
//! // In the tests of the plugin:
//! let (host, mail) = (testing::encrypted_host(), testing::mail());
//! assert_eq!(Ratchet.mail(&host, &mail), accept());
//! assert_eq!(Ratchet.mail(&host.version(TLS_1_2), &mail).word(), "defer");
//! assert_eq!(testing::alarms(), [r#"example.org was downgraded to "1.2""#]);
//! ```

mod configuration;
mod ordinary;
pub(crate) mod relay;
mod wrong;

pub use configuration::configured;
pub use ordinary::{
    certificate, clear_client, clear_host, encrypted_client, encrypted_host, handshake, hello, mail, message,
    offering_host, part, recipient, report, row,
};
pub use wrong::{
    expired_certificate, no_certificate, not_yet_valid_certificate, self_signed_certificate,
    unknown_root_certificate, wrong_name_certificate,
};

pub use crate::facts::builders::*;

use relay::dns::{Failure, Question};
use relay::log::Tone;

/// Begins anew: nothing said, counted or kept, and the clock where it began.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// log!("first case");
/// testing::reset();
/// assert!(testing::logged().is_empty());
/// ```
pub fn reset() {
    relay::reset();
}

/// What [`log!`](crate::log!) has said.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// log!("a new key");
/// assert_eq!(testing::logged(), ["a new key"]);
/// ```
#[must_use]
pub fn logged() -> Vec<String> {
    relay::log::said(Tone::Info)
}

/// What [`alarm!`](crate::alarm!) has said.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// alarm!("a new key");
/// assert_eq!(testing::alarms(), ["a new key"]);
/// ```
#[must_use]
pub fn alarms() -> Vec<String> {
    relay::log::said(Tone::Alarm)
}

/// What [`debug!`](crate::debug!) has said.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// debug!("looked at the key");
/// assert_eq!(testing::debugged(), ["looked at the key"]);
/// ```
#[must_use]
pub fn debugged() -> Vec<String> {
    relay::log::said(Tone::Debug)
}

/// What a counter has come to.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// counters::add("new_keys", 1);
/// assert_eq!(testing::counted("new_keys"), 1);
/// ```
#[must_use]
pub fn counted(name: &str) -> u64 {
    relay::counters::counted(name)
}

/// Sets the clock, to so many seconds since 1970. It begins on the first of January 2027.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// testing::set_clock(1_800_000_000);
/// assert_eq!(clock::now(), 1_800_000_000);
/// ```
pub fn set_clock(seconds: i64) {
    relay::clock::set(seconds);
}

/// Moves the clock on, by so many seconds.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let before = clock::now();
/// testing::advance_clock(60);
/// assert_eq!(clock::now() - before, 60);
/// ```
pub fn advance_clock(seconds: i64) {
    relay::clock::set(relay::clock::now().saturating_add(seconds));
}

macro_rules! answers {
    ($($function:ident, $asked:ident: $question:ident;)*) => { $(
        #[doc = concat!("Says what [`dns::", stringify!($asked), "`](crate::dns::", stringify!($asked), ") answers about a name.")]
        ///
        /// ```
        /// use waxseal_sdk::prelude::*;
        ///
        #[doc = concat!("testing::", stringify!($function), "(\"example.org\", [\"an answer\"]);")]
        #[doc = concat!("assert_eq!(dns::", stringify!($asked), "(\"example.org\").unwrap(), [\"an answer\"]);")]
        /// ```
        pub fn $function(name: &str, answers: impl IntoIterator<Item = impl Into<String>>) {
            let answers = answers.into_iter().map(Into::into).collect();
            relay::dns::answer(Question::$question, name, Ok(answers));
        }
    )* };
}

answers! {
    answer_addresses, addresses: Addresses;
    answer_mx, mx: Mx;
    answer_txt, txt: Txt;
    answer_names, names: Names;
}

/// The test has a list of these entries, which are what the lines of a list's file are: domains, addresses of mail, IP
/// addresses, networks. It is asked as the relay asks its own, but for the A-labels of domains beyond ASCII.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// testing::list("blocked", ["Spam.example"]);
/// assert_eq!(lists::contains("blocked", "spam.example"), Ok(true));
/// assert_eq!(lists::contains("blocked", "someone@spam.example"), Ok(true));
/// ```
///
/// # Panics
/// What is no entry ends the test: the relay would not take the list.
#[track_caller]
pub fn list(name: &str, entries: impl IntoIterator<Item = impl Into<String>>) {
    let wrong = relay::lists::set(name, entries.into_iter().map(Into::into)).err();
    assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
}

/// A call is over: the next may say its lines and make its lookups. Where a hook answers something its verdict says so; what
/// answers nothing, as `delivered`, is followed by this where a test calls it again and again.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// (0..20).for_each(|_| log!("too much of it"));
/// assert_eq!(testing::logged().len(), 16);
/// testing::next_call();
/// log!("once more");
/// assert_eq!(testing::logged().len(), 17);
/// ```
pub fn next_call() {
    relay::next_call();
}

/// Nothing can be found out about a name.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// testing::dns_is_unavailable("example.org", "timed out");
/// assert_eq!(dns::mx("example.org"), Err(dns::Failure::Unavailable("timed out".into())));
/// ```
pub fn dns_is_unavailable(name: &str, why: &str) {
    for question in Question::ALL {
        relay::dns::answer(question, name, Err(Failure::Unavailable(why.to_owned())));
    }
}
