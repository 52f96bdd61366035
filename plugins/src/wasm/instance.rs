//! An instance: a plugin's own memory and code, ready to be asked. It serves one call at a time.

use std::any::Any;
use std::sync::Arc;

use wasmtime::component::{Instance as Linked, Resource, TypedFunc};
use wasmtime::{Result, Store, format_err};

use super::contract::{hook_interface, interface};
use super::exports::Exports;
use super::failure::{Failed, Kind};
use super::guest::{Call, Guest, begin};
use super::verdict::{Returned, Wire as _};
use crate::facts::Facts;
use crate::hooks::{Direction, Hook, HookName, incoming, outgoing};
use crate::spoken::Spoken;

/// After so many calls an instance is made anew, as it is once it has taken more than so much memory:
/// what a plugin forgets to free must not grow for ever.
const CALLS: u32 = 10_000;

/// An instance.
pub(super) struct Instance {
    store: Store<Guest>,
    hooks: Vec<Bound>,
    calls: u32,
}

/// A hook's function in the instance: an `Asking<H>`.
struct Bound {
    direction: Direction,
    hook: HookName,
    asking: Box<dyn Any + Send + Sync>,
}

/// The function of a hook.
enum Asking<H: Hook> {
    /// It is told of the peer alone.
    Peer(TypedFunc<(OfPeer<H>,), Returns<H>>),
    /// It is told of something more.
    Subject(TypedFunc<(OfPeer<H>, OfSubject<H>), Returns<H>>),
}

type OfPeer<H> = Resource<Arc<<H as Hook>::Peer>>;
type OfSubject<H> = Resource<Arc<<H as Hook>::Subject>>;
type Returns<H> = (std::result::Result<WireOf<H>, String>,);
type WireOf<H> = <<H as Hook>::Verdict as Returned>::Wire;

/// Whether an instance may serve again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fitness {
    /// It may.
    Fit,
    /// It has served long enough, or has not given back what it was lent.
    Spent,
}

impl Instance {
    /// Finds the plugin's functions, and tells it that it begins.
    ///
    /// # Errors
    ///
    /// A function is not as the contract has it, or the plugin does not take its configuration.
    pub(super) async fn begin(
        mut store: Store<Guest>,
        linked: Linked,
        exports: &Exports,
    ) -> std::result::Result<Self, Failed> {
        let hooks = exports.hooks().map(|(direction, hook)| bind(&mut store, &linked, direction, hook));
        let hooks = hooks.collect::<Result<Vec<_>>>();
        let hooks = hooks.map_err(|error| Failed::new(Kind::BadVerdict, error.to_string()))?;
        let mut instance = Self { store, hooks, calls: 0 };
        if exports.has_init() {
            instance.init(&linked).await?;
        }
        instance.store.data_mut().limits.begun();
        Ok(instance)
    }

    async fn init(&mut self, linked: &Linked) -> std::result::Result<(), Failed> {
        let failed = |error: &wasmtime::Error, call: &Call| Failed::of(error, "init", call);
        let init = function(&mut self.store, linked, "init", "init")
            .map_err(|error| Failed::new(Kind::BadVerdict, error.to_string()))?;
        let init: TypedFunc<(), (std::result::Result<(), String>,)> =
            init.typed(&self.store).map_err(|error| failed(&error, &Call::default()))?;
        begin(&mut self.store).map_err(|error| failed(&error, &Call::default()))?;
        match init.call_async(&mut self.store, ()).await {
            Ok((Ok(()),)) => Ok(()),
            Ok((Err(message),)) => Err(Failed::new(Kind::Error, crate::spoken::clean(&message))),
            Err(error) => Err(failed(&error, &self.store.data().call)),
        }
    }

    /// Asks a hook that the plugin has: what it said; `None` for no opinion.
    pub(super) async fn ask<H: Hook>(
        &mut self,
        peer: &Arc<H::Peer>,
        subject: &Arc<H::Subject>,
    ) -> std::result::Result<Option<Spoken>, Failed> {
        self.calls += 1;
        let said = match self.call::<H>(peer, subject).await {
            Ok(said) => said,
            Err(error) => return Err(Failed::of(&error, H::NAME.word(), &self.store.data().call)),
        };
        match said {
            Ok(wire) => {
                let spoken = wire.spoken(&mut self.store.data_mut().table);
                spoken.map_err(|message| Failed::new(Kind::BadVerdict, message))
            }
            Err(message) => Err(Failed::new(Kind::Error, crate::spoken::clean(&message))),
        }
    }

    async fn call<H: Hook>(
        &mut self,
        peer: &Arc<H::Peer>,
        subject: &Arc<H::Subject>,
    ) -> Result<std::result::Result<WireOf<H>, String>> {
        let Self { store, hooks, .. } = self;
        begin(store)?;
        let bound = hooks.iter().find(|one| one.direction == H::DIRECTION && one.hook == H::NAME);
        let asking = bound.and_then(|bound| bound.asking.downcast_ref::<Asking<H>>());
        let lent = store.data_mut().table.push(Arc::clone(peer))?;
        let the_peer = Resource::new_borrow(lent.rep());
        let said = match asking.ok_or_else(|| format_err!("the plugin has no `{}`", H::NAME))? {
            Asking::Peer(function) => function.call_async(&mut *store, (the_peer,)).await?.0,
            Asking::Subject(function) => {
                let lent = store.data_mut().table.push(Arc::clone(subject))?;
                let the_subject = Resource::new_borrow(lent.rep());
                let said = function.call_async(&mut *store, (the_peer, the_subject)).await?.0;
                store.data_mut().table.delete(lent)?;
                said
            }
        };
        store.data_mut().table.delete(lent)?;
        Ok(said)
    }

    /// What the call that has ended says of itself.
    pub(super) fn last_call(&mut self) -> Call {
        std::mem::take(&mut self.store.data_mut().call)
    }

    /// Whether it may serve again.
    pub(super) fn fitness(&self) -> Fitness {
        let kept = !self.store.data().table.is_empty();
        if kept || self.calls >= CALLS || self.store.data().limits.has_grown() {
            Fitness::Spent
        } else {
            Fitness::Fit
        }
    }
}

/// Finds the function of a hook.
fn bind(store: &mut Store<Guest>, linked: &Linked, direction: Direction, hook: HookName) -> Result<Bound> {
    let asking = match (direction, hook) {
        (Direction::Incoming, HookName::Connect) => asking::<incoming::Connect>(store, linked),
        (Direction::Incoming, HookName::Ehlo) => asking::<incoming::Ehlo>(store, linked),
        (Direction::Incoming, HookName::Message) => asking::<incoming::Message>(store, linked),
        (Direction::Outgoing, HookName::Route) => asking::<outgoing::Route>(store, linked),
        (Direction::Outgoing, HookName::Delivered) => asking::<outgoing::Delivered>(store, linked),
        (Direction::Outgoing, HookName::Deferred) => asking::<outgoing::Deferred>(store, linked),
        (Direction::Outgoing, HookName::Failed) => asking::<outgoing::Failed>(store, linked),
        (Direction::Incoming, HookName::Offer) => asking::<incoming::Offer>(store, linked),
        (Direction::Incoming, HookName::Start) => asking::<incoming::Start>(store, linked),
        (Direction::Incoming, HookName::Cipher) => asking::<incoming::Cipher>(store, linked),
        (Direction::Incoming, HookName::Certificate) => asking::<incoming::Certificate>(store, linked),
        (Direction::Incoming, HookName::Mail) => asking::<incoming::Mail>(store, linked),
        (Direction::Incoming, HookName::Rcpt) => asking::<incoming::Rcpt>(store, linked),
        (Direction::Outgoing, HookName::Offer) => asking::<outgoing::Offer>(store, linked),
        (Direction::Outgoing, HookName::Start) => asking::<outgoing::Start>(store, linked),
        (Direction::Outgoing, HookName::Cipher) => asking::<outgoing::Cipher>(store, linked),
        (Direction::Outgoing, HookName::Certificate) => asking::<outgoing::Certificate>(store, linked),
        (Direction::Outgoing, HookName::Mail) => asking::<outgoing::Mail>(store, linked),
        (direction, hook) => Err(format_err!("there is no hook `{hook}` for {direction} mail")),
    }?;
    Ok(Bound { direction, hook, asking })
}

fn asking<H: Hook>(store: &mut Store<Guest>, linked: &Linked) -> Result<Box<dyn Any + Send + Sync>> {
    let name = hook_interface(H::DIRECTION, H::NAME);
    let function = function(store, linked, &name, H::NAME.word())?;
    let wrong = |error: wasmtime::Error| {
        format_err!("`{name}` is not as the contract has it: {}", error.root_cause())
    };
    let asking: Asking<H> = if H::Subject::FACTS.is_empty() {
        Asking::Peer(function.typed(&*store).map_err(wrong)?)
    } else {
        Asking::Subject(function.typed(&*store).map_err(wrong)?)
    };
    Ok(Box::new(asking))
}

/// An exported function of an interface.
fn function(
    store: &mut Store<Guest>,
    linked: &Linked,
    of: &str,
    name: &str,
) -> Result<wasmtime::component::Func> {
    let exported = linked.get_export_index(&mut *store, None, &interface(of));
    let function = exported.and_then(|exported| linked.get_export_index(&mut *store, Some(&exported), name));
    let function = function.and_then(|function| linked.get_func(&mut *store, function));
    function.ok_or_else(|| format_err!("`{of}` has no function `{name}`"))
}
