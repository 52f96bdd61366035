//! From a value of a script to what facts are read from.

use std::sync::Arc;

use ::rhai::{Array, Dynamic, Map};
use serde::Serialize;
use serde_json::Value;

use crate::facts::{
    Certificate, Client, Handshake, Hello, Host, Mail, Part, Recipient, Report, Row, Version,
};

/// The value, of whatever facts it is made.
pub(super) fn json(value: &Dynamic) -> Result<Value, String> {
    if let Some(facts) = of_facts(value) {
        return facts;
    }
    if let Some(version) = value.read_lock::<Version>() {
        return to_json(&*version);
    }
    if let Some(map) = value.read_lock::<Map>() {
        let entries = map.iter().map(|(name, value)| Ok((name.to_string(), json(value)?)));
        return entries.collect::<Result<_, String>>().map(Value::Object);
    }
    if let Some(list) = value.read_lock::<Array>() {
        return list.iter().map(json).collect::<Result<_, _>>().map(Value::Array);
    }
    let number = value.as_int().ok().map(Value::from).or_else(|| value.as_bool().ok().map(Value::from));
    let text = || value.clone().into_string().map(Value::from).map_err(|kind| format!("no fact is a {kind}"));
    number.map_or_else(text, Ok)
}

fn of_facts(value: &Dynamic) -> Option<Result<Value, String>> {
    told::<Row>(value)
        .or_else(|| told::<Certificate>(value))
        .or_else(|| told::<Host>(value))
        .or_else(|| told::<Client>(value))
        .or_else(|| told::<Handshake>(value))
        .or_else(|| told::<Hello>(value))
        .or_else(|| told::<Mail>(value))
        .or_else(|| told::<Recipient>(value))
        .or_else(|| told::<Part>(value))
        .or_else(|| told::<Report>(value))
}

fn told<T: Serialize + Send + Sync + 'static>(value: &Dynamic) -> Option<Result<Value, String>> {
    value.read_lock::<Arc<T>>().map(|facts| to_json(&**facts))
}

fn to_json(value: &impl Serialize) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|error| error.to_string())
}
