//! The running relay's own interfaces: the control socket in `data_dir`, and HTTP for people, programs and
//! monitors.
//!
//! - `control`: the socket; `protocol`, `queue`, `shadow` are what is asked and answered, there and over HTTP
//! - `http`: what is served where, `connections`: to how many; `health` and metrics for monitors
//! - `access`: who may
//! - `api`: for programs, JSON; its description is made of the code
//! - `dashboard`: for people, pages made here
//! - `waiting`, `decisions`, `bundle`: what both of them say

pub mod access;
pub mod api;
pub mod audience;
pub mod bundle;
mod connections;
pub mod control;
pub mod dashboard;
pub mod decisions;
pub mod health;
pub mod http;
pub mod protocol;
pub mod quarantine;
pub mod queue;
pub mod shadow;
pub mod trace;
pub mod waiting;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::relay::Services;
use crate::spool::Health;

/// The control socket's name in `data_dir`.
pub const SOCKET: &str = "control.sock";

/// What the interfaces show: the relay, and what is only known once it runs.
#[derive(Clone)]
pub struct Running {
    /// What the relay's parts share.
    pub services: Arc<Services>,
    /// Since when it runs.
    pub started: Timestamp,
    /// The bound addresses.
    pub listeners: Vec<SocketAddr>,
    /// The bound admin address.
    pub admin: Option<SocketAddr>,
    /// What the metrics have counted of the reloads.
    pub counted: Arc<Mutex<Counted>>,
}

/// How many reloads the metrics have counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    swapped: u64,
    rejected: u64,
}

impl Running {
    /// The metrics, brought up to date: what is only known by asking is asked now.
    pub async fn metrics(&self) -> String {
        let Services { observer, spool, live, .. } = &*self.services;
        let metrics = observer.metrics();
        if let Ok(stats) = spool.stats().await {
            metrics.spool(&stats, &spool.health());
        }
        let status = live.status();
        metrics.generation(status.generation);
        self.count_reloads(status.generation.saturating_sub(1), status.rejected);
        metrics.encode()
    }

    /// Counts the reloads since the last time, whoever asked for them: generation 1 is the start.
    fn count_reloads(&self, swapped: u64, rejected: u64) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let metrics = self.services.observer.metrics();
        (counted.swapped..swapped).for_each(|_| metrics.reload("policies", "swapped"));
        (counted.rejected..rejected).for_each(|_| metrics.reload("policies", "rejected"));
        *counted = Counted { swapped, rejected };
    }

    fn certificates(&self) -> protocol::Certificates {
        let Services { tls, certificates, .. } = &*self.services;
        let now = Timestamp::now();
        protocol::Certificates {
            in_force: tls.certificates().iter().map(|term| protocol::Certificate::at(now, term)).collect(),
            findings: protocol::findings(&certificates.findings()),
        }
    }

    fn signing(&self) -> protocol::Signing {
        let signing = &self.services.signing;
        let names = signing.keyring.records().into_iter();
        protocol::Signing {
            keys: names.map(|(selector, domain, _)| format!("{selector}._domainkey.{domain}")).collect(),
            findings: protocol::findings(&signing.findings()),
        }
    }

    /// The relay as it is now.
    pub async fn status(&self) -> protocol::Status {
        let services = &self.services;
        let stats = services.spool.stats().await.unwrap_or_default();
        let bundle = services.live.status();
        protocol::Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            process: std::process::id(),
            hostname: services.config.hostname.clone(),
            started: format!("{:.0}", self.started),
            listeners: self.listeners.iter().map(SocketAddr::to_string).collect(),
            admin: self.admin.map(|address| address.to_string()),
            tls_enabled: services.config.tls.enabled,
            configuration: services.config.file.display().to_string(),
            configuration_changed: services.config.file_has_changed(),
            stopping: services.stopping.is_cancelled(),
            in_progress: services.tasks.len(),
            queue: protocol::Queue {
                health: match services.spool.health() {
                    Health::Good => "good".to_owned(),
                    Health::Full => "full".to_owned(),
                    Health::Failed(why) => format!("failed: {why}"),
                },
                messages: stats.messages,
                recipients: stats.recipients,
                due: stats.due,
                octets: stats.octets,
                disk: services.spool.disk_space(),
            },
            quarantine: quarantine::Totals::of(&stats, services.config.quarantine.limits),
            milters: services.observer.outages().all(),
            certificates: self.certificates(),
            signing: self.signing(),
            shadow: services.shadow.state().map(shadow::Shadow::from),
            policies: protocol::Policies {
                generation: bundle.generation,
                since: bundle.since,
                hash: bundle.hash,
                rejected: bundle.rejected,
                from_last_good: bundle.from_last_good,
                plugins: protocol::plugins(&services.live.current()),
                findings: protocol::findings(&bundle.diagnostics),
                lists: protocol::findings(&bundle.lists),
            },
        }
    }
}
