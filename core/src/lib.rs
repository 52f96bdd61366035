//! Waxseal: an SMTP relay in which every TLS decision is a hook.
//!
//! # Layout, in the order of a mail
//!
//! - [`cli`]: the commands, one file each
//! - [`config`]: what the file says, and what the program uses
//! - [`relay`]: the life of a running relay, and what its parts share
//! - [`smtp`]: the wire: commands, replies, addresses, line and dot framing; no I/O, no policy
//! - [`net`]: a connection, clear or encrypted, and its buffer
//! - [`names`]: looking names up
//! - [`incoming`]: listener, session, STARTTLS, receiving
//! - [`milter`]: filters that are asked over the milter protocol
//! - [`tls`]: the four decisions, and the handshakes that they steer
//! - [`standards`]: DANE, MTA-STS, TLSRPT, REQUIRETLS: facts for the hooks
//! - [`spool`]: the durable queue
//! - [`quarantine`]: mail that is kept until an operator says what becomes of it
//! - [`outgoing`]: dispatch, hosts, attempt, outcome, bounce
//! - [`message`]: trace headers, what filters see of a message, and edits of it
//! - [`authentication`]: SPF, DKIM, DMARC, ARC: who a message is from, and our own signatures
//! - [`observe`]: decision log, metrics, tracing
//! - [`replay`]: recorded decisions, taken to other policies
//! - [`shadow`]: a candidate that is asked on real traffic, without effect
//! - [`telemetry`]: what happens to mail, as spans of OpenTelemetry
//! - [`admin`]: the control socket, metrics and health over HTTP
//!
//! `incoming` and `outgoing` mirror each other and never import each other. Only `tls` and the two
//! sessions ask hooks.

pub mod admin;
pub mod authentication;
pub mod cli;
pub mod config;
pub mod incoming;
pub mod message;
pub mod milter;
pub mod names;
pub mod net;
pub mod observe;
pub mod outgoing;
mod panics;
pub mod quarantine;
#[cfg(test)]
#[path = "../../plugins/src/reference/page.rs"]
mod reference;
pub mod relay;
pub mod replay;
pub mod shadow;
pub mod smtp;
pub mod spool;
pub mod standards;
pub mod telemetry;
pub mod tls;
