//! The hooks of outgoing connections: mail that we send as a client.
//!
//! A hook is a trait of one function, and a module with what it answers. They are asked in this
//! order; a plugin has those on which it has something to say, and names them in
//! [`export!`](crate::export).

pub mod certificate;
pub mod cipher;
pub mod mail;
pub mod offer;
pub mod start;

pub use certificate::Certificate;
pub use cipher::Cipher;
pub use mail::Mail;
pub use offer::Offer;
pub use start::Start;
