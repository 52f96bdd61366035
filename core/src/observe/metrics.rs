//! Counters and gauges, for Prometheus.

mod labels;
mod milters;
mod plugins;
mod quarantine;
#[cfg(test)]
mod reference;
mod shadow;
mod state;
mod telemetry;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Metric, Registry};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waxseal_plugins::decision::{Decision, Outcome};
use waxseal_plugins::hooks::{Direction, Hook};

use self::labels::{
    AttemptLabels, ConnectionLabels, DecisionLabels, DirectionLabel, HandshakeLabels, HookLabels,
    OutcomeLabel, ReasonLabel, ReloadLabels,
};
pub use self::milters::Milters;
pub use self::plugins::Plugins;
pub use self::quarantine::Quarantine;
pub use self::shadow::Shadow;
pub use self::state::State;
pub use self::telemetry::Telemetry;
use crate::spool::{Health, Stats};

/// All metrics of a relay. Their names begin with `waxseal_`.
///
/// Labels have few values: words of the program, names of policies, plugins and milters, and what plugins call
/// their counters; never a domain or an address.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    decisions: Family<DecisionLabels, Counter>,
    failures: Family<HookLabels, Counter>,
    decision_log_drops: Counter,
    sessions: Family<DirectionLabel, Gauge>,
    accepted: Counter,
    accepted_octets: Counter,
    disposed: Family<OutcomeLabel, Counter>,
    refused: Family<ReasonLabel, Counter>,
    attempts: Family<AttemptLabels, Counter>,
    handshakes: Family<HandshakeLabels, Counter>,
    clear_fallbacks: Counter,
    put_offs: Counter,
    untold: Counter,
    connections: Family<ConnectionLabels, Counter>,
    spool: Depth,
    quarantine: Quarantine,
    generation: Gauge,
    reloads: Family<ReloadLabels, Counter>,
    milters: Milters,
    plugins: Plugins,
    state: State,
    shadow: Shadow,
    telemetry: Telemetry,
}

/// What waits in the spool.
#[derive(Debug, Default)]
struct Depth {
    messages: Gauge,
    recipients: Gauge,
    due: Gauge,
    octets: Gauge,
    accepts: Gauge,
}

/// What an attempt came to, for a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// A host took the message.
    Delivered,
    /// It is tried again.
    Deferred,
    /// It was given up.
    Failed,
}

/// How a connection was protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// No connection came about.
    None,
    /// Not at all.
    Clear,
    /// Encrypted; the host's certificate was not verified.
    Encrypted,
    /// Encrypted, with a verified certificate.
    Verified,
}

/// A session that is counted as long as this lives.
#[derive(Debug)]
pub struct OpenSession(Gauge);

impl Metrics {
    /// All at zero.
    #[expect(clippy::new_without_default, reason = "a second registry is never wanted by default")]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("waxseal");
        let into = &mut registry;
        Self {
            decisions: add(into, "decisions", "Decisions of the hooks"),
            failures: add(into, "hook_failures", "Scripts and plugins that failed and count as a deferral"),
            decision_log_drops: add(into, "decision_log_drops", "Decisions that the log has no line of"),
            sessions: add(into, "sessions", "Connections in progress"),
            accepted: add(into, "messages_accepted", "Messages answered with 250"),
            accepted_octets: add(into, "messages_accepted_bytes", "Size of the messages answered with 250"),
            disposed: add(
                into,
                "messages_filtered",
                "Messages that milters and filters let on, by what became of them",
            ),
            refused: add(into, "messages_refused", "Messages and recipients not accepted, by reason"),
            attempts: add(into, "attempts", "Attempts to deliver, by recipient"),
            handshakes: add(into, "handshakes", "TLS handshakes"),
            clear_fallbacks: add(into, "clear_fallbacks", "Messages that crossed in clear since TLS failed"),
            put_offs: add(
                into,
                "destinations_put_off",
                "Times that a destination was left alone for a while",
            ),
            untold: add(into, "outcomes_untold", "Outcomes that filters were too slow to be told of"),
            connections: add(into, "outgoing_connections", "Connections to hosts, by what came of them"),
            spool: Depth::register(into),
            quarantine: Quarantine::register(into),
            generation: add(into, "bundle_generation", "Generation of the bundle in force"),
            reloads: add(into, "reloads", "Reloads of policies, certificates and signing keys"),
            milters: Milters::register(into),
            plugins: Plugins::register(into),
            state: State::register(into),
            shadow: Shadow::register(into),
            telemetry: Telemetry::register(into),
            registry,
        }
    }

    /// The metrics in the text format of OpenMetrics, which Prometheus reads.
    pub fn encode(&self) -> String {
        let mut encoded = String::new();
        if let Err(error) = text::encode(&mut encoded, &self.registry) {
            tracing::warn!(%error, "cannot encode the metrics");
        }
        encoded
    }

    /// Counts a session until the answered value is dropped.
    #[must_use]
    pub fn session(&self, direction: Direction) -> OpenSession {
        let gauge = self.sessions.get_or_create_owned(&DirectionLabel { direction: direction.word() });
        gauge.inc();
        OpenSession(gauge)
    }

    /// Counts a message that was answered with 250, with its size in octets.
    pub fn accepted(&self, octets: u64) {
        self.accepted.inc();
        self.accepted_octets.inc_by(octets);
    }

    /// Counts a message that milters and filters have let on. The disposition is a word, as in `quarantined`.
    pub fn disposed(&self, disposition: &'static str) {
        self.disposed.get_or_create(&OutcomeLabel { outcome: disposition }).inc();
    }

    /// Counts a message, or a recipient of one, that was not accepted. The reason is a word, as in `policy` or `relay`.
    pub fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// Counts an attempt for a recipient.
    pub fn attempt(&self, outcome: AttemptOutcome, tls: Protection) {
        self.attempts.get_or_create(&AttemptLabels { outcome: outcome.word(), tls: tls.word() }).inc();
    }

    /// Counts a handshake. The result is a word: `full`, `resumed`, or how it failed.
    pub fn handshake(&self, direction: Direction, result: &'static str) {
        self.handshakes.get_or_create(&HandshakeLabels { direction: direction.word(), result }).inc();
    }

    /// Counts a message that crossed in clear since TLS was refused or failed.
    pub fn clear_fallback(&self) {
        self.clear_fallbacks.inc();
    }

    /// Counts that a destination is left alone for a while.
    pub fn put_off(&self) {
        self.put_offs.inc();
    }

    /// Counts an outcome that filters which observe were not told of, since too many waited.
    pub fn untold(&self) {
        self.untold.inc();
    }

    /// Counts a connection to a host. The result is a word: `new`, `reused` or `failed`.
    pub fn connection(&self, result: &'static str) {
        self.connections.get_or_create(&ConnectionLabels { result }).inc();
    }

    /// Shows what waits in the spool and what is quarantined, and whether it takes more.
    pub fn spool(&self, stats: &Stats, health: &Health) {
        let show = |gauge: &Gauge, number| gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
        show(&self.spool.messages, stats.messages);
        show(&self.spool.recipients, stats.recipients);
        show(&self.spool.due, stats.due);
        show(&self.spool.octets, stats.octets);
        show(&self.spool.accepts, u64::from(*health == Health::Good));
        self.quarantine.shown(stats.quarantined, stats.quarantined_octets);
    }

    /// Shows the generation of the bundle in force.
    pub fn generation(&self, generation: u64) {
        self.generation.set(i64::try_from(generation).unwrap_or(i64::MAX));
    }

    /// Counts a reload of `policies` or `certificates`. The result is a word: `swapped` or `rejected`.
    pub fn reload(&self, part: &'static str, result: &'static str) {
        self.reloads.get_or_create(&ReloadLabels { part, result }).inc();
    }

    /// The metrics of milters.
    pub fn milters(&self) -> &Milters {
        &self.milters
    }

    /// The metrics of the quarantine.
    pub fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }

    /// The metrics of plugins.
    pub fn plugins(&self) -> &Plugins {
        &self.plugins
    }

    /// The metrics of what scripts and plugins remember, and of lists.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The metrics of the shadow.
    pub fn shadow(&self) -> &Shadow {
        &self.shadow
    }

    /// What is counted of spans that go to a collector.
    pub fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    pub(super) fn decided<H: Hook>(&self, decision: &Decision<H::Verdict>) {
        let (direction, hook) = (H::DIRECTION.word(), H::NAME.word());
        let verdict = decision.outcome().word();
        let labels = DecisionLabels { direction, hook, verdict, policy: decision.row.policy.clone() };
        self.decisions.get_or_create(&labels).inc();
        if let Outcome::Failure(_) = decision.outcome() {
            self.failures.get_or_create(&HookLabels { direction, hook }).inc();
        }
    }

    pub(super) fn decision_log_drops(&self) -> Counter {
        self.decision_log_drops.clone()
    }
}

impl Depth {
    fn register(into: &mut Registry) -> Self {
        Self {
            messages: add(into, "spool_messages", "Messages in the spool"),
            recipients: add(into, "spool_recipients", "Recipients in the spool"),
            due: add(into, "spool_recipients_due", "Recipients whose time has come"),
            octets: add(into, "spool_bytes", "Size of the bodies in the spool"),
            accepts: add(
                into,
                "spool_accepts",
                "1 if the spool takes messages, 0 if it is full or has failed",
            ),
        }
    }
}

impl AttemptOutcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Deferred => "deferred",
            Self::Failed => "failed",
        }
    }
}

impl Protection {
    /// The word for it, in labels and logs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Clear => "clear",
            Self::Encrypted => "encrypted",
            Self::Verified => "verified",
        }
    }
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Makes a metric and registers it: it is shown from the start, at zero.
fn add<M: Metric + Default + Clone>(into: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    into.register(name, help, metric.clone());
    metric
}
