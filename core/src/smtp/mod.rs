//! The wire of SMTP, RFC 5321: commands, replies, addresses, line and dot framing. No I/O, no
//! policy, nothing of this crate's other folders.

pub mod address;
pub mod capabilities;
pub mod chunk;
pub mod command;
pub mod dot;
pub mod dsn;
pub mod extensions;
pub mod parameters;
mod path;
pub mod reply;
pub mod xtext;
