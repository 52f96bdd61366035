//! The hooks of outgoing connections: mail that we send as a client.
//!
//! A hook is a trait of one function, and a module with what it answers. They are asked in this
//! order; a plugin has those on which it has something to say, and names them in
//! [`export!`](crate::export). `route`, and `delivered`, `deferred` and `failed`, which only observe, are asked of filters only.

pub mod certificate;
pub mod cipher;
pub mod deferred;
pub mod delivered;
pub mod failed;
pub mod mail;
pub mod offer;
pub mod route;
pub mod start;

pub use certificate::Certificate;
pub use cipher::Cipher;
pub use deferred::Deferred;
pub use delivered::Delivered;
pub use failed::Failed;
pub use mail::Mail;
pub use offer::Offer;
pub use route::Route;
pub use start::Start;
