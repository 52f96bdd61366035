//! What a hook is told: typed, read-only facts.
//!
//! Behind the getters of scripts and plugins stands one Rust type for each thing a hook is given.
//! The relay fills these types; nothing else describes a peer, a handshake or a certificate. Each
//! type is written once, by the macro `facts!`: the struct, the list of its facts with their documentation
//! ([`Facts::FACTS`]), and how each is read. The script host registers its getters from that list,
//! the linter checks names and types against it, and a test holds that the WIT contract lists
//! exactly the same.
//!
//! A fact always has a value. A text that does not apply is empty, a version that does not apply
//! is [`Version::None`], so that a comparison is never made with nothing. Written out, as in the
//! decision log, a fact that is false, 0 or empty is left out, and filled in again when it is read; what
//! a message says is left out always.

mod body;
pub mod canonical;
mod certificate;
mod client;
mod fields;
mod handshake;
mod hello;
mod host;
mod mail;
mod message;
mod part;
mod reads;
mod recipient;
mod report;
mod row;
mod value;
mod version;

pub use body::{Body, PIECE};
pub use certificate::Certificate;
pub use client::Client;
pub use fields::{Fields, Named};
pub use handshake::Handshake;
pub use hello::Hello;
pub use host::Host;
pub use mail::Mail;
pub use message::Message;
pub use part::Part;
pub use reads::Reads;
pub use recipient::Recipient;
pub use report::Report;
pub use row::Row;
pub use value::{Kind, Parameter, Parameters, Value};
pub use version::{UnknownVersion, Version};

use serde::Serialize;

/// One fact: its name in scripts and in WIT, its type, what it says, and how it is read.
pub struct Fact<T> {
    /// The name of the getter, the same in Rhai; in WIT with `-` for `_`.
    pub name: &'static str,
    /// The type of the value.
    pub kind: Kind,
    /// What it says, for the reference.
    pub doc: &'static str,
    /// Reads it.
    pub read: fn(&T) -> Value,
}

/// A type of facts: something a hook is given.
pub trait Facts: Sized + Serialize + Send + Sync + 'static {
    /// The word for it: the name of the hook's parameter, and of the WIT resource.
    const WORD: &'static str;
    /// All its facts, in the order of the reference.
    const FACTS: &'static [Fact<Self>];
}

/// What a hook is given that is told of the peer alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Nothing {}

impl Facts for Nothing {
    const WORD: &'static str = "nothing";
    const FACTS: &'static [Fact<Self>] = &[];
}

macro_rules! facts {
    (
        $(#[$meta:meta])*
        pub struct $name:ident as $word:literal {
            $( $(#[doc = $doc:literal])* $(($unlogged:ident))? $field:ident : $kind:ident ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $(
                $(#[doc = $doc])*
                $(#[doc = concat!("It is ", stringify!($unlogged), ".")] #[serde(skip_serializing)])?
                #[serde(skip_serializing_if = "crate::facts::value::Blank::is_blank")]
                pub $field: $crate::facts::facts!(@type $kind),
            )*
        }

        impl $name {
            /// What a log has of it, and nothing else: who keeps that keeps no message alive.
            #[must_use]
            pub fn logged(&self) -> Self {
                Self { $( $field: $crate::facts::facts!(@logged $($unlogged)? $kind, self.$field) ),* }
            }
        }

        impl $crate::facts::Facts for $name {
            const WORD: &'static str = $word;
            const FACTS: &'static [$crate::facts::Fact<Self>] = &[
                $( $crate::facts::Fact {
                    name: stringify!($field),
                    kind: $crate::facts::Kind::$kind,
                    doc: concat!($($doc, "\n"),*),
                    read: |facts| $crate::facts::Value::$kind(facts.$field.clone()),
                }, )*
            ];
        }
    };
    (@logged unlogged $kind:ident, $value:expr) => { Default::default() };
    (@logged Body, $value:expr) => { std::sync::Arc::new($value.logged()) };
    (@logged $kind:ident, $value:expr) => { $value.clone() };
    (@type Flag) => { bool };
    (@type Number) => { i64 };
    (@type Text) => { String };
    (@type Texts) => { Vec<String> };
    (@type Version) => { $crate::facts::Version };
    (@type Fields) => { std::sync::Arc<$crate::facts::Fields> };
    (@type Parts) => { Vec<std::sync::Arc<$crate::facts::Part>> };
    (@type Body) => { std::sync::Arc<$crate::facts::Body> };
    (@type Parameters) => { $crate::facts::Parameters };
    (@type Row) => { std::sync::Arc<$crate::facts::Row> };
    (@type Certificate) => { std::sync::Arc<$crate::facts::Certificate> };
}
pub(crate) use facts;
