//! The values a fact may have.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Body, Certificate, Fields, Part, Row, Version};

/// A policy's own parameters, from the `with #{...}` clause of its row.
pub type Parameters = BTreeMap<String, Parameter>;

/// One value of a row's `with #{...}` clause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Parameter {
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Parameter>),
    /// A nested map.
    Map(Parameters),
}

/// The type of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// True or false.
    Flag,
    /// A whole number.
    Number,
    /// A text, empty where it does not apply.
    Text,
    /// A list of texts.
    Texts,
    /// A TLS version; compares with `"1.2"` and the like, and with nothing else.
    Version,
    /// Names with values, of which a name may occur again.
    Fields,
    /// The parts of a message.
    Parts,
    /// A body, to be read piece by piece.
    Body,
    /// A map of the row's own parameters.
    Parameters,
    /// A row of the domain table.
    Row,
    /// A certificate with its judgement.
    Certificate,
}

impl Kind {
    /// The type in a word or two, for people.
    pub(crate) const fn in_words(self) -> &'static str {
        match self {
            Self::Flag => "true or false",
            Self::Number => "number",
            Self::Text => "text",
            Self::Texts => "list of texts",
            Self::Version => "version",
            Self::Fields => "fields",
            Self::Parts => "list of parts",
            Self::Body => "body",
            Self::Parameters => "parameters",
            Self::Row => "row",
            Self::Certificate => "certificate",
        }
    }
}

/// The value of a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// True or false.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A text, empty where it does not apply.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// A TLS version.
    Version(Version),
    /// Names with values.
    Fields(Arc<Fields>),
    /// The parts of a message.
    Parts(Vec<Arc<Part>>),
    /// A body.
    Body(Arc<Body>),
    /// The row's own parameters.
    Parameters(Parameters),
    /// A row of the domain table.
    Row(Arc<Row>),
    /// A certificate with its judgement.
    Certificate(Arc<Certificate>),
}

impl Value {
    /// All of it as JSON, what the log leaves out too: it reads back as the same value.
    pub(crate) fn to_json(&self) -> serde_json::Result<serde_json::Value> {
        match self {
            Self::Flag(flag) => serde_json::to_value(flag),
            Self::Number(number) => serde_json::to_value(number),
            Self::Text(text) => serde_json::to_value(text),
            Self::Texts(texts) => serde_json::to_value(texts),
            Self::Version(version) => serde_json::to_value(version),
            Self::Fields(fields) => serde_json::to_value(fields),
            Self::Parts(parts) => serde_json::to_value(parts),
            Self::Body(body) => Ok(serde_json::Value::from(body.text())),
            Self::Parameters(parameters) => serde_json::to_value(parameters),
            Self::Row(row) => serde_json::to_value(row),
            Self::Certificate(certificate) => serde_json::to_value(certificate),
        }
    }
}

/// A value that may be left out where it says nothing.
pub(super) trait Blank {
    /// Whether it is false, 0 or empty.
    fn is_blank(&self) -> bool;
}

impl Blank for bool {
    fn is_blank(&self) -> bool {
        !self
    }
}

impl Blank for i64 {
    fn is_blank(&self) -> bool {
        *self == 0
    }
}

impl Blank for String {
    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Blank for Vec<T> {
    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}

impl Blank for Version {
    fn is_blank(&self) -> bool {
        *self == Self::None
    }
}

impl Blank for Parameters {
    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Default + PartialEq> Blank for Arc<T> {
    fn is_blank(&self) -> bool {
        **self == T::default()
    }
}
