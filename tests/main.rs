//! End to end: real sockets, real TLS, real files. One file a behaviour; what it is about is in its
//! first line. README.md maps behaviours to files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at its first surprise"
)]

// The decisions: what policies, rows, filters and verdicts mean.
mod conversations;
mod example_filters;
mod failing_policies;
mod filter_hooks;
mod filters;
mod implicit_tls;
mod incoming_matrix;
mod outgoing_matrix;
mod policy_tests;
mod row_terms;
mod state;
mod switch_off;
mod two_rows;
mod verdicts;

// TLS: nothing from before a handshake survives it, and no session carries anybody past a policy.
mod resumed_sessions;
mod shared_connections;
mod shared_host;
mod starttls_injection;

// Plugins: what they reach of the relay, and what they cannot do to it.
mod broken_plugins;
mod hostile_plugins;
mod plugin_examples;
mod plugin_grants;
mod plugin_lookups;
mod plugin_reload;

// Reload: policies and certificates change while mail flows.
mod after_reload;
mod own_certificates;
mod reload_soak;
mod removals;
mod replay;
mod shadow;

// Incoming mail: what is taken, and what is not.
mod authenticated_mail;
mod authentication;
mod chunking;
mod clamav;
mod hostile_clients;
mod incoming_metrics;
mod interrupted_data;
mod large_message;
mod milter_edits;
mod milters;
mod oversize;
mod pipelining;
mod relay_control;
mod silent_connections;
mod smuggling;
mod trace_header;

// Messages: what is not edited is octet for octet what came.
mod edits;
mod filtered_fields;
mod round_trip;
mod strangers;

// Outgoing mail: where it goes, and what comes back.
mod bounces;
mod busy_destinations;
mod chunks;
mod dead_host;
mod extensions;
mod mx_order;
mod notices;
mod once;
mod routes;

// Plugins: from nothing to a policy that loads.
mod plugin_scaffold;

// Before any mail: what would become of it.
mod explain;
mod probe;

// The process: how it ends, and what can be seen of it.
mod admin;
mod api;
mod dashboard;
mod dead_milter;
mod editor;
mod graceful_stop;
mod kept_decisions;
mod kill;
mod operator;
mod program_log;
mod quarantine;
mod queue;
mod shadow_page;
mod signals;
mod starts;
mod telemetry;
mod trace;

// The house: who may import whom, whether the harness tells the truth, the relay that can be killed.
mod architecture;
mod harness_itself;
mod relay_process;
