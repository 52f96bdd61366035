//! Milters: the filters that mail administrators run beside their mail system, asked over the protocol of
//! Sendmail, version 6. We are the mail system's side of it.
//!
//! Pure, from the wire upwards:
//!
//! - [`command`]: what is said; [`response`]: what is answered; [`negotiation`]: what both can do
//! - [`macros`]: what goes with a command; [`fields`]: the header section, field by field
//! - [`answer`]: what an answer comes to; [`edits`]: a milter's changes as everybody's edits
//!
//! and what does:
//!
//! - [`wire`]: a connection, frames, bounded waits; [`line`](mod@line): one on which both sides have agreed
//! - [`examination`]: a message is shown, and what is changed is gathered
//! - [`conversation`]: one milter and one SMTP connection, [`question`] by question; [`chain`]: all of them, in order
//! - [`failure`]: how milters fail; [`outcome`]: what they come to at the end of a message; [`watch`]: what is told of it

mod answer;
mod chain;
mod command;
mod conversation;
mod edits;
mod examination;
mod failure;
mod fields;
mod line;
mod macros;
mod negotiation;
mod outcome;
mod question;
mod response;
#[cfg(test)]
mod tests;
mod watch;
mod wire;

pub use chain::{Chain, Draft, Unapplied};
pub use macros::{Client, Tls};
pub use negotiation::{OLDEST, VERSION};
pub use outcome::{Disposition, Outcome};
