//! The clock of the wall.

use jiff::Timestamp;

use super::record::nanoseconds;

/// Now: nanoseconds since 1970.
pub(super) fn now() -> i64 {
    nanoseconds(Timestamp::now())
}
