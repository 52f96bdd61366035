//! What is written on a message, what filters see of it, and how it is edited. Nothing here does I/O but to read the message.
//!
//! - [`received`]: the header that we put before a message (RFC 5321 section 4.4)
//! - [`hops`]: how many relays a message has passed, read while it streams
//! - [`headers`]: the header section, octet for octet
//! - [`structure`]: the parts of a message (MIME, RFC 2045 and 2046), found while it streams
//! - [`anatomy`]: both, of one message
//! - [`text`], [`urls`], [`attachments`]: what the parts say, decoded
//! - [`edit`]: from edits to a message of which all else is what came

pub mod anatomy;
pub mod attachments;
pub mod edit;
pub mod headers;
pub mod hops;
pub mod received;
pub mod structure;
pub mod text;
pub mod urls;
