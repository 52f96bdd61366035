//! What TLS came to with the peers of one domain, in one direction.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waxseal_plugins::hooks::Direction;

use super::super::encounter::Encounter;
use super::super::metrics::Protection;

/// For how many hours the trend is kept by the hour.
const HOURS: usize = 48;
/// For how many days it is kept by the day.
const DAYS: usize = 60;
/// How many kinds are told apart of policies, versions, suites and groups.
const KINDS: usize = 16;
/// How many reasons of failures are kept.
const FAILURES: usize = 8;
/// How many sessions of a domain's clients may be open at once and still count once each.
const SESSIONS: usize = 256;
/// The longest reason that is kept, in characters.
const REASON: usize = 300;

/// What TLS came to with the peers of one domain, in one direction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DomainPosture {
    /// The direction.
    #[schema(value_type = String, example = "outgoing")]
    pub direction: Direction,
    /// The recipients' domain (outgoing) or the sender's (incoming; empty for bounces).
    pub domain: String,
    /// When a peer of it was first met.
    pub first: Timestamp,
    /// When a peer of it was last met.
    pub last: Timestamp,
    /// What the last encounter reached.
    pub latest: Protection,
    /// What was reached in all: outgoing by messages and hosts ruled out, incoming by sessions.
    pub total: Tally,
    /// How many messages of it were accepted (incoming).
    #[serde(default)]
    pub accepted: u64,
    /// What was asked, by the policies' names.
    pub policies: BTreeMap<String, u64>,
    /// TLS versions in use.
    pub versions: BTreeMap<String, u64>,
    /// Cipher suites in use.
    pub suites: BTreeMap<String, u64>,
    /// Key exchange groups in use.
    pub groups: BTreeMap<String, u64>,
    /// Why mail could not cross, or crossed in clear: the latest reasons, latest first.
    #[schema(value_type = Vec<Failure>)]
    pub failures: VecDeque<Failure>,
    /// By the hour, oldest first; an hour without any is left out.
    #[schema(value_type = Vec<Slot>)]
    pub hours: VecDeque<Slot>,
    /// By the day (UTC), likewise.
    #[schema(value_type = Vec<Slot>)]
    pub days: VecDeque<Slot>,
    /// What the last sessions of clients were counted for: each counts once for what it reached.
    #[serde(skip)]
    counted: VecDeque<u64>,
}

/// How often what was reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tally {
    /// Encrypted, with a verified certificate.
    pub verified: u64,
    /// Encrypted.
    pub encrypted: u64,
    /// In clear.
    pub clear: u64,
    /// Nothing may cross.
    pub failed: u64,
}

/// What was reached within an hour or a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Slot {
    /// When it began.
    pub begins: Timestamp,
    /// What was reached.
    pub tally: Tally,
}

/// Why mail could not cross, or crossed in clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// Why.
    pub reason: String,
    /// Where: the last peer.
    pub peer: String,
    /// How often.
    pub count: u64,
    /// When it last was so.
    pub last: Timestamp,
}

impl DomainPosture {
    /// Nothing is counted yet.
    pub(super) fn new(encounter: &Encounter) -> Self {
        Self {
            direction: encounter.direction,
            domain: encounter.domain.clone(),
            first: encounter.time,
            last: encounter.time,
            latest: encounter.reached,
            total: Tally::default(),
            accepted: 0,
            policies: BTreeMap::new(),
            versions: BTreeMap::new(),
            suites: BTreeMap::new(),
            groups: BTreeMap::new(),
            failures: VecDeque::new(),
            hours: VecDeque::new(),
            days: VecDeque::new(),
            counted: VecDeque::new(),
        }
    }

    /// A peer of it was met.
    pub(super) fn meet(&mut self, encounter: &Encounter) {
        let Encounter { time, reached, policy, suite, group, version, .. } = encounter;
        (self.last, self.latest) = (*time, *reached);
        if self.is_counted(encounter) {
            return;
        }
        self.total.count(*reached);
        count(&mut self.hours, start(*time, SignedDuration::from_hours(1)), HOURS, *reached);
        count(&mut self.days, start(*time, SignedDuration::from_hours(24)), DAYS, *reached);
        kind(&mut self.policies, policy);
        if matches!(reached, Protection::Encrypted | Protection::Verified) {
            kind(&mut self.versions, &version.to_string());
            kind(&mut self.suites, suite);
            kind(&mut self.groups, group);
        } else if !encounter.problem.is_empty() {
            self.fail(encounter);
        }
    }

    /// Whether mail crosses in clear now, though most of it was encrypted: a host has lost its TLS, or
    /// somebody has taken it away.
    pub fn has_lost_tls(&self) -> bool {
        self.latest == Protection::Clear && self.total.verified + self.total.encrypted > self.total.clear
    }

    /// Whether it gives way last to what is new: mail of it was accepted, or it is a recipients' domain.
    pub(super) fn has_sent(&self) -> bool {
        self.direction == Direction::Outgoing || self.accepted > 0
    }

    /// Whether a client's session was counted for what it has reached; it is, from now on.
    fn is_counted(&mut self, encounter: &Encounter) -> bool {
        if encounter.direction == Direction::Outgoing {
            return false;
        }
        let mut hasher = DefaultHasher::new();
        (&encounter.session, encounter.reached as u8).hash(&mut hasher);
        let session = hasher.finish();
        let known = self.counted.iter().position(|counted| *counted == session);
        match known {
            Some(at) => drop(self.counted.remove(at)),
            None => self.counted.truncate(SESSIONS - 1),
        }
        self.counted.push_front(session);
        known.is_some()
    }

    fn fail(&mut self, encounter: &Encounter) {
        let reason: String = encounter.problem.chars().take(REASON).collect();
        let known = self.failures.iter().position(|failure| failure.reason == reason);
        let count = known.and_then(|at| self.failures.remove(at)).map_or(0, |failure| failure.count) + 1;
        let peer = encounter.peer.clone();
        self.failures.push_front(Failure { reason, peer, count, last: encounter.time });
        self.failures.truncate(FAILURES);
    }
}

impl Tally {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            verified: self.verified + other.verified,
            encrypted: self.encrypted + other.encrypted,
            clear: self.clear + other.clear,
            failed: self.failed + other.failed,
        }
    }

    /// All of them.
    pub fn all(self) -> u64 {
        self.verified + self.encrypted + self.clear + self.failed
    }

    fn count(&mut self, reached: Protection) {
        let counter = match reached {
            Protection::Verified => &mut self.verified,
            Protection::Encrypted => &mut self.encrypted,
            Protection::Clear => &mut self.clear,
            Protection::None => &mut self.failed,
        };
        *counter += 1;
    }
}

/// Counts in the slot that begins then. What comes late goes to the last one.
fn count(slots: &mut VecDeque<Slot>, begins: Timestamp, most: usize, reached: Protection) {
    match slots.back_mut() {
        Some(last) if last.begins >= begins => last.tally.count(reached),
        _ => {
            if slots.len() == most {
                slots.pop_front();
            }
            let mut tally = Tally::default();
            tally.count(reached);
            slots.push_back(Slot { begins, tally });
        }
    }
}

/// The beginning of the hour or the day.
fn start(time: Timestamp, of: SignedDuration) -> Timestamp {
    let (seconds, length) = (time.as_second(), of.as_secs());
    Timestamp::from_second(seconds - seconds.rem_euclid(length)).unwrap_or(time)
}

fn kind(kinds: &mut BTreeMap<String, u64>, name: &str) {
    if name.is_empty() || (kinds.len() == KINDS && !kinds.contains_key(name)) {
        return;
    }
    *kinds.entry(name.to_owned()).or_default() += 1;
}
