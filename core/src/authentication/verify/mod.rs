//! Each method, by the library, in our words.
//!
//! - `message`: a message as the library wants it, with its body hashed
//! - `spf`, `dkim`, `dmarc`, `arc`: a method each, and what the library's outcome is called by RFC 8601
//! - `author`: whose message it is
//! - `burden`: what is not verified, since it would cost too much
//! - `asked`, `records`, `terms`: which records of SPF and DMARC were looked at, and whether they are what they should be; the library
//!   is lenient
//! - `trouble`: why nothing could be found out

mod arc;
mod asked;
mod author;
mod burden;
mod dkim;
mod dmarc;
mod message;
mod records;
mod spf;
mod terms;
mod trouble;

pub(super) use self::dmarc::without_grounds;
pub(super) use self::message::Message;
pub(super) use self::spf::spf;
pub(super) use self::trouble::Trouble;
