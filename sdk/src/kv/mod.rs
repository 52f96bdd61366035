//! What a plugin remembers, by key. The site grants it: `grant = ["kv"]`.
//!
//! It survives reloads and restarts, and belongs to the plugin's name. The memory of a plugin is
//! only a cache: what must last is kept here. Keys have at most 256 octets, values at most 64 KiB,
//! and a plugin at most 10 000 entries and 8 MiB: give entries a [`Lifetime`] where their number
//! grows with the mail.
//!
//! [`get`], [`set`] and [`replace`] keep octets; [`load`], [`store`] and [`update`] keep anything
//! that serde can write. Several calls of a plugin may run at once: what depends on the value before
//! is done with [`update`] or [`replace`].

mod lifetime;
mod typed;

pub use lifetime::{FOR_EVER, Lifetime, days, hours, seconds};
pub use typed::{load, store, update};

use crate::relay::kv;

/// The value of a key; none where there is none, or its time is over.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// assert_eq!(kv::get("example.org"), None);
/// ```
#[must_use]
pub fn get(key: &str) -> Option<Vec<u8>> {
    kv::get(key)
}

/// Puts a value.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// kv::set("example.org", b"seen", kv::days(30)).unwrap();
/// assert_eq!(kv::get("example.org").unwrap(), b"seen");
///
/// testing::advance_clock(30 * 86_400);
/// assert_eq!(kv::get("example.org"), None);
/// ```
///
/// # Errors
/// A bound is met; the text says which.
pub fn set(key: &str, value: &[u8], lifetime: Lifetime) -> Result<(), String> {
    kv::set(key, value, lifetime.seconds())
}

/// Puts a value only where the present one is the expected one, and says whether it was.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// assert!(kv::replace("example.org", None, b"first", kv::FOR_EVER).unwrap());
/// assert!(!kv::replace("example.org", None, b"second", kv::FOR_EVER).unwrap());
/// assert_eq!(kv::get("example.org").unwrap(), b"first");
/// ```
///
/// # Errors
/// A bound is met; the text says which.
pub fn replace(key: &str, expected: Option<&[u8]>, value: &[u8], lifetime: Lifetime) -> Result<bool, String> {
    kv::replace(key, expected, value, lifetime.seconds())
}

/// Forgets a key.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// kv::set("example.org", b"seen", kv::FOR_EVER).unwrap();
/// kv::remove("example.org");
/// assert_eq!(kv::get("example.org"), None);
/// ```
pub fn remove(key: &str) {
    kv::remove(key);
}
