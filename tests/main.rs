//! End to end: real sockets, real TLS, real files. One file a behaviour.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod harness_itself;
mod relay_process;
