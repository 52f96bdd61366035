//! TLS versions, by their numbers on the wire.

/// TLS 1.2, RFC 5246.
///
/// ```
/// use waxseal_sdk::prelude::*;
/// let host: &Host = &testing::encrypted_host();
/// assert!(host.version() > TLS_1_2);
/// ```
pub const TLS_1_2: u16 = 0x0303;

/// TLS 1.3, RFC 8446.
///
/// ```
/// use waxseal_sdk::prelude::*;
/// assert!(TLS_1_3 > TLS_1_2);
/// ```
pub const TLS_1_3: u16 = 0x0304;

/// A version as people write it, and scripts: `1.2`; empty for none.
///
/// ```
/// use waxseal_sdk::facts::{TLS_1_2, version_in_words};
/// assert_eq!(version_in_words(TLS_1_2), "1.2");
/// assert_eq!(version_in_words(0), "");
/// ```
#[must_use]
pub fn version_in_words(version: u16) -> &'static str {
    match version {
        0x0300 => "ssl3",
        0x0301 => "1.0",
        0x0302 => "1.1",
        TLS_1_2 => "1.2",
        TLS_1_3 => "1.3",
        _ => "",
    }
}
