//! `waxseal-bench`: what a relay does under load, and beside Postfix.
//!
//! # Layout
//!
//! - `load`: sends mail, as fast as it goes or at a fixed rate
//! - `sink`: takes mail, and measures how long it was on its way
//! - `connections`: makes new TLS connections; `bare` is a server that does nothing else
//! - `idle`: opens sessions and leaves them be
//! - `smtp`, `letter`, `tls`: the client's side of a session, what it sends, and its handshakes
//! - `process`: processor time and memory of a server, all its processes
//! - `latency`: histograms
//! - `servers`: Waxseal, Postfix, Haraka and rspamd, started with a configuration for a workload
//! - `filters`: what a filter costs that reads two header fields
//! - `decisions`: a decision log to replay
//! - `compare`: the workloads W1 to W7, side by side; `dead`: single mails beside a dead
//!   destination

mod bare;
mod compare;
mod connections;
mod dead;
mod decisions;
mod filters;
mod idle;
mod latency;
mod letter;
mod load;
mod process;
mod servers;
mod sink;
mod smtp;
mod tls;

use clap::{Parser, Subcommand};

/// Load for SMTP relays: loopback only, unless told otherwise.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Send mail to a server, and show how long it took to be accepted.
    Load(load::Options),
    /// Take mail until interrupted, and show how long it was on its way.
    Sink(sink::Options),
    /// Make new TLS connections to a server.
    Connections(connections::Options),
    /// Open sessions and hold them.
    Idle(idle::Options),
    /// Serve TLS connections that get a greeting and a goodbye: the limit of the machine.
    Bare(bare::Options),
    /// Run workloads against Waxseal and Postfix in turn, and show the ratio.
    Compare(compare::Options),
    /// Show how long single mails take beside a destination that is dead and has much mail.
    Dead(dead::Options),
    /// Show what a filter costs that reads two header fields: a script, a plugin, a milter, and Haraka's.
    Filters(filters::Options),
    /// Write a decision log as a busy relay does, for `waxseal replay`.
    Decisions(decisions::Options),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Load(options) => load::run(options).await,
        Command::Sink(options) => sink::run(options).await,
        Command::Connections(options) => connections::run(options).await,
        Command::Idle(options) => idle::run(options).await,
        Command::Bare(options) => bare::run(options).await,
        Command::Compare(options) => compare::run(options).await,
        Command::Dead(options) => dead::run(options).await,
        Command::Filters(options) => filters::run(options).await,
        Command::Decisions(options) => decisions::run(&options),
    }
}
