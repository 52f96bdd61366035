//! The field Authentication-Results, RFC 8601.
//!
//! - [`header`]: what we found, as a field that nothing a peer says can add to
//! - [`forged`]: fields that look like ours and came from outside
//! - `lexer`: comments, quoted texts and words, as the field is made of them

mod forge;
mod lexer;
mod written;

pub use self::forge::forged;
pub use self::written::{header, payload};

/// Its name.
pub const NAME: &str = "Authentication-Results";
