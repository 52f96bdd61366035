//! What lies outside the sandbox: the relay, as far as plugins may reach it.

use std::fmt;
use std::pin::Pin;

use super::failure::Kind;

/// What the relay does for plugins. This crate knows no socket and no metrics: the relay lends its
/// own.
pub trait Outside: fmt::Debug + Send + Sync + 'static {
    /// Looks a name up, within a few seconds.
    fn look_up(&self, query: Query) -> LookingUp;

    /// Counts for a plugin: `waxseal_plugin_counter_total`.
    fn count(&self, plugin: &str, counter: &str, amount: u64);

    /// A call of a plugin has failed.
    fn failed(&self, plugin: &str, kind: Kind);

    /// A plugin is not asked for a while, or is asked again.
    fn health(&self, plugin: &str, health: Health);
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

    fn failed(&self, _: &str, _: Kind) {}

    fn health(&self, _: &str, _: Health) {}
}
