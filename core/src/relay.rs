//! The life of a running relay, and what its parts share.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use waxseal_plugins::reload::Live;

use crate::config::Config;
use crate::observe::Observer;
use crate::spool::Spool;
use crate::tls::Tls;

/// What the parts of a running relay share.
pub struct Services {
    /// The configuration.
    pub config: Config,
    /// The bundle in force.
    pub live: Live,
    /// Identities, roots, TLS configurations and their sessions, memory of failures.
    pub tls: Tls,
    /// The durable queue.
    pub spool: Arc<dyn Spool>,
    /// Decision log and metrics.
    pub observer: Observer,
    /// Cancelled when the relay is to stop: nothing new is begun, transactions in progress end.
    pub stopping: CancellationToken,
    /// All sessions and attempts in progress.
    pub tasks: TaskTracker,
}

/// A running relay.
pub struct Relay {
    /// What its parts share.
    pub services: Arc<Services>,
    /// The bound addresses, in the order of the configuration's listeners.
    pub listeners: Vec<SocketAddr>,
    /// The bound admin address.
    pub admin: Option<SocketAddr>,
}
