//! How scripts read facts: getters, and nothing that writes.

use std::sync::Arc;

use ::rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString};

use crate::facts::{
    Body, Certificate, Client, Facts, Fields, Handshake, Hello, Host, Mail, Message, PIECE, Parameter,
    Parameters, Part, Recipient, Report, Row, Value, Version,
};

/// The most values of a name that a script is given.
const MOST: usize = 1000;

/// Registers every type of facts under its word.
pub(super) fn register(engine: &mut Engine) {
    register_facts::<Client>(engine);
    register_facts::<Host>(engine);
    register_facts::<Hello>(engine);
    register_facts::<Handshake>(engine);
    register_facts::<Certificate>(engine);
    register_facts::<Mail>(engine);
    register_facts::<Recipient>(engine);
    register_facts::<Message>(engine);
    register_facts::<Part>(engine);
    register_facts::<Body>(engine);
    register_facts::<Report>(engine);
    register_facts::<Row>(engine);
    register_fields(engine);
    register_body(engine);
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
        Value::Fields(fields) => Dynamic::from(fields),
        Value::Parts(parts) => parts.into_iter().map(Dynamic::from).collect::<Vec<_>>().into(),
        Value::Body(body) => Dynamic::from(body),
        Value::Parameters(parameters) => Dynamic::from(Arc::new(parameters)),
        Value::Row(row) => Dynamic::from(row),
        Value::Certificate(certificate) => Dynamic::from(certificate),
    }
}

/// Fields are asked for by name: a header that is not there is an empty text, not an error.
fn register_fields(engine: &mut Engine) {
    engine.register_type_with_name::<Arc<Fields>>("fields");
    engine.register_indexer_get(|fields: &mut Arc<Fields>, name: &str| {
        ImmutableString::from(fields.first(name).unwrap_or_default())
    });
    engine.register_fn("contains", |fields: &mut Arc<Fields>, name: &str| fields.contains(name));
    engine.register_fn("is_empty", |fields: &mut Arc<Fields>| fields.is_empty());
    engine.register_fn("len", |fields: &mut Arc<Fields>| i64::try_from(fields.len()).unwrap_or(i64::MAX));
    engine.register_fn("all", |fields: &mut Arc<Fields>, name: &str| {
        fields.all(name).take(MOST).map(Into::into).collect::<Array>()
    });
    engine.register_get("names", |fields: &mut Arc<Fields>| {
        fields.names().take(MOST).map(Into::into).collect::<Array>()
    });
}

/// A body is not a text: it stays where it lies, and is read piece by piece. Octets that are no UTF-8 read as
/// `U+FFFD`.
fn register_body(engine: &mut Engine) {
    let unreadable = |error: std::io::Error| format!("the message cannot be read: {error}");
    engine.register_fn(
        "contains",
        move |body: &mut Arc<Body>, text: &str| -> Result<bool, Box<EvalAltResult>> {
            body.contains(text.as_bytes()).map_err(|error| unreadable(error).into())
        },
    );
    engine.register_type_with_name::<Pieces>("pieces");
    engine.register_iterator_result::<Pieces, ImmutableString>();
    engine.register_fn("pieces", |body: &mut Arc<Body>| Pieces { body: Arc::clone(body), offset: 0 });
    engine.register_fn(
        "read",
        move |body: &mut Arc<Body>, offset: i64, length: i64| -> Result<String, Box<EvalAltResult>> {
            let (offset, length) =
                (u64::try_from(offset).unwrap_or(u64::MAX), usize::try_from(length).unwrap_or(0));
            let piece = body.read(offset, length).map_err(unreadable)?;
            Ok(String::from_utf8_lossy(&piece).into_owned())
        },
    );
}

/// The pieces of a body, one after the other.
#[derive(Clone)]
struct Pieces {
    body: Arc<Body>,
    offset: u64,
}

impl Iterator for Pieces {
    type Item = Result<ImmutableString, Box<EvalAltResult>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.body.read(self.offset, PIECE) {
            Ok(piece) if piece.is_empty() => None,
            Ok(piece) => {
                self.offset += piece.len() as u64;
                Some(Ok(String::from_utf8_lossy(&piece).into_owned().into()))
            }
            Err(error) => Some(Err(format!("the message cannot be read: {error}").into())),
        }
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
