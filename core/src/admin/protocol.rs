//! What is asked over the control socket, and what is answered: one JSON object a line each.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::decider::Decider;
use waxseal_plugins::diagnostic::{Diagnostic, Severity};
use waxseal_plugins::hooks::Direction;
use waxseal_plugins::{reload, wasm};

use super::{quarantine, queue, shadow};
use crate::observe::Outage;
use crate::observe::trace::Wanted;
use crate::relay::Reload;
use crate::spool::DiskSpace;
use crate::tls;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Request {
    /// How is the relay?
    Status,
    /// Read policies, identities and roots again.
    Reload {
        /// Whether the policies may lose what they had: see `Removals`.
        #[serde(default)]
        accept_removals: bool,
    },
    /// Something about the queue.
    Queue(Box<queue::Ask>),
    /// Something about what is quarantined.
    Quarantine(Box<quarantine::Ask>),
    /// Something about a candidate in the shadow.
    Shadow(shadow::Ask),
    /// Tell of sessions as they go: behind the answer, one `trace::Line` a line.
    Trace(Wanted),
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Response {
    /// How the relay is.
    Status(Box<Status>),
    /// What the reload came to.
    Reloaded(Reloaded),
    /// What the queue answers.
    Queue(queue::Answer),
    /// What the quarantine answers.
    Quarantine(quarantine::Answer),
    /// How the candidate in the shadow does.
    Shadow(shadow::Answer),
    /// Sessions are told of from now on.
    Tracing,
    /// The request was not understood, or cannot be answered.
    Error {
        /// Why.
        message: String,
    },
}

/// How the relay is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// The program's version.
    pub version: String,
    /// The process id.
    pub process: u32,
    /// Our name.
    pub hostname: String,
    /// Since when it runs, RFC 3339.
    pub started: String,
    /// The bound addresses.
    pub listeners: Vec<String>,
    /// The bound admin address.
    pub admin: Option<String>,
    /// The global TLS switch.
    pub tls_enabled: bool,
    /// The configuration file.
    pub configuration: String,
    /// Whether it has changed since the start: it is read at start only.
    pub configuration_changed: bool,
    /// Whether the relay is about to stop.
    pub stopping: bool,
    /// Sessions and attempts in progress.
    pub in_progress: usize,
    /// The queue.
    pub queue: Queue,
    /// What is quarantined.
    pub quarantine: quarantine::Totals,
    /// The milters that fail now.
    #[serde(default)]
    pub milters: Vec<Outage>,
    /// Our certificates.
    pub certificates: Certificates,
    /// The keys that sign mail.
    #[serde(default)]
    pub signing: Signing,
    /// The policies.
    pub policies: Policies,
    /// The candidate in the shadow, if one is asked: as `waxseal shadow show --json` prints it.
    #[serde(default)]
    pub shadow: Option<shadow::Shadow>,
}

/// Our certificates in force, and the files as they are now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Certificates {
    /// Those in force; the first is the default.
    pub in_force: Vec<Certificate>,
    /// What is wrong with the files of identities and roots as they are now.
    pub findings: Vec<Finding>,
}

/// A certificate of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Certificate {
    /// The names that it stands for.
    pub names: Vec<String>,
    /// From when on it holds, RFC 3339.
    pub from: String,
    /// Until when it holds, RFC 3339.
    pub until: String,
    /// Whether it holds now: `current`, `expired` or `not_yet_valid`.
    pub state: String,
}

impl Certificate {
    /// As it is at a time.
    pub fn at(now: Timestamp, term: &tls::Term) -> Self {
        let state = match () {
            () if now > term.until => "expired",
            () if now < term.from => "not_yet_valid",
            () => "current",
        };
        let (from, until) = (term.from.to_string(), term.until.to_string());
        Self { names: term.names.clone(), from, until, state: state.to_owned() }
    }
}

/// The keys that sign mail, and their files as they are now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Signing {
    /// The names under which those in force are published.
    pub keys: Vec<String>,
    /// What is wrong with the files as they are now.
    pub findings: Vec<Finding>,
}

/// The queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Queue {
    /// `good`, `full`, or `failed: ` and why.
    pub health: String,
    /// Messages with at least one recipient.
    pub messages: u64,
    /// Recipients.
    pub recipients: u64,
    /// Recipients whose time has come.
    pub due: u64,
    /// Octets of bodies.
    pub octets: u64,
    /// How much its disk has left, and must have: with less, all mail is refused.
    #[serde(default)]
    pub disk: Option<DiskSpace>,
}

impl Queue {
    /// Its health in words, with what is missing where it is full.
    pub fn in_words(&self) -> String {
        match self.disk {
            Some(DiskSpace { free, needed }) if self.health == "full" => {
                format!("full, {free} octets are free on its disk, and {needed} must be: all mail is refused")
            }
            _ => self.health.clone(),
        }
    }
}

/// The policies in force, and the files as they are now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Policies {
    /// The generation in force.
    pub generation: u64,
    /// Since when, RFC 3339.
    pub since: String,
    /// The hash of the files, in hexadecimal.
    pub hash: String,
    /// How many candidates were rejected since the start.
    pub rejected: u64,
    /// Whether the kept ones are in force, since the files were broken at the start.
    pub from_last_good: bool,
    /// The plugins in force.
    pub plugins: Vec<Plugin>,
    /// What is wrong with the files as they are now.
    pub findings: Vec<Finding>,
    /// What is wrong with the files of lists as they are now; each list stays as it was.
    #[serde(default)]
    pub lists: Vec<Finding>,
}

/// A plugin in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Plugin {
    /// Its file, relative to the policies' directory.
    pub path: String,
    /// The hooks that it has, as in `outgoing certificate`.
    pub hooks: Vec<String>,
    /// What it asked for, and was granted, as in `kv`.
    pub grants: Vec<String>,
}

/// What a reload came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reloaded {
    /// The policies.
    pub policies: Part,
    /// The generation of the policies in force.
    pub generation: u64,
    /// Identities and roots.
    pub identities: Part,
    /// The keys that sign mail.
    #[serde(default = "unchanged")]
    pub signing_keys: Part,
}

/// A relay of before did not say it.
fn unchanged() -> Part {
    Part::Unchanged
}

/// What a reload came to for one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Part {
    /// The new ones are in force.
    Swapped {
        /// Warnings.
        findings: Vec<Finding>,
    },
    /// Nothing has changed.
    Unchanged,
    /// The new ones are broken: the last good ones stay.
    Rejected {
        /// What is wrong.
        findings: Vec<Finding>,
    },
}

/// A finding, ready to be shown where the files are not at hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// `error` or `warning`.
    pub severity: String,
    /// `file:line:column`.
    pub place: String,
    /// The stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// All of it with the excerpt of the file, for people.
    pub rendered: String,
}

/// The plugins of a bundle: policies by direction and name, then filters.
pub fn plugins(bundle: &Bundle) -> Vec<Plugin> {
    let policies = [Direction::Incoming, Direction::Outgoing].into_iter();
    let policies = policies.flat_map(|direction| bundle.policies(direction).map(|(_, policy)| policy));
    let plugin = |decider: &Decider| match decider {
        Decider::Plugin(plugin) => Some(Plugin::from(&**plugin)),
        Decider::Script(_) => None,
    };
    policies.chain(bundle.filters()).filter_map(plugin).collect()
}

impl From<&wasm::Plugin> for Plugin {
    fn from(plugin: &wasm::Plugin) -> Self {
        let exports = plugin.exports();
        Self {
            path: plugin.path().to_string(),
            hooks: exports.hooks().map(|(direction, hook)| format!("{direction} {hook}")).collect(),
            grants: exports.asks().map(|grant| grant.to_string()).collect(),
        }
    }
}

impl From<&Diagnostic> for Finding {
    fn from(diagnostic: &Diagnostic) -> Self {
        let severity = match diagnostic.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        Self {
            severity: severity.to_owned(),
            place: diagnostic.place.to_string(),
            code: diagnostic.code.to_owned(),
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
            rendered: diagnostic.to_string(),
        }
    }
}

impl From<Reload> for Reloaded {
    fn from(reload: Reload) -> Self {
        let (policies, generation) = match reload.policies {
            reload::Reloaded::Swapped { generation, warnings } => {
                (Part::Swapped { findings: findings(&warnings) }, generation)
            }
            reload::Reloaded::Unchanged { generation } => (Part::Unchanged, generation),
            reload::Reloaded::Rejected { generation, diagnostics } => {
                (Part::Rejected { findings: findings(&diagnostics) }, generation)
            }
        };
        let identities = match reload.identities {
            Ok((tls::Reloaded::Swapped, warnings)) => Part::Swapped { findings: findings(&warnings) },
            Ok((tls::Reloaded::Unchanged, _)) => Part::Unchanged,
            Err(diagnostics) => Part::Rejected { findings: findings(&diagnostics) },
        };
        let signing_keys = match reload.signing_keys {
            Ok(tls::Reloaded::Swapped) => Part::Swapped { findings: Vec::new() },
            Ok(tls::Reloaded::Unchanged) => Part::Unchanged,
            Err(diagnostics) => Part::Rejected { findings: findings(&diagnostics) },
        };
        Self { policies, generation, identities, signing_keys }
    }
}

impl Part {
    /// What was found.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Swapped { findings } | Self::Rejected { findings } => findings,
            Self::Unchanged => &[],
        }
    }
}

/// Findings, ready to be shown.
pub fn findings(diagnostics: &[Diagnostic]) -> Vec<Finding> {
    diagnostics.iter().map(Finding::from).collect()
}
