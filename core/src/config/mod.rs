//! The configuration: what the file says, and what the program uses (here).
//!
//! The file is read once, at start, by walking its tables: each reader takes the keys it knows and
//! checks their values on the way, and whatever is left over is unknown. So all that is wrong is
//! said at once, each with its line, and nothing starts.
//!
//! - `findings`, `section`: the walk, and what it reports
//! - `value`: durations, sizes, domains, hosts
//! - `listeners`, `tls`, `relaying`, `transports`, `authentication`, `delivery`, `milters`, `plugins`, `service`,
//!   `telemetry`: the sections

mod admin;
mod authentication;
mod delivery;
mod findings;
mod listeners;
mod load;
mod log;
mod milters;
mod plugins;
#[cfg(test)]
mod reference;
mod relaying;
mod section;
mod service;
mod telemetry;
#[cfg(test)]
mod tests;
mod tls;
mod transports;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use waxseal_plugins::wasm::Grant;

pub use self::admin::{Admin, AdminFront, MetricsAccess, Telemetry};
pub use self::authentication::{ArcKey, Authentication, DkimKey};
pub use self::log::{Log, LogFormat};
pub use self::milters::{Milter, MilterAddress, MilterTimeouts, OnFailure};
pub use self::transports::{NextHop, Transport};
use crate::spool::QuarantineLimits;

/// A duration, as the file and the command line write it: `30s`, `5m`, `4h`, `5d`.
///
/// # Errors
///
/// What would be right.
pub fn duration(text: &str) -> Result<Duration, String> {
    value::duration(text).map_err(|problem| format!("{}: {}", problem.message, problem.help))
}

/// A domain that somebody has written, as lower-case A-labels.
///
/// # Errors
///
/// What would be right.
pub fn domain(text: &str) -> Result<String, String> {
    value::domain(text).map_err(|problem| format!("{}: {}", problem.message, problem.help))
}

/// A domain, or `*.domain` for all below it, that somebody has written.
///
/// # Errors
///
/// What would be right.
pub fn domain_pattern(text: &str) -> Result<String, String> {
    value::domain_pattern(text).map_err(|problem| format!("{}: {}", problem.message, problem.help))
}

/// Whether a pattern, `domain`, `*.domain` or `*`, is for this domain.
pub fn covers(pattern: &str, domain: &str) -> bool {
    value::covers(pattern, domain)
}

/// A host that somebody has written: a name or an address, and the port behind it, if there is one.
///
/// # Errors
///
/// What would be right.
pub fn host(text: &str) -> Result<(String, Option<u16>), String> {
    value::host(text).map_err(|problem| format!("{}: {}", problem.message, problem.help))
}

/// A next hop that somebody has written: a host, and the port behind it or this one.
///
/// # Errors
///
/// What would be right.
pub fn next_hop(text: &str, default_port: u16) -> Result<NextHop, String> {
    NextHop::read(text, default_port).map_err(|problem| format!("{}: {}", problem.message, problem.help))
}

/// A name for EHLO that somebody has written: a domain, or an address in brackets (RFC 5321 section 4.1.3).
///
/// # Errors
///
/// What would be right.
pub fn helo_name(text: &str) -> Result<String, String> {
    value::helo_name(text).map_err(|problem| format!("{}: {}", problem.message, problem.help))
}

/// Whether connections may come from this address, as far as it can be seen from it.
pub fn can_be_source(address: &IpAddr) -> bool {
    value::can_be_source(address)
}

/// A domain as the queue knows it: lower-case A-labels. What is no domain, as an address literal,
/// stays as it is.
pub fn domain_of(text: &str) -> String {
    value::domain(text).unwrap_or_else(|_| text.to_ascii_lowercase())
}

/// The configuration, resolved: every path absolute, every value checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it was read from.
    pub file: PathBuf,
    /// SHA-256 of the file's bytes: `status` shows when it has changed since.
    pub hash: [u8; 32],
    /// Our name: in the greeting, in EHLO, in trace headers.
    pub hostname: String,
    /// Where the relay keeps what must survive: spool, logs, last good bundle, what plugins remember,
    /// control socket.
    pub data_dir: PathBuf,
    /// The policies' directory.
    pub policies: PathBuf,
    /// Where we listen.
    pub listeners: Vec<Listener>,
    /// TLS.
    pub tls: Tls,
    /// Who may relay.
    pub relay: RelayControl,
    /// Whose mail it is, and what we sign.
    pub authentication: Authentication,
    /// Fixed routes; the first match wins, none means MX lookup.
    pub routes: Vec<Route>,
    /// Ways to send mail that filters may choose, each with a name of its own.
    pub transports: Vec<Transport>,
    /// Delivery.
    pub delivery: Delivery,
    /// Name resolution.
    pub dns: Dns,
    /// Filters that are asked over the milter protocol, in their order.
    pub milters: Vec<Arc<Milter>>,
    /// What the site grants its plugins, by their names.
    pub plugins: BTreeMap<String, BTreeSet<Grant>>,
    /// Quarantine.
    pub quarantine: Quarantine,
    /// Limits.
    pub limits: Limits,
    /// Timeouts.
    pub timeouts: Timeouts,
    /// Where the dashboard, the API, metrics and health are served; `None` for nowhere.
    pub admin: Option<Admin>,
    /// What the program says of itself.
    pub log: Log,
    /// Where what happens is sent as spans of OpenTelemetry; `None` for nowhere.
    pub telemetry: Option<Telemetry>,
}

/// A listening address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The address; port 0 lets the system choose.
    pub address: SocketAddr,
    /// How TLS starts there.
    pub mode: ListenerMode,
}

/// How TLS starts on a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerMode {
    /// By STARTTLS, RFC 3207.
    StartTls,
    /// From the first byte, RFC 8314 section 3.3.
    Implicit,
}

impl fmt::Display for ListenerMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StartTls => "STARTTLS",
            Self::Implicit => "implicit TLS",
        })
    }
}

/// The TLS section.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// The global switch. Off: nothing is offered, started or verified, and no TLS hook is asked.
    pub enabled: bool,
    /// The roots for hosts that we send to, in the words of the file: `webpki`, `system`, or an
    /// absolute path of a PEM file.
    pub roots: Vec<String>,
    /// The roots for clients' certificates, likewise.
    pub client_roots: Vec<String>,
    /// Our identities; the first is the default.
    pub identities: Vec<IdentityFiles>,
}

/// An identity's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityFiles {
    /// The names it stands for (SNI); the first is its name in policies and rows.
    pub names: Vec<String>,
    /// The certificate chain, PEM, leaf first.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// Who may relay.
#[derive(Clone, Debug, Default)]
pub struct RelayControl {
    /// Clients that may send anywhere.
    pub networks: Vec<IpNet>,
    /// Domains that anyone may send to: lower-case A-labels; `*.domain` for all below.
    pub domains: Vec<String>,
}

/// A fixed route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The domain, `*.domain` or `*`.
    pub domain: String,
    /// The host: a name or an IP address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// How mail is delivered.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The port of MX hosts.
    pub port: u16,
    /// The waits between attempts; the last repeats.
    pub retry: Vec<Duration>,
    /// When a message that could not be delivered is returned.
    pub expire: Duration,
    /// When the sender of one that still waits is told so, once; `None` for never.
    pub warn: Option<Duration>,
    /// The most connections at once, in all.
    pub connections_total: usize,
    /// The most connections at once to one host address.
    pub connections_per_host: usize,
    /// What each destination is sent, where none of `limits` is for it.
    pub allowance: Allowance,
    /// What some destinations are sent; the first match wins.
    pub limits: Vec<DestinationLimit>,
}

/// How much a destination, the domain of recipients, is sent at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Connections at once.
    pub connections: usize,
    /// Messages; `None` for as many as it takes.
    pub messages: Option<Rate>,
    /// New connections, likewise.
    pub new_connections: Option<Rate>,
}

/// An allowance of some destinations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationLimit {
    /// The domain, `*.domain` or `*`.
    pub domain: String,
    /// What each of them is sent.
    pub allowance: Allowance,
}

/// So many within a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many, at least one.
    pub number: u32,
    /// Within which time.
    pub per: Duration,
}

impl Delivery {
    /// When mail that was accepted then must first be looked at though its destination is put off: a
    /// sender is warned or told that it has expired.
    pub fn first_attention(&self, received: Timestamp) -> Timestamp {
        let wait = self.warn.map_or(self.expire, |warn| warn.min(self.expire));
        let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        received.checked_add(wait).unwrap_or(Timestamp::MAX)
    }
}

/// Name resolution.
#[derive(Clone, Debug, Default)]
pub struct Dns {
    /// The servers; empty for the system's.
    pub servers: Vec<SocketAddr>,
    /// A trust anchor's file; `None` for the root's built-in one.
    pub trust_anchor: Option<PathBuf>,
}

/// What is quarantined: for how long, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// When a message is removed that nobody has said anything of.
    pub keep: Duration,
    /// With more, messages that are to be quarantined are deferred.
    pub limits: QuarantineLimits,
}

/// Limits.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest message, octets.
    pub message_size: u64,
    /// The most recipients of a transaction.
    pub recipients: usize,
    /// The most incoming sessions at once.
    pub sessions: usize,
    /// The most incoming sessions at once of one client address.
    pub sessions_per_client: usize,
}

/// Timeouts: RFC 5321 section 4.5.3.2 has the defaults.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// Incoming: between two commands, and between two chunks of DATA.
    pub command: Duration,
    /// Either direction: a whole TLS handshake.
    pub handshake: Duration,
    /// Outgoing: the TCP connection.
    pub connect: Duration,
    /// Outgoing: greeting, and each reply before DATA.
    pub reply: Duration,
    /// Outgoing: the reply to the final dot.
    pub data_end: Duration,
    /// How long transactions in progress may still take after SIGTERM.
    pub stop: Duration,
}
