//! Mail that reaches us, in the order in which it does:
//!
//! - [`listener`]: accepts connections, within limits ([`admission`])
//! - [`driver`]: reads lines, writes replies; the only one that waits for a client
//! - [`session`], [`transaction`]: what a command comes to; no I/O
//! - [`hooks`], [`at_mail`]: what a session asks policies and filters
//! - [`milters`]: what it asks milters
//! - [`facts`]: what they are told of the client
//! - [`relay_control`]: who may send to whom
//! - [`starttls`]: from clear to encrypted, with nothing of before
//! - [`arrival`]: how a message came, for its Received header
//! - [`receive`]: DATA into the spool, at a [`pace`]; [`chunks`]: BDAT likewise; [`receipt`]: what is checked
//! - [`refusal`]: why it was not accepted, in the words of the metrics; [`turned_away`]: its line of the log

mod admission;
mod arrival;
mod at_end;
mod at_mail;
mod chunks;
mod driver;
mod facts;
mod hooks;
mod listener;
mod milters;
mod pace;
mod receipt;
mod receive;
mod refusal;
mod relay_control;
mod replies;
mod session;
mod starttls;
mod tenure;
mod transaction;
mod turned_away;

pub use admission::Sessions;
pub use at_end::Imagined;
pub use listener::Server;
