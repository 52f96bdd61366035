//! The host of plugins: WebAssembly components that answer hooks as scripts do.
//!
//! A plugin is compiled once a load, and looked at from outside: what it exports and imports is all
//! that it can do. Asked a hook, it is given handles of facts, and bounded fuel, time and memory;
//! whatever goes wrong in it becomes a [failure](crate::decision::Failure), and never ends the relay.
//!
//! # Layout, in the order of a plugin's life
//!
//! - [`Host`]: what all plugins of a relay share; `engine`: the bounds of all of them together
//! - [`Plugin`]; `load`, [`Exports`]: from a file to a plugin, and what is said where it is none
//! - `guest`, `limits`: what belongs to an instance, and how much it may take
//! - `instance`, `pool`: asking it, and using it again
//! - `facts`, `contents`, `terms`, `edits`, `way`, `verdict`, `grants`: the contract of `sdk/wit`, one file of it each; `contract`:
//!   its names
//! - [`inspect`]: a plugin looked at before it is used
//! - [`failure`], `breaker`: when it goes wrong, and when it goes wrong again and again

mod breaker;
mod contents;
mod contract;
mod edits;
mod engine;
mod exports;
mod facts;
pub mod failure;
mod fuel;
mod grants;
mod guest;
mod host;
pub mod inspect;
mod instance;
mod limits;
mod load;
mod pool;
mod terms;
mod verdict;
mod way;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use wasmtime::component::InstancePre;

pub use contract::{PACKAGE, VERSION};
pub use exports::Exports;
pub use grants::{Grant, UnknownGrant};
pub use host::Host;
pub use load::Files;
pub use verdict::{Returned, Variant, Wire};

use self::breaker::{Breaker, Change};
use self::failure::{Failed, Kind};
use self::guest::{About, Call, Guest};
use self::host::Machine;
use self::instance::Instance;
use self::pool::Pool;
use crate::decider::Role;
use crate::decision::{Answer, Failure, Outcome};
use crate::hooks::{Direction, Hook, HookName};
use crate::outside::Health;
use crate::place::Place;
use crate::state::{Manner, Reaches, Trial};

/// A plugin: compiled, linked, and found to be what it should be. Shared by all threads.
pub struct Plugin {
    about: Arc<About>,
    role: Role,
    hash: [u8; 32],
    exports: Exports,
    linked: InstancePre<Guest>,
    host: Host,
    asked: Pool,
    breaker: Breaker,
    /// Its instances where it is only tried: nothing of them reaches those who are asked.
    tried: Pool,
    reaches: Reaches,
}

/// What came of a call: the verdict and where it was made.
type Said<H> = Result<Option<(<H as Hook>::Verdict, Place)>, Failed>;

impl Plugin {
    /// Its file, relative to the policies' directory.
    pub fn path(&self) -> &Arc<str> {
        &self.about.path
    }

    /// Its name: the stem of its file, what grants and memory go by.
    pub fn name(&self) -> &Arc<str> {
        &self.about.name
    }

    /// What it is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// What it is seen from outside.
    pub fn exports(&self) -> &Exports {
        &self.exports
    }

    /// Whether it has this hook in this direction.
    pub fn has(&self, direction: Direction, hook: HookName) -> bool {
        self.exports.has(direction, hook)
    }

    /// Asks it: `None` where it has no such hook, or has no opinion.
    pub(crate) async fn ask<H: Hook>(
        &self,
        manner: Manner,
        peer: &Arc<H::Peer>,
        subject: &Arc<H::Subject>,
    ) -> Option<Answer<H::Verdict>> {
        if !self.has(H::DIRECTION, H::NAME) {
            return None;
        }
        let said = match manner {
            Manner::Tried => self.call::<H>(manner, peer, subject).await,
            Manner::Asked => self.call_unless_resting::<H>(peer, subject).await,
        };
        match said {
            Ok(None) => None,
            Ok(Some((verdict, place))) => Some(Answer { outcome: Outcome::Verdict(verdict), place }),
            Err(Failed { message, place, .. }) => {
                let outcome = Outcome::Failure(Failure { message });
                let place = place.unwrap_or_else(|| Place::file(Arc::clone(self.path())));
                Some(Answer { outcome, place })
            }
        }
    }

    /// The lists that it has looked into, where they are imagined.
    pub(super) fn imagined_lists(&self) -> Vec<String> {
        self.reaches.lists().imagined_names()
    }

    /// Forgets what it was told while it was tried: the next test begins anew.
    pub(crate) fn begin_trial(&self, trial: &Arc<Trial>) {
        self.reaches.begin_trial(trial);
        self.tried.empty();
    }

    /// Another version, or none, has taken its place.
    pub(crate) fn retire(&self) {
        self.asked.retire();
        self.tried.retire();
        // Whatever comes in its place begins with a good name.
        if self.breaker.succeeded() == Change::Recovered {
            self.host.outside().health(self.name(), Health::Good);
        }
    }

    async fn call_unless_resting<H: Hook>(&self, peer: &Arc<H::Peer>, subject: &Arc<H::Subject>) -> Said<H> {
        if let Some(rest) = self.breaker.resting(Instant::now()) {
            let seconds = rest.as_secs() + 1;
            let message = format!("it failed again and again, and is not asked for {seconds} s");
            self.host.outside().failed(self.name(), Kind::Resting);
            return Err(Failed::new(Kind::Resting, message));
        }
        let said = self.call::<H>(Manner::Asked, peer, subject).await;
        self.note(said.as_ref().err());
        said
    }

    /// Takes an instance, asks it, and gives it back if all went well. An instance of which a call was
    /// given up half-way is lost with it.
    async fn call<H: Hook>(&self, manner: Manner, peer: &Arc<H::Peer>, subject: &Arc<H::Subject>) -> Said<H> {
        let pool = self.pool(manner);
        // Trials come one after the other. And they block: a task of the runtime that polls its semaphore
        // without ever giving up the thread is told to wait for ever.
        let _turns = match manner {
            Manner::Asked => Some((pool.turn().await, self.machine()?.turn().await)),
            Manner::Tried => None,
        };
        let mut instance = match pool.take() {
            Some(instance) => instance,
            None => self.instance(manner).await?,
        };
        let said = instance.ask::<H>(peer, subject).await;
        let place = self.place(instance.last_call());
        // A plugin that says itself that it cannot decide is as well as before.
        if said.as_ref().err().is_none_or(|failed| failed.kind == Kind::Error) {
            pool.give_back(instance);
        }
        let Some(spoken) = said.map_err(|failed| failed.at(place.clone()))? else { return Ok(None) };
        let hook = format!("{} {}", H::DIRECTION, H::NAME);
        match spoken.into_verdict::<H::Verdict>(self.role, &hook) {
            Ok(verdict) => Ok(Some((verdict, place))),
            Err(fault) => Err(Failed::new(Kind::BadVerdict, fault.message).at(place)),
        }
    }

    fn machine(&self) -> Result<&Machine, Failed> {
        self.host.machine().map_err(|why| Failed::new(Kind::Room, why))
    }

    /// Makes an instance.
    async fn instance(&self, manner: Manner) -> Result<Instance, Failed> {
        let machine = self.machine()?;
        let mut store = Guest::store(&machine.engine, Arc::clone(&self.about), self.reaches.of(manner));
        let begun = guest::begin(&mut store);
        let linked = match begun {
            Ok(()) => self.linked.instantiate_async(&mut store).await,
            Err(error) => Err(error),
        };
        let linked = linked.map_err(|error| match error.downcast_ref::<wasmtime::Trap>() {
            Some(_) => Failed::of(&error, "start", &Call::default()),
            None => Failed::new(Kind::Room, format!("no instance can be made: {}", error.root_cause())),
        })?;
        Instance::begin(store, linked, &self.exports).await
    }

    fn pool(&self, manner: Manner) -> &Pool {
        match manner {
            Manner::Asked => &self.asked,
            Manner::Tried => &self.tried,
        }
    }

    /// Where the plugin says that it decided, else its whole file.
    fn place(&self, call: Call) -> Place {
        let path = Arc::clone(self.path());
        match call.decided_at {
            Some(spot) => Place::within(path, spot.file, spot.line as usize, spot.column as usize),
            None => Place::file(path),
        }
    }

    /// Counts a call, and says it loudly where the plugin rests from now on.
    fn note(&self, failed: Option<&Failed>) {
        let outside = self.host.outside();
        let change = match failed {
            Some(failed) => {
                outside.failed(self.name(), failed.kind);
                if failed.kind.is_fault() { self.breaker.failed(Instant::now()) } else { Change::None }
            }
            None => self.breaker.succeeded(),
        };
        let plugin = self.path();
        match change {
            Change::None => {}
            Change::Rests => {
                outside.health(self.name(), Health::Resting);
                let last = failed.map_or("", |failed| &failed.message);
                tracing::error!(
                    target: "waxseal::plugin", %plugin, last,
                    "ALARM: the plugin fails again and again: it is not asked for a while, and its mail is deferred"
                );
            }
            Change::Recovered => {
                outside.health(self.name(), Health::Good);
                tracing::warn!(target: "waxseal::plugin", %plugin, "the plugin answers again");
            }
        }
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("path", self.path())
            .field("exports", &self.exports)
            .finish_non_exhaustive()
    }
}
