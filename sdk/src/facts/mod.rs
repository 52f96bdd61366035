//! What a hook is told: typed, read-only facts.
//!
//! Each type has a getter for each fact; a plugin pays for what it reads. A fact always has a
//! value: a text that does not apply is empty, a version that does not apply is 0, so that a
//! comparison with a minimum fails closed. A TLS version is its number on the wire, and compares:
//!
//! ```
//! use waxseal_sdk::prelude::*;
//!
//! fn is_modern(host: &Host) -> bool {
//!     host.version() >= TLS_1_3
//! }
//!
//! assert!(is_modern(&testing::encrypted_host()));
//! assert!(!is_modern(&testing::clear_host()));
//! ```
//!
//! In a plugin these types are handles to what the relay knows. In its tests they are plain
//! structs, made by the builders of [`testing`](crate::testing). Both come from one list for each
//! type, by the macro `facts!`; the list is that of `wit/facts.wit`.

mod body;
mod certificate;
mod client;
mod fields;
mod handshake;
mod hello;
mod host;
#[cfg(test)]
mod list;
mod mail;
mod message;
mod part;
mod recipient;
mod report;
mod row;
mod version;

pub use body::Body;
pub use certificate::Certificate;
pub use client::Client;
pub use fields::Fields;
pub use handshake::Handshake;
pub use hello::Hello;
pub use host::Host;
pub use mail::Mail;
pub use message::Message;
pub use part::Part;
pub use recipient::Recipient;
pub use report::Report;
pub use row::Row;
pub use version::{TLS_1_2, TLS_1_3, version_in_words};

#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod builders {
    //! What makes facts for tests, under the names that `testing` gives them.
    pub use super::certificate::Builder as CertificateBuilder;
    pub use super::client::Builder as ClientBuilder;
    pub use super::handshake::Builder as HandshakeBuilder;
    pub use super::hello::Builder as HelloBuilder;
    pub use super::host::Builder as HostBuilder;
    pub use super::mail::Builder as MailBuilder;
    pub use super::message::Builder as MessageBuilder;
    pub use super::part::Builder as PartBuilder;
    pub use super::recipient::Builder as RecipientBuilder;
    pub use super::report::Builder as ReportBuilder;
    pub use super::row::Builder as RowBuilder;
}

macro_rules! facts {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[doc = $doc:literal])* $fact:ident : $kind:ident ),* $(,)?
        }
    ) => {
        #[cfg(target_arch = "wasm32")]
        pub use $crate::bindings::waxseal::policy::facts::$name;

        // The imported resource has each of these getters, with this type.
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            $( let _: fn(&$name) -> $crate::facts::facts!(@type $kind) = $name::$fact; )*
        };

        $(#[$meta])*
        #[cfg(not(target_arch = "wasm32"))]
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        pub struct $name {
            $( $fact: $crate::facts::facts!(@type $kind), )*
        }

        #[cfg(not(target_arch = "wasm32"))]
        impl $name {
            $(
                $(#[doc = $doc])*
                #[must_use]
                pub fn $fact(&self) -> $crate::facts::facts!(@type $kind) {
                    self.$fact.clone()
                }
            )*
        }

        #[cfg(not(target_arch = "wasm32"))]
        impl Default for $name {
            fn default() -> Self {
                Self { $( $fact: $crate::facts::facts!(@default $kind), )* }
            }
        }

        #[doc = concat!("Makes a [`", stringify!($name), "`] for a test: a setter for each fact.")]
        ///
        /// It is taken wherever the facts are. Its own methods only set: to read a fact, take the facts first, with
        /// [`facts`](Self::facts), as in `builder.facts().…()`.
        #[cfg(not(target_arch = "wasm32"))]
        #[derive(Clone, Debug, Default)]
        pub struct Builder($name);

        #[cfg(not(target_arch = "wasm32"))]
        impl Builder {
            /// The facts, to be read.
            #[must_use]
            pub fn facts(&self) -> &$name {
                &self.0
            }

            $(
                #[doc = concat!("Sets [`", stringify!($fact), "`](", stringify!($name), "::", stringify!($fact), "); `facts().", stringify!($fact), "()` reads it.")]
                #[must_use]
                pub fn $fact(mut self, value: $crate::facts::facts!(@given $kind)) -> Self {
                    self.0.$fact = $crate::facts::facts!(@from $kind value);
                    self
                }
            )*
        }

        #[cfg(not(target_arch = "wasm32"))]
        impl std::ops::Deref for Builder {
            type Target = $name;

            fn deref(&self) -> &$name {
                &self.0
            }
        }

        #[cfg(not(target_arch = "wasm32"))]
        impl From<Builder> for $name {
            fn from(builder: Builder) -> Self {
                builder.0
            }
        }

        #[cfg(test)]
        pub(super) const LIST: &[$crate::facts::list::Listed] =
            &[$( (stringify!($fact), stringify!($kind), concat!($($doc, "\n"),*)) ),*];
    };
    (@type Flag) => { bool };
    (@type Number) => { i64 };
    (@type Text) => { String };
    (@type Texts) => { Vec<String> };
    (@type Version) => { u16 };
    (@type Fields) => { $crate::facts::Fields };
    (@type Parts) => { Vec<$crate::facts::Part> };
    (@type Body) => { $crate::facts::Body };
    (@type Parameters) => { String };
    (@type Row) => { $crate::facts::Row };
    (@type Certificate) => { $crate::facts::Certificate };
    (@default Parameters) => { "{}".to_owned() };
    (@default $kind:ident) => { Default::default() };
    (@given Text) => { impl Into<String> };
    (@given Texts) => { impl IntoIterator<Item = impl Into<String>> };
    (@given Fields) => { impl Into<$crate::facts::Fields> };
    (@given Parts) => { impl IntoIterator<Item = impl Into<$crate::facts::Part>> };
    (@given Body) => { impl Into<$crate::facts::Body> };
    (@given Parameters) => { impl Into<String> };
    (@given Row) => { impl Into<$crate::facts::Row> };
    (@given Certificate) => { impl Into<$crate::facts::Certificate> };
    (@given $plain:ident) => { $crate::facts::facts!(@type $plain) };
    (@from Parts $value:ident) => { $value.into_iter().map(Into::into).collect() };
    (@from Texts $value:ident) => { $value.into_iter().map(Into::into).collect() };
    (@from Flag $value:ident) => { $value };
    (@from Number $value:ident) => { $value };
    (@from Version $value:ident) => { $value };
    (@from $kind:ident $value:ident) => { $value.into() };
}
pub(crate) use facts;
