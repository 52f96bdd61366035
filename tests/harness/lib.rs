//! The world around a relay under test: authorities, hosts, clients, name servers, and the relay
//! itself, started from real files.
//!
//! - [`ca`]: certificate authorities, and certificates good and bad
//! - [`tls`]: configurations of rustls that take whatever they are shown
//! - [`wire`]: a socket, clear or encrypted, read by lines
//! - [`host`]: scripted receiving hosts that record what crossed, and how
//! - [`receiver`]: the kinds of such hosts
//! - [`client`]: a scripted sending client
//! - [`dns`]: a name server with a zone
//! - [`toolchain`]: what plugins are built with
//! - [`guests`]: plugins built from source, those of `examples/plugins` and of `tests/guests`
//! - [`deciders`]: who decides, scripts or plugins
//! - [`wat`]: plugins made of WebAssembly text; [`unlucky`]: those that fail for one peer alone
//! - [`site`]: the files of a relay: configuration, policies, certificates
//! - [`relay`]: a relay in this process; [`kept`]: mail in its quarantine
//! - [`command`]: the program `waxseal` itself, as an operator runs it
//! - [`collector`]: a collector of OpenTelemetry
//! - [`process`]: a relay in a process of its own, that can be killed
//! - [`editor`]: an editor that speaks with `waxseal lsp`
//! - [`http`]: HTTP as a program speaks it; [`browser`]: a real browser without a window
//! - [`milters`]: real milters, and one that stands in the way of them; [`scripted`]: one that says what a test tells it
//! - [`save`]: the ways in which editors save a file
//! - [`corpus`]: a thousand odd but real-looking messages
//! - [`decisions`]: the decision log, read back
//! - [`wait`]: waiting for what must happen, never for time to pass
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at its first surprise, and says where"
)]

pub mod browser;
pub mod ca;
pub mod client;
pub mod collector;
pub mod command;
pub mod corpus;
pub mod deciders;
pub mod decisions;
pub mod dns;
pub mod editor;
pub mod guests;
pub mod host;
pub mod http;
pub mod kept;
pub mod milters;
pub mod process;
pub mod receiver;
pub mod relay;
pub mod save;
pub mod scripted;
pub mod site;
pub mod tls;
pub mod toolchain;
pub mod unlucky;
pub mod wait;
pub mod wat;
pub mod wire;
