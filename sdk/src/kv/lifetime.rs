//! How long a value is kept.

/// How long a value is kept, from when it is put.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// assert_eq!(kv::days(2), kv::hours(48));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(Option<u64>);

/// Until it is removed.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// kv::set("example.org", b"seen", kv::FOR_EVER).unwrap();
/// ```
pub const FOR_EVER: Lifetime = Lifetime(None);

/// So many seconds.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// kv::set("example.org", b"seen", kv::seconds(90)).unwrap();
/// ```
#[must_use]
pub const fn seconds(seconds: u64) -> Lifetime {
    Lifetime(Some(seconds))
}

/// So many hours.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// kv::set("example.org", b"seen", kv::hours(12)).unwrap();
/// ```
#[must_use]
pub const fn hours(hours: u64) -> Lifetime {
    seconds(hours.saturating_mul(3600))
}

/// So many days.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// kv::set("example.org", b"seen", kv::days(30)).unwrap();
/// ```
#[must_use]
pub const fn days(days: u64) -> Lifetime {
    hours(days.saturating_mul(24))
}

impl Lifetime {
    pub(super) const fn seconds(self) -> Option<u64> {
        self.0
    }
}
