//! What we sign: DKIM signatures of our own users' mail, ARC seals of what we forward.
//!
//! - [`Keyring`]: the configured keys, and what is signed with which
//! - [`key`]: one key: read, made, published
//! - `dkim`, `arc`: the signature, the seal
//! - `fields`: what of a header section is signed; `tags`: what signature and seal have in common

mod arc;
mod dkim;
mod fields;
pub mod key;
mod keyring;
mod tags;

pub use self::fields::{OVERSIGNED, SIGNED};
pub use self::key::Key;
pub use self::keyring::{Keyring, SignError};
