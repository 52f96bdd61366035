//! Each method, by the library, in our words.
//!
//! - `message`: a message as the library wants it, with its body hashed while it streamed by
//! - `spf`, `dkim`, `dmarc`, `arc`: a method each, and what the library's outcome is called by RFC 8601
//! - `author`: whose message it is
//! - `records`: how many records of a kind a name has, which the library does not say
//! - `trouble`: why nothing could be found out

mod arc;
mod author;
mod dkim;
mod dmarc;
mod message;
mod records;
mod spf;
mod trouble;

pub(super) use self::message::{Body, Message, stream};
pub(super) use self::spf::spf;
pub(super) use self::trouble::Trouble;
