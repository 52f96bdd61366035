//! The hooks of incoming connections: mail that reaches us as a server.
//!
//! A hook is a trait of one function, and a module with what it answers. They are asked in this
//! order; a plugin has those on which it has something to say, and names them in
//! [`export!`](crate::export). `connect`, `ehlo`, `rcpt` and `message` are asked of filters only.

pub mod certificate;
pub mod cipher;
pub mod connect;
pub mod ehlo;
pub mod mail;
pub mod message;
pub mod offer;
pub mod rcpt;
pub mod start;

pub use certificate::Certificate;
pub use cipher::Cipher;
pub use connect::Connect;
pub use ehlo::Ehlo;
pub use mail::Mail;
pub use message::Message;
pub use offer::Offer;
pub use rcpt::Rcpt;
pub use start::Start;
