//! How plugins read facts: a resource for each type, with a getter for each fact.

use std::sync::Arc;

use wasmtime::component::{ComponentType, LinkerInstance, Lower, Resource, ResourceType};
use wasmtime::{Result, StoreContextMut, format_err};

use super::guest::Guest;
use crate::facts::{
    Certificate, Client, Fact, Facts, Handshake, Hello, Host, Kind, Mail, Message, Part, Recipient, Report,
    Row, Value,
};

/// Links every type of facts under its word.
pub(super) fn link(facts: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    link_facts::<Client>(facts)?;
    link_facts::<Host>(facts)?;
    link_facts::<Hello>(facts)?;
    link_facts::<Handshake>(facts)?;
    link_facts::<Certificate>(facts)?;
    link_facts::<Mail>(facts)?;
    link_facts::<Recipient>(facts)?;
    link_facts::<Message>(facts)?;
    link_facts::<Part>(facts)?;
    link_facts::<Report>(facts)?;
    link_facts::<Row>(facts)
}

fn link_facts<T: Facts>(facts: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    facts.resource(T::WORD, ResourceType::host::<Arc<T>>(), |mut store, handle| {
        store.data_mut().table.delete(Resource::<Arc<T>>::new_own(handle))?;
        Ok(())
    })?;
    T::FACTS.iter().try_for_each(|fact| link_fact(facts, fact))
}

fn link_fact<T: Facts>(facts: &mut LinkerInstance<'_, Guest>, fact: &'static Fact<T>) -> Result<()> {
    match fact.kind {
        Kind::Flag => link_getter(facts, fact, |value| match value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }),
        Kind::Number => link_getter(facts, fact, |value| match value {
            Value::Number(number) => Some(number),
            _ => None,
        }),
        Kind::Text => link_getter(facts, fact, |value| match value {
            Value::Text(text) => Some(text),
            _ => None,
        }),
        Kind::Texts => link_getter(facts, fact, |value| match value {
            Value::Texts(texts) => Some(texts),
            _ => None,
        }),
        Kind::Version => link_getter(facts, fact, |value| match value {
            Value::Version(version) => Some(version.wire()),
            _ => None,
        }),
        Kind::Parameters => link_getter(facts, fact, |value| match value {
            Value::Parameters(parameters) => serde_json::to_string(&parameters).ok(),
            _ => None,
        }),
        Kind::Fields => link_child(facts, fact, |value| match value {
            Value::Fields(fields) => Some(fields),
            _ => None,
        }),
        Kind::Body => link_child(facts, fact, |value| match value {
            Value::Body(body) => Some(body),
            _ => None,
        }),
        Kind::Parts => link_children(facts, fact, |value| match value {
            Value::Parts(parts) => Some(parts),
            _ => None,
        }),
        Kind::Row => link_child(facts, fact, |value| match value {
            Value::Row(row) => Some(row),
            _ => None,
        }),
        Kind::Certificate => link_child(facts, fact, |value| match value {
            Value::Certificate(certificate) => Some(certificate),
            _ => None,
        }),
    }
}

/// A getter of a plain value.
fn link_getter<T: Facts, V: ComponentType + Lower + 'static>(
    facts: &mut LinkerInstance<'_, Guest>,
    fact: &'static Fact<T>,
    of: fn(Value) -> Option<V>,
) -> Result<()> {
    let getter = move |store: StoreContextMut<'_, Guest>, (this,): (Resource<Arc<T>>,)| {
        let value = (fact.read)(store.data().table.get(&this)?);
        Ok((of(value).ok_or_else(|| mistaken(fact))?,))
    };
    facts.func_wrap(&name(fact), getter)
}

/// A getter of other facts: the plugin gets a handle of its own to them.
fn link_child<T: Facts, C: Send + Sync + 'static>(
    facts: &mut LinkerInstance<'_, Guest>,
    fact: &'static Fact<T>,
    of: fn(Value) -> Option<Arc<C>>,
) -> Result<()> {
    let getter = move |mut store: StoreContextMut<'_, Guest>, (this,): (Resource<Arc<T>>,)| {
        let value = (fact.read)(store.data().table.get(&this)?);
        let child = of(value).ok_or_else(|| mistaken(fact))?;
        Ok((store.data_mut().table.push(child)?,))
    };
    facts.func_wrap(&name(fact), getter)
}

/// A getter of a list of other facts: a handle for each.
fn link_children<T: Facts, C: Send + Sync + 'static>(
    facts: &mut LinkerInstance<'_, Guest>,
    fact: &'static Fact<T>,
    of: fn(Value) -> Option<Vec<Arc<C>>>,
) -> Result<()> {
    let getter = move |mut store: StoreContextMut<'_, Guest>, (this,): (Resource<Arc<T>>,)| {
        let value = (fact.read)(store.data().table.get(&this)?);
        let children = of(value).ok_or_else(|| mistaken(fact))?.into_iter();
        let handles = children
            .map(|child| store.data_mut().table.push(child))
            .collect::<std::result::Result<Vec<_>, _>>();
        Ok((handles?,))
    };
    facts.func_wrap(&name(fact), getter)
}

fn name<T: Facts>(fact: &Fact<T>) -> String {
    format!("[method]{}.{}", T::WORD, fact.name.replace('_', "-"))
}

/// The list of facts gives kind and value together, so this is a mistake of ours; it opens nothing.
fn mistaken<T: Facts>(fact: &Fact<T>) -> wasmtime::Error {
    format_err!("the fact `{}.{}` is not of its kind", T::WORD, fact.name)
}
