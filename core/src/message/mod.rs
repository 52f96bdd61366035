//! Trace headers, RFC 5321 section 4.4.
//!
//! - [`received`]: the header that we put before a message
//! - [`hops`]: how many relays a message has passed, read while it streams

pub mod hops;
pub mod received;
