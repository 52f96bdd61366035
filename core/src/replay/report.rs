//! What other policies would change: for people, programs, and the control socket.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waxseal_plugins::hooks::{Direction, HookName};
use waxseal_plugins::verdicts::Change;

use super::Unjudged;
use super::tally::{self, Key, Tally};

/// What other policies would change. Weakenings come first, then the most frequent changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// The records that were read.
    pub records: u64,
    /// The decisions that were compared: all that was asked at one MAIL FROM is one.
    pub decisions: u64,
    /// The same by hook, as in `outgoing mail`.
    pub hooks: BTreeMap<String, u64>,
    /// How many of them are weaker.
    pub weaker: u64,
    /// How many are stricter.
    pub stricter: u64,
    /// How many are different, and neither.
    pub other: u64,
    /// How many stay the same.
    pub same: u64,
    /// How many of these come to the same by another row or policy.
    pub moved: u64,
    /// How many decisions what they are compared with answers otherwise than it was recorded.
    pub otherwise: u64,
    /// Records that could not be judged, by reason.
    pub unjudged: BTreeMap<String, u64>,
    /// The facts of messages that the candidate reads and records do not have, and in how many of them.
    pub unrecorded: BTreeMap<String, u64>,
    /// What decisions at each hook come to, in the order in which hooks are asked.
    pub by_hook: Vec<AtHook>,
    /// What changes for each domain, those with weakenings first, then those with most changes.
    pub by_domain: Vec<OfDomain>,
    /// How many changes are of none of the domains shown.
    pub elsewhere: u64,
    /// The changes, in groups.
    pub groups: Vec<Group>,
    /// How many changes are in none of the groups shown.
    pub ungrouped: u64,
}

/// What decisions come to, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// How many are weaker.
    pub weaker: u64,
    /// How many are stricter.
    pub stricter: u64,
    /// How many are different, and neither.
    pub other: u64,
    /// How many stay the same.
    pub same: u64,
}

/// What decisions at a hook come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AtHook {
    /// The direction.
    #[schema(value_type = String, example = "outgoing")]
    pub direction: Direction,
    /// The hook.
    #[schema(value_type = String, example = "mail")]
    pub hook: HookName,
    /// What they come to.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What changes for a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OfDomain {
    /// The direction.
    #[schema(value_type = String, example = "outgoing")]
    pub direction: Direction,
    /// The sender's domain (incoming), the recipients' (outgoing); empty where there is none.
    pub domain: String,
    /// What changes; what stays the same is not counted.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Changes that have all but the mail in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    /// What they mean for mail: `weaker`, `stricter` or `other`.
    #[schema(value_type = String, example = "weaker")]
    pub change: Change,
    /// The direction.
    #[schema(value_type = String, example = "outgoing")]
    pub direction: Direction,
    /// The hook; `mail` also for what cipher and certificate say at MAIL FROM.
    #[schema(value_type = String, example = "mail")]
    pub hook: HookName,
    /// How many there are.
    pub count: u64,
    /// What was answered.
    pub before: Said,
    /// What would be answered.
    pub now: Said,
    /// Some of the domains that they are about.
    pub domains: Vec<String>,
    /// The first of them.
    pub example: Example,
}

/// An answer, and who gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Said {
    /// The verdict with what it demands, as in `accept (min_version 1.3)`.
    pub verdict: String,
    /// The line that decided.
    pub place: String,
    /// The row that chose the policy, and where it stands.
    pub row: String,
    /// Why, in words, in the example; may be empty.
    pub reason: String,
}

/// One mail of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Example {
    /// When, RFC 3339.
    pub time: String,
    /// The session or attempt, as in the log.
    pub session: String,
    /// The other host.
    pub peer: String,
    /// The sender's domain (incoming), the recipients' (outgoing); may be empty.
    pub domain: String,
}

impl Report {
    /// What was counted, in its order.
    pub(super) fn of(tally: &Tally) -> Self {
        let changes = |change| tally.changes.get(&change).copied().unwrap_or(0);
        let mut groups: Vec<_> = tally.groups.iter().collect();
        groups.sort_by_key(|(key, group)| (key.change, std::cmp::Reverse(group.count), *key));
        Self {
            records: tally.records,
            decisions: tally.changes.values().sum(),
            hooks: tally
                .hooks
                .iter()
                .map(|((of, hook), counts)| (format!("{of} {hook}"), counts.values().sum()))
                .collect(),
            weaker: changes(Change::Weaker),
            stricter: changes(Change::Stricter),
            other: changes(Change::Other),
            same: changes(Change::Same),
            moved: tally.moved,
            otherwise: tally.otherwise,
            unjudged: unjudged(tally),
            unrecorded: unrecorded(tally),
            by_hook: by_hook(tally),
            by_domain: by_domain(tally),
            elsewhere: tally.elsewhere,
            groups: groups.into_iter().map(Group::from).collect(),
            ungrouped: tally.ungrouped,
        }
    }

    /// With so many groups at most.
    #[must_use]
    pub fn shortened(mut self, most: usize) -> Self {
        let rest = self.groups.split_off(self.groups.len().min(most));
        self.ungrouped += rest.iter().map(|group| group.count).sum::<u64>();
        let rest = self.by_domain.split_off(self.by_domain.len().min(most));
        self.elsewhere += rest.iter().map(|domain| domain.counts.changed()).sum::<u64>();
        self
    }
}

impl Counts {
    fn of(counts: &tally::Counts) -> Self {
        let count = |change| counts.get(&change).copied().unwrap_or(0);
        Self {
            weaker: count(Change::Weaker),
            stricter: count(Change::Stricter),
            other: count(Change::Other),
            same: count(Change::Same),
        }
    }

    /// How many do not stay the same.
    pub const fn changed(&self) -> u64 {
        self.weaker + self.stricter + self.other
    }
}

fn unjudged(tally: &Tally) -> BTreeMap<String, u64> {
    let mut reasons = BTreeMap::new();
    for (why, count) in &tally.unjudged {
        *reasons.entry(why.word().to_owned()).or_default() += count;
    }
    reasons
}

fn unrecorded(tally: &Tally) -> BTreeMap<String, u64> {
    let mut facts = BTreeMap::new();
    for (why, count) in &tally.unjudged {
        let Unjudged::NotRecorded(missing) = why else { continue };
        for fact in missing.names() {
            *facts.entry(fact.to_owned()).or_default() += count;
        }
    }
    facts
}

fn by_hook(tally: &Tally) -> Vec<AtHook> {
    let hooks = tally.hooks.iter();
    hooks
        .map(|((direction, hook), counts)| AtHook {
            direction: *direction,
            hook: *hook,
            counts: Counts::of(counts),
        })
        .collect()
}

fn by_domain(tally: &Tally) -> Vec<OfDomain> {
    let domains = tally.domains.iter().map(|((direction, domain), counts)| OfDomain {
        direction: *direction,
        domain: domain.clone(),
        counts: Counts::of(counts),
    });
    let mut domains: Vec<_> = domains.collect();
    domains.sort_by_key(|one| std::cmp::Reverse((one.counts.weaker, one.counts.changed())));
    domains
}

impl From<(&Key, &tally::Group)> for Group {
    fn from((key, group): (&Key, &tally::Group)) -> Self {
        let said = |said: &tally::Said, reason: &String| Said {
            verdict: said.verdict.clone(),
            place: said.place.clone(),
            row: said.row.clone(),
            reason: reason.clone(),
        };
        let first = &group.first;
        Self {
            change: key.change,
            direction: key.direction,
            hook: key.hook,
            count: group.count,
            before: said(&key.before, &group.reasons.0),
            now: said(&key.now, &group.reasons.1),
            domains: group.domains.iter().cloned().collect(),
            example: Example {
                time: first.time.to_string(),
                session: first.session.clone(),
                peer: first.peer.clone(),
                domain: first.domain.clone(),
            },
        }
    }
}
