//! Who a message is from, as far as it can be proved: SPF, DKIM, DMARC and ARC.
//!
//! - [`Authenticator`]: asks for what is [`Wanted`], and gives [`Results`]; nothing is computed that nobody asked for
//! - `verify`: each of the four, by the library
//! - `body`: only the header section is held, the body is hashed while it streams by
//! - [`field`]: Authentication-Results (RFC 8601): ours, and those that only look like ours
//! - [`sign`]: our DKIM signatures and ARC seals, and the keys for them
//!
//! The library is `mail-auth`. What it calls by other words, or accepts and should not, is mended in `verify`.

mod authenticator;
mod body;
pub mod field;
mod results;
pub mod sign;
mod verify;
mod wanted;
mod word;

#[cfg(test)]
mod tests;

pub use self::authenticator::{Authenticator, Origin, Room};
pub use self::results::{Alignment, Chain, Dkim, Dmarc, Identity, Policy, Results, Seal, Signature, Spf};
pub use self::wanted::Wanted;
pub use self::word::Word;
