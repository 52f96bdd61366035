//! Everything that is reloaded together: table, policies, filters, plugins; immutable, with a
//! generation.
//!
//! A candidate is a [`Snapshot`] of files. [`Bundle::load`] compiles it, checks it, tries every
//! hook on facts as they are met every day, runs its tests; only if all hold there is a bundle.

mod analyse;
mod ask;
mod check;
mod checks;
mod deciders;
mod in_turn;
mod level;
mod reading;
mod shipped;
mod smoke;
mod snapshot;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::conversation::Reader;
use crate::decider::Decider;
use crate::diagnostic::{self, Diagnostic, Severity};
use crate::hooks::{Direction, HookName};
use crate::place::Place;
use crate::rhai::{Counter, voice};
use crate::state::lists;
use crate::table::{self, Table, today};
use crate::testing::{self, Report, Selection};
use crate::wasm::Host;

pub use analyse::analyse;
pub use ask::Said;
pub use check::{Checked, check, check_selected};
pub use in_turn::{AskedInTurn, InTurn};
pub use level::Level;
pub use reading::{is_name, is_stem};
pub use shipped::SHIPPED;
pub use snapshot::Snapshot;

pub use crate::state::lists::FOLDER as LISTS;

use deciders::Deciders;

/// How many errors of a rejected candidate are shown where all would flood the log.
const SHOWN: usize = 20;

/// What the configuration says that the bundle's checks must know.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The global TLS switch. Off: a row whose policy does not accept clear mail is an error.
    pub tls_enabled: bool,
    /// The names of the configured identities: what a row's `identity` may name.
    pub identities: BTreeSet<String>,
    /// The sets of roots that a row's `roots` may name besides `webpki` and `system`: PEM files,
    /// as written, relative to the configuration.
    pub directory: PathBuf,
    /// The folder of the lists that policies may ask; `None` where there are none.
    pub lists: Option<PathBuf>,
    /// The names of the configured transports, which filters may choose; `None` where nobody knows them.
    pub transports: Option<BTreeSet<String>>,
    /// What runs plugins, and what the site grants them.
    pub plugins: Host,
    /// Who reads messages that tests imagine; `None` where nobody can.
    pub reader: Option<Arc<dyn Reader>>,
}

impl Settings {
    /// The same for the files of a policies' directory, which has its own lists.
    #[must_use]
    pub fn for_directory(&self, policies: &Path) -> Self {
        Self { lists: Some(policies.join(lists::FOLDER)), ..self.clone() }
    }
}

/// The bundle. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bundle {
    generation: u64,
    table: Arc<Table>,
    deciders: Arc<Deciders>,
    files: Arc<BTreeMap<Arc<str>, Arc<str>>>,
    /// The paths of the files that are the site's own.
    site: Arc<BTreeSet<Arc<str>>>,
    /// The messages among its tests, by path.
    messages: Arc<BTreeMap<Arc<str>, Arc<[u8]>>>,
    reader: Option<Arc<dyn Reader>>,
    hash: String,
}

/// Why a candidate was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub struct Rejected {
    /// What is wrong: at least one error.
    pub diagnostics: Vec<Diagnostic>,
}

impl Bundle {
    /// Makes a bundle of a snapshot; its warnings come with it.
    ///
    /// # Errors
    ///
    /// All that is wrong with the candidate, sorted by place.
    pub fn load(
        snapshot: &Snapshot,
        settings: &Settings,
        generation: u64,
    ) -> Result<(Self, Vec<Diagnostic>), Rejected> {
        let (bundle, mut findings) = Self::compile(snapshot, settings, generation)?;
        findings.extend(bundle.test(snapshot, &Selection::default()).findings());
        settle(findings).map(|warnings| (bundle, warnings))
    }

    /// Its generation: 1 for the first, one more for each that is swapped in.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The domain table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Its files, the shipped ones among them: path and text.
    pub fn files(&self) -> &BTreeMap<Arc<str>, Arc<str>> {
        &self.files
    }

    /// The messages among its tests, as they stand in their files: path and octets.
    pub fn messages(&self) -> &BTreeMap<Arc<str>, Arc<[u8]>> {
        &self.messages
    }

    /// Who reads messages that are imagined, if somebody can.
    pub(crate) fn reader(&self) -> Option<&dyn Reader> {
        self.reader.as_deref()
    }

    /// The line of a place in one of its files, with carets beneath the word that begins there; `None` where the
    /// place is no line of a file.
    pub fn excerpt(&self, place: &Place) -> Option<String> {
        diagnostic::excerpt(place, self.files.get(&place.path)?)
    }

    /// The SHA-256 of its files, in lower-case hexadecimal.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The policy of a direction that has this name.
    pub fn policy(&self, direction: Direction, name: &str) -> Option<&Decider> {
        self.deciders.policy(direction, name)
    }

    /// The policies of a direction, by name.
    pub fn policies(&self, direction: Direction) -> impl Iterator<Item = (&str, &Decider)> {
        self.deciders.policies(direction)
    }

    /// The filters, in the order of their file names.
    pub fn filters(&self) -> &[Decider] {
        self.deciders.filters()
    }

    /// The lists that scripts ask for by their names.
    pub(crate) fn lists_named(&self) -> BTreeSet<String> {
        let scripts = self.deciders().filter_map(|decider| match decider {
            Decider::Script(script) => Some(script.lists()),
            Decider::Plugin(_) => None,
        });
        scripts.flatten().map(|list| list.name).collect()
    }

    /// All policies and filters.
    pub(crate) fn deciders(&self) -> impl Iterator<Item = &Decider> {
        self.deciders.all()
    }

    /// Another bundle is in force: plugins that are not in it too keep no instances any more.
    pub(crate) fn superseded_by(&self, other: &Self) {
        for decider in self.deciders() {
            let Decider::Plugin(plugin) = decider else { continue };
            let goes_on = |one: &Decider| matches!(one, Decider::Plugin(other) if Arc::ptr_eq(plugin, other));
            if !other.deciders().any(goes_on) {
                plugin.retire();
            }
        }
    }

    /// Whether a client certificate is to be requested: a policy of the incoming table, or a
    /// filter, has an incoming `certificate` function.
    pub fn wants_client_certificates(&self) -> bool {
        let direction = Direction::Incoming;
        let wants = |decider: &Decider| decider.has(direction, HookName::Certificate);
        let named: BTreeSet<&str> = self.table.policies(direction).collect();
        self.filters().iter().any(wants)
            || self.policies(direction).any(|(name, policy)| named.contains(name) && wants(policy))
    }

    /// All but the tests.
    fn compile(
        snapshot: &Snapshot,
        settings: &Settings,
        generation: u64,
    ) -> Result<(Self, Vec<Diagnostic>), Rejected> {
        let files = snapshot.files();
        let mut findings = snapshot.findings.clone();
        let deciders = Deciders::compile(snapshot, settings, &mut findings);
        let text = files.get(table::PATH).map_or("", |text| text);
        let table = Table::load(text, &deciders.words, today());
        let table = table.map(|(table, warnings)| {
            findings.extend(warnings);
            table
        });
        let table = table.map_err(|errors| findings.extend(errors)).ok();
        let mut findings = settle(findings)?;
        // A table without findings of its own has been loaded; else an error was settled above.
        let Some(table) = table else { return Err(Rejected { diagnostics: findings }) };
        let bundle = Self {
            generation,
            table: Arc::new(table),
            deciders: Arc::new(deciders),
            files: Arc::new(files),
            site: Arc::new(snapshot.paths().cloned().collect()),
            messages: Arc::new(snapshot.messages().clone()),
            reader: settings.reader.clone(),
            hash: snapshot.hash(),
        };
        voice::silent(|| {
            checks::check(&bundle, settings, today(), &mut findings);
            smoke::run(&bundle, &mut findings);
        });
        settle(findings).map(|warnings| (bundle, warnings))
    }

    /// The same with copies of the scripts, whose statements are counted.
    pub(crate) fn counted(&self) -> (Self, Vec<Arc<Counter>>) {
        let (deciders, counters) = self.deciders.counted(&self.files);
        (Self { deciders: Arc::new(deciders), ..self.clone() }, counters)
    }

    /// Whether a file is the site's own.
    pub fn is_of_site(&self, path: &str) -> bool {
        self.site.contains(path)
    }

    /// Whether a script matters to the site: it is its own, or a row names it, or the site has no
    /// table of its own, so that the shipped ones are what it has.
    pub(crate) fn is_in_use(&self, path: &str) -> bool {
        let names = |entry: &table::Entry| {
            path.strip_prefix(entry.direction.word()).and_then(|rest| rest.strip_prefix('/'))
                == Some(&format!("{}.rhai", entry.row.policy))
        };
        self.is_of_site(path) || !self.is_of_site(table::PATH) || self.table.entries().iter().any(names)
    }

    /// Runs those of the tests that hold for this snapshot which are selected.
    fn test(&self, snapshot: &Snapshot, selection: &Selection) -> Report {
        testing::run_selected(self, &self.tests(snapshot), selection)
    }

    /// The files of tests that hold for this snapshot: the site's, and the shipped ones as long as
    /// the site has no policy of its own in the place of one that they test.
    fn tests(&self, snapshot: &Snapshot) -> Vec<(Arc<str>, Arc<str>)> {
        let replaced = snapshot.overrides();
        let of_policy = |path: &&str| path.starts_with("incoming/") || path.starts_with("outgoing/");
        let original = !replaced.iter().any(of_policy);
        let holds = |path: &str| original || snapshot.site().contains_key(path);
        let files = self.files.iter().filter(|(path, _)| path.starts_with("tests/") && holds(path));
        files.map(|(path, text)| (path.clone(), text.clone())).collect()
    }
}

impl Rejected {
    /// For one reason.
    pub fn because(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic] }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = || self.diagnostics.iter().filter(|finding| finding.severity == Severity::Error);
        write!(f, "the policies were rejected, errors: {}", errors().count())?;
        errors().take(SHOWN).try_for_each(|error| write!(f, "\n{error}"))
    }
}

/// Warnings remain; with an error among them, all of them are the reason of the rejection.
fn settle(mut findings: Vec<Diagnostic>) -> Result<Vec<Diagnostic>, Rejected> {
    findings.sort();
    findings.dedup();
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        Err(Rejected { diagnostics: findings })
    } else {
        Ok(findings)
    }
}
