//! How scripts read facts: getters, and nothing that writes.

use std::sync::Arc;

use ::rhai::{Array, Dynamic, Engine, ImmutableString};

use crate::facts::{
    Certificate, Client, Facts, Handshake, Hello, Host, Mail, Parameter, Parameters, Recipient, Row, Value,
    Version,
};

/// Registers every type of facts under its word.
pub(super) fn register(engine: &mut Engine) {
    register_facts::<Client>(engine);
    register_facts::<Host>(engine);
    register_facts::<Hello>(engine);
    register_facts::<Handshake>(engine);
    register_facts::<Certificate>(engine);
    register_facts::<Mail>(engine);
    register_facts::<Recipient>(engine);
    register_facts::<Row>(engine);
    register_version(engine);
    register_parameters(engine);
}

fn register_facts<T: Facts>(engine: &mut Engine) {
    engine.register_type_with_name::<Arc<T>>(T::WORD);
    for fact in T::FACTS {
        engine.register_get(fact.name, move |facts: &mut Arc<T>| of_value((fact.read)(facts)));
    }
    engine.register_fn("to_string", |_: &mut Arc<T>| T::WORD);
    engine.register_fn("to_debug", |facts: &mut Arc<T>| {
        serde_json::to_string(&**facts).unwrap_or_else(|_| T::WORD.to_owned())
    });
}

fn register_version(engine: &mut Engine) {
    engine.register_type_with_name::<Version>("version");
    engine.register_fn("to_string", |version: &mut Version| version.to_string());
    engine.register_fn("to_debug", |version: &mut Version| version.to_string());
    engine.register_fn("+", |version: Version, text: &str| format!("{version}{text}"));
    engine.register_fn("+", |text: &str, version: Version| format!("{text}{version}"));
}

fn of_value(value: Value) -> Dynamic {
    match value {
        Value::Flag(flag) => flag.into(),
        Value::Number(number) => number.into(),
        Value::Text(text) => text.into(),
        Value::Texts(texts) => texts
            .into_iter()
            .map(|text| Dynamic::from(ImmutableString::from(text)))
            .collect::<Vec<_>>()
            .into(),
        Value::Version(version) => Dynamic::from(version),
        Value::Parameters(parameters) => Dynamic::from(Arc::new(parameters)),
        Value::Row(row) => Dynamic::from(row),
        Value::Certificate(certificate) => Dynamic::from(certificate),
    }
}

/// Parameters are not a map of the language, of which a missing entry is an error: a policy asks
/// whether a row has a parameter.
fn register_parameters(engine: &mut Engine) {
    engine.register_type_with_name::<Arc<Parameters>>("parameters");
    engine.register_indexer_get(|parameters: &mut Arc<Parameters>, name: &str| {
        parameters.get(name).map_or(Dynamic::UNIT, of_parameter)
    });
    engine.register_fn("contains", |parameters: &mut Arc<Parameters>, name: &str| {
        parameters.contains_key(name)
    });
    engine.register_fn("keys", |parameters: &mut Arc<Parameters>| {
        parameters.keys().map(|name| name.as_str().into()).collect::<Array>()
    });
    engine.register_fn("parameter", |row: &mut Arc<Row>, name: &str, default: Dynamic| {
        row.parameters.get(name).map_or(default, of_parameter)
    });
}

fn of_parameter(parameter: &Parameter) -> Dynamic {
    match parameter {
        Parameter::Flag(flag) => (*flag).into(),
        Parameter::Number(number) => (*number).into(),
        Parameter::Text(text) => text.as_str().into(),
        Parameter::List(list) => list.iter().map(of_parameter).collect::<Vec<_>>().into(),
        Parameter::Map(map) => Dynamic::from(Arc::new(map.clone())),
    }
}
