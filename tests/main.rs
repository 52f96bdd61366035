//! End to end: real sockets, real TLS, real files. One file a behaviour.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at its first surprise"
)]

mod after_reload;
mod architecture;
mod bounces;
mod failing_policies;
mod filters;
mod graceful_stop;
mod harness_itself;
mod incoming_matrix;
mod interrupted_data;
mod kill;
mod large_message;
mod mx_order;
mod operator;
mod outgoing_matrix;
mod oversize;
mod own_certificates;
mod pipelining;
mod relay_control;
mod relay_process;
mod reload_soak;
mod resumed_sessions;
mod row_terms;
mod shared_host;
mod signals;
mod silent_connections;
mod smuggling;
mod starts;
mod starttls_injection;
mod trace_header;
