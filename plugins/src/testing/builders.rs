//! The functions with which tests make facts.

use std::sync::Arc;

use ::rhai::{Array, Dynamic, Engine, EvalAltResult, Map};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::facts::{Certificate, Client, Facts, Host, Kind, Row, Version, canonical};
use crate::suggest;

/// A name for tests, and what it makes.
type Named = (&'static str, fn() -> Certificate);
type Made<T> = Result<Arc<T>, Box<EvalAltResult>>;

/// The names of ready-made certificates.
const CERTIFICATES: [Named; 7] = [
    ("valid", canonical::valid_certificate),
    ("none", canonical::no_certificate),
    ("expired", canonical::expired_certificate),
    ("not_yet_valid", canonical::not_yet_valid_certificate),
    ("wrong_name", canonical::wrong_name_certificate),
    ("unknown_root", canonical::unknown_root_certificate),
    ("self_signed", canonical::self_signed_certificate),
];

/// Registers them. Each takes a map of what differs from an ordinary one.
pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("incoming_client", incoming_client);
    engine.register_fn("outgoing_host", outgoing_host);
    engine.register_fn("certificate", |differs: Map| differing(canonical::valid_certificate(), differs));
    engine.register_fn("certificate", named_certificate);
    engine.register_fn("hello", |differs: Map| differing(ordinary(canonical::hellos()), differs));
    engine.register_fn("handshake", |differs: Map| differing(ordinary(canonical::handshakes()), differs));
    engine.register_fn("mail", |differs: Map| differing(ordinary(canonical::mails()), differs));
    engine.register_fn("recipient", |differs: Map| differing(ordinary(canonical::recipients()), differs));
}

/// The first of the canonical ones.
fn ordinary<T: Default>(all: Vec<T>) -> T {
    all.into_iter().next().unwrap_or_default()
}

fn incoming_client(differs: Map) -> Made<Client> {
    let row = Arc::<Row>::default();
    let encrypted = is_set(&differs, "encrypted");
    differing(
        if encrypted { canonical::encrypted_client(row) } else { canonical::clear_client(row) },
        differs,
    )
}

fn outgoing_host(differs: Map) -> Made<Host> {
    let row = Arc::<Row>::default();
    let mut host = if is_set(&differs, "encrypted") {
        canonical::encrypted_host(row)
    } else {
        canonical::clear_host(row)
    };
    if is_set(&differs, "offers_tls") {
        host.tls_failure = String::new();
    }
    differing(host, differs)
}

fn named_certificate(name: &str) -> Made<Certificate> {
    let found = CERTIFICATES.iter().find(|(known, _)| *known == name);
    found.map(|(_, make)| Arc::new(make())).ok_or_else(|| {
        let known = CERTIFICATES.map(|(known, _)| known);
        format!("there is no certificate \"{name}\"; {}", suggest::help(name, &known)).into()
    })
}

fn is_set(differs: &Map, name: &str) -> bool {
    differs.get(name).is_some_and(|value| value.as_bool().unwrap_or(false))
}

/// These facts with what differs put in.
fn differing<T: Facts + DeserializeOwned>(facts: T, differs: Map) -> Made<T> {
    let mut value = serde_json::to_value(facts).map_err(|error| error.to_string())?;
    for (name, differs) in differs {
        check_name::<T>(&name)?;
        if let Some(map) = differs.read_lock::<Map>()
            && T::FACTS.iter().any(|fact| fact.name == name && fact.kind == Kind::Row)
        {
            map.keys().try_for_each(|name| check_name::<Row>(name))?;
        }
        let found = json(differs).map_err(|error| format!("{}.{name}: {error}", T::WORD))?;
        if let Some(facts) = value.as_object_mut() {
            facts.insert(name.to_string(), found);
        }
    }
    serde_json::from_value(value).map(Arc::new).map_err(|error| format!("{}: {error}", T::WORD).into())
}

fn check_name<T: Facts>(name: &str) -> Result<(), Box<EvalAltResult>> {
    let known: Vec<_> = T::FACTS.iter().map(|fact| fact.name).collect();
    if known.contains(&name) {
        return Ok(());
    }
    Err(format!("`{}` has no fact `{name}`; {}", T::WORD, suggest::help(name, &known)).into())
}

/// A value of a script, as the facts are read from.
fn json(value: Dynamic) -> Result<Value, String> {
    if let Some(row) = value.read_lock::<Arc<Row>>() {
        return to_json(&**row);
    }
    if let Some(certificate) = value.read_lock::<Arc<Certificate>>() {
        return to_json(&**certificate);
    }
    if let Some(version) = value.read_lock::<Version>() {
        return to_json(&*version);
    }
    if let Some(map) = value.read_lock::<Map>() {
        let entries = map.iter().map(|(name, value)| Ok((name.to_string(), json(value.clone())?)));
        return entries.collect::<Result<_, String>>().map(Value::Object);
    }
    if let Some(list) = value.read_lock::<Array>() {
        return list.iter().map(|value| json(value.clone())).collect::<Result<_, _>>().map(Value::Array);
    }
    let number = value.as_int().ok().map(Value::from).or_else(|| value.as_bool().ok().map(Value::from));
    number.map_or_else(
        || value.into_string().map(Value::from).map_err(|kind| format!("no fact is a {kind}")),
        Ok,
    )
}

fn to_json(value: &impl Serialize) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|error| error.to_string())
}
