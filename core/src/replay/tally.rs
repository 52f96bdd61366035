//! Changes, counted and grouped.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, btree_map};

use waxseal_plugins::hooks::{Direction, HookName};
use waxseal_plugins::verdicts::Change;

use super::Unjudged;
use super::answer::Answer;
use super::line::About;

/// How many domains a group names.
const NAMED: usize = 32;

/// How many domains are told apart. Of more, changes are only counted.
const DOMAINS: usize = 4096;

/// How many groups of changes are kept apart. Beyond them changes are only counted.
const GROUPS: usize = 4096;

/// A decision, before and now.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) about: About,
    pub(super) direction: Direction,
    pub(super) hook: HookName,
    pub(super) before: Answer,
    pub(super) now: Answer,
    /// Whether what it is compared with is not what was recorded.
    pub(super) is_answered_otherwise: bool,
}

/// What decisions came to, counted.
pub(super) type Counts = BTreeMap<Change, u64>;

/// How often what.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// The records that were read.
    pub(super) records: u64,
    /// The decisions that were compared, by what they came to.
    pub(super) changes: Counts,
    /// The same, by hook.
    pub(super) hooks: BTreeMap<(Direction, HookName), Counts>,
    /// Those that change something, by domain.
    pub(super) domains: BTreeMap<(Direction, String), Counts>,
    /// Changes of domains that are not told apart, since there are too many.
    pub(super) elsewhere: u64,
    /// Decisions that stay the same, by another row or policy.
    pub(super) moved: u64,
    /// Decisions that were answered otherwise than recorded by what they are compared with.
    pub(super) otherwise: u64,
    /// What could not be judged.
    pub(super) unjudged: BTreeMap<Unjudged, u64>,
    /// The changes.
    pub(super) groups: HashMap<Key, Group>,
    /// Changes that are in no group, since there are too many.
    pub(super) ungrouped: u64,
}

/// What the changes of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) change: Change,
    pub(super) direction: Direction,
    pub(super) hook: HookName,
    pub(super) before: Said,
    pub(super) now: Said,
}

/// What was said, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Said {
    pub(super) verdict: String,
    pub(super) place: String,
    pub(super) row: String,
}

/// The changes of a group: how many, and the first of them.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) count: u64,
    pub(super) first: About,
    /// Some of the domains that it is about.
    pub(super) domains: BTreeSet<String>,
    pub(super) reasons: (String, String),
}

impl Compared {
    /// What it means for mail.
    pub(super) fn change(&self) -> Change {
        Answer::change(&self.before, &self.now)
    }

    fn is_moved(&self) -> bool {
        let (before, now) = (&self.before.row, &self.now.row);
        (&before.pattern, &before.policy, &before.names) != (&now.pattern, &now.policy, &now.names)
    }
}

impl Tally {
    /// Counts a decision.
    pub(super) fn add(&mut self, compared: Compared) {
        let change = compared.change();
        *self.changes.entry(change).or_default() += 1;
        let hook = self.hooks.entry((compared.direction, compared.hook)).or_default();
        *hook.entry(change).or_default() += 1;
        self.otherwise += u64::from(compared.is_answered_otherwise);
        if change == Change::Same {
            self.moved += u64::from(compared.is_moved());
            return;
        }
        let Compared { about, direction, hook, before, now, .. } = compared;
        self.domain((direction, about.domain.clone()), &Counts::from([(change, 1)]));
        let mut key = Key { change, direction, hook, before: Said::by(&before), now: Said::by(&now) };
        if key.before.verdict == key.now.verdict && before.edits != now.edits {
            key.now.verdict.push_str(", otherwise");
        }
        let domains = BTreeSet::from([about.domain.clone()]);
        self.group(key, Group { count: 1, first: about, domains, reasons: (before.reason, now.reason) });
    }

    /// Counts what could not be judged.
    pub(super) fn unjudged(&mut self, why: Unjudged) {
        *self.unjudged.entry(why).or_default() += 1;
    }

    /// Both at once.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.records += other.records;
        self.moved += other.moved;
        self.otherwise += other.otherwise;
        self.ungrouped += other.ungrouped;
        for (change, count) in other.changes {
            *self.changes.entry(change).or_default() += count;
        }
        for (hook, counts) in other.hooks {
            add(self.hooks.entry(hook).or_default(), &counts);
        }
        self.elsewhere += other.elsewhere;
        for (domain, counts) in other.domains {
            self.domain(domain, &counts);
        }
        for (why, count) in other.unjudged {
            *self.unjudged.entry(why).or_default() += count;
        }
        for (key, group) in other.groups {
            self.group(key, group);
        }
        self
    }

    fn domain(&mut self, domain: (Direction, String), counts: &Counts) {
        let room = self.domains.len() < DOMAINS;
        match self.domains.entry(domain) {
            btree_map::Entry::Occupied(mut known) => add(known.get_mut(), counts),
            btree_map::Entry::Vacant(free) if room => add(free.insert(Counts::default()), counts),
            btree_map::Entry::Vacant(_) => self.elsewhere += counts.values().sum::<u64>(),
        }
    }

    fn group(&mut self, key: Key, group: Group) {
        let order = |group: &Group| (group.first.time, group.first.session.clone());
        let room = self.groups.len() < GROUPS;
        match self.groups.entry(key) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                let count = known.count + group.count;
                let mut domains = std::mem::take(&mut known.domains);
                let room = NAMED.saturating_sub(domains.len());
                domains.extend(group.domains.iter().take(room).cloned());
                if order(&group) < order(known) {
                    *known = group;
                }
                (known.count, known.domains) = (count, domains);
            }
            Entry::Vacant(free) if room => _ = free.insert(group),
            Entry::Vacant(_) => self.ungrouped += group.count,
        }
    }
}

fn add(to: &mut Counts, counts: &Counts) {
    for (change, count) in counts {
        *to.entry(*change).or_default() += count;
    }
}

impl Said {
    fn by(answer: &Answer) -> Self {
        let row = if answer.row.place.is_empty() {
            format!("`{}`", answer.row.pattern)
        } else {
            format!("`{}` ({})", answer.row.pattern, answer.row.place)
        };
        Self { verdict: answer.said(), place: answer.place.clone(), row }
    }
}
