//! What lies outside the sandboxes: the relay, as far as scripts and plugins may reach it.

use std::fmt;
use std::pin::Pin;

use crate::wasm::failure::Kind;

/// What the relay does for scripts and plugins, each of which goes by its name: the stem of its file.
/// This crate knows no socket and no metrics: the relay lends its own.
pub trait Outside: fmt::Debug + Send + Sync + 'static {
    /// Looks a name up, within a few seconds.
    fn look_up(&self, query: Query) -> LookingUp;

    /// Counts for a script or plugin: `waxseal_plugin_counter_total`.
    fn count(&self, who: &str, counter: &str, amount: u64);

    /// So much of what a script or plugin was to remember had to be forgotten: there was no room.
    fn forgot(&self, who: &str, what: Forgotten, count: u64);

    /// A list is like this from now on.
    fn list(&self, list: &str, state: OfList);

    /// A call of a plugin has failed.
    fn failed(&self, plugin: &str, kind: Kind);

    /// A plugin is not asked for a while, or is asked again.
    fn health(&self, plugin: &str, health: Health);
}

/// What was forgotten before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Forgotten {
    /// What was remembered under a key.
    Memory,
    /// How much of a rate a key had left.
    Rate,
}

impl Forgotten {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Rate => "rate",
        }
    }
}

/// How a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfList {
    /// How many entries it has.
    pub entries: usize,
    /// Whether its file is broken or gone, so that it stays as it was.
    pub is_broken: bool,
}

/// Whether a plugin is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is.
    Good,
    /// It failed so often that it is not asked for a while; its mail is deferred.
    Resting,
}

/// A lookup in progress.
pub type LookingUp = Pin<Box<dyn Future<Output = Result<Vec<String>, LookupFailure>> + Send>>;

/// What is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The IP addresses of a host.
    Addresses(String),
    /// The mail hosts of a domain, the most preferred first.
    Mx(String),
    /// The TXT records of a name.
    Txt(String),
    /// The names of an IP address.
    Names(String),
}

impl Query {
    /// The word for what is asked.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Addresses(_) => "addresses",
            Self::Mx(_) => "mx",
            Self::Txt(_) => "txt",
            Self::Names(_) => "names",
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupFailure {
    /// The name, or the record, does not exist.
    NoRecord,
    /// It could not be found out.
    Unavailable(String),
}

/// Nothing outside: for checks and tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nowhere;

impl Outside for Nowhere {
    fn look_up(&self, _: Query) -> LookingUp {
        Box::pin(async { Err(LookupFailure::Unavailable("there is no resolver here".to_owned())) })
    }

    fn count(&self, _: &str, _: &str, _: u64) {}

    fn forgot(&self, _: &str, _: Forgotten, _: u64) {}

    fn list(&self, _: &str, _: OfList) {}

    fn failed(&self, _: &str, _: Kind) {}

    fn health(&self, _: &str, _: Health) {}
}
