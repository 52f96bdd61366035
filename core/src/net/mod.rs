//! A connection: a stream, clear or encrypted, and what was read ahead of it.

mod connection;
mod stream;

pub use connection::{Connection, NotClear, ReadError};
pub use stream::Stream;
