//! What other policies would change: for people, programs, and the control socket.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use waxseal_plugins::hooks::{Direction, HookName};
use waxseal_plugins::verdicts::Change;

use super::tally::{self, Key, Tally};

/// What other policies would change. Weakenings come first, then the most frequent changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The changes, in groups.
    pub groups: Vec<Group>,
    /// How many changes are in none of the groups shown.
    pub ungrouped: u64,
}

/// Changes that have all but the mail in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// What they mean for mail.
    pub change: Change,
    /// The direction.
    pub direction: Direction,
    /// The hook; `mail` also for what cipher and certificate say at MAIL FROM.
    pub hook: HookName,
    /// How many there are.
    pub count: u64,
    /// What was answered.
    pub before: Said,
    /// What would be answered.
    pub now: Said,
    /// The first of them.
    pub example: Example,
}

/// An answer, and who gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
            hooks: tally.hooks.iter().map(|((of, hook), count)| (format!("{of} {hook}"), *count)).collect(),
            weaker: changes(Change::Weaker),
            stricter: changes(Change::Stricter),
            other: changes(Change::Other),
            same: changes(Change::Same),
            moved: tally.moved,
            otherwise: tally.otherwise,
            unjudged: tally.unjudged.iter().map(|(why, count)| (why.word().to_owned(), *count)).collect(),
            groups: groups.into_iter().map(Group::from).collect(),
            ungrouped: tally.ungrouped,
        }
    }

    /// With so many groups at most.
    #[must_use]
    pub fn shortened(mut self, most: usize) -> Self {
        let rest = self.groups.split_off(self.groups.len().min(most));
        self.ungrouped += rest.iter().map(|group| group.count).sum::<u64>();
        self
    }
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
            example: Example {
                time: first.time.to_string(),
                session: first.session.clone(),
                peer: first.peer.clone(),
                domain: first.domain.clone(),
            },
        }
    }
}
