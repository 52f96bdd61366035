//! All that the author of a Waxseal plugin needs.
//!
//! Waxseal is an SMTP relay in which every TLS decision is a hook. A plugin is a WebAssembly
//! component that answers some of them: a policy, or a filter. It is told the same facts and gives
//! the same verdicts as a script, and may remember, count and look up as a script does, if it is granted.
//!
//! # A plugin
//!
//! ```
//! //! Defers mail for a partner's host whose key is not pinned.
//!
//! use serde::Deserialize;
//! use waxseal_sdk::prelude::*;
//!
//! /// The plugin is what its `.toml` says.
//! #[derive(Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct PinnedKey {
//!     pins: Vec<String>,
//! }
//!
//! impl outgoing::Certificate for PinnedKey {
//!     fn certificate(&self, host: &Host, certificate: &Certificate) -> outgoing::certificate::Verdict {
//!         if self.pins.contains(&certificate.spki_sha256()) {
//!             return accept();
//!         }
//!         alarm!("{} has a new key", host.name());
//!         defer("4.7.5", "the key is not pinned")
//!     }
//! }
//!
//! impl outgoing::Mail for PinnedKey {
//!     fn mail(&self, host: &Host, _: &Mail) -> outgoing::mail::Verdict {
//!         if host.encrypted() { accept() } else { defer("4.7.5", format!("TLS is required: {}", host.tls_failure())) }
//!     }
//! }
//!
//! export!(PinnedKey: outgoing::Certificate, outgoing::Mail);
//!
//! // Its test runs natively:
//! let plugin: PinnedKey = testing::configured(r#"pins = ["b2"]"#).unwrap();
//! let verdict = plugin.certificate(&testing::encrypted_host(), &testing::certificate());
//! assert_eq!(verdict, defer("4.7.5", "the key is not pinned"));
//! assert_eq!(testing::alarms(), ["mx.example.org has a new key"]);
//! ```
//!
//! # The map
//!
//! - [`incoming`] and [`outgoing`]: the hooks. A trait of one function each; its page says when it is
//!   asked. [`export!`] names those that the plugin has.
//! - [`facts`]: what a hook is told, read by getters. [`Row::parameter`](facts::Row::parameter) reads
//!   what the domain table says with `with #{...}`.
//! - [`verdict`]: what it answers: [`accept`](verdict::accept), [`defer`](verdict::defer),
//!   [`refuse`](verdict::refuse) and the like, and the [`Terms`](verdict::Terms) of a handshake.
//! - [`mod@log`], [`kv`], [`counters`], [`clock`], [`dns`], [`rates`], [`lists`]: what a plugin may ask of the relay besides.
//! - [`testing`]: facts to order, and a relay for the plugin's tests.
//! - [`CONTRACT`]: the WIT files, for plugins in other languages.
//!
//! # What a plugin can and cannot do
//!
//! **Nothing that it was not given.** There are no files, no sockets, no environment. What it
//! imports is its manifest: `log` and its own configuration are there for every plugin; `kv`,
//! `counters`, `clock`, `dns`, `rates` and `lists` the site has to grant, in `waxseal.toml`: `[plugin.pinned_key] grant
//! = ["kv"]`. A plugin that imports what is not granted is not loaded. Only what is used is imported.
//!
//! **Memory is a cache, and never a fact.** The relay keeps a few instances of a plugin, and each
//! serves many connections, one call at a time; it is thrown away after a trap, at a reload, and
//! whenever the relay likes. A field of the plugin in a [`Cell`](std::cell::Cell) may spare work; it
//! must never change a verdict, or nobody can explain the verdict later. What lasts belongs in [`kv`].
//!
//! **A failure never opens anything.** A panic, an endless loop, too much memory, an answer that
//! makes no sense, and [`fail`](verdict::fail): each is a failure of that call. Mail is deferred, the
//! log says why and where, and the relay goes on. So there is no need to catch everything: where
//! there is nothing sensible to say, `fail` says so.
//!
//! **Bounds.** An instance has 16 MiB of memory, a call some 50 million instructions; both are far
//! beyond what a decision needs. A call may write a few lines to the log and look up 10 names.
//!
//! **A filter can only tighten.** The verdicts of all filters and of the policy are joined, and the
//! strictest wins. [`no_opinion`](verdict::no_opinion) leaves the others to say.

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod bindings;
pub mod clock;
mod contract;
pub mod counters;
pub mod dns;
#[doc(hidden)]
pub mod export;
pub mod facts;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod glue;
pub mod incoming;
mod json;
pub mod kv;
pub mod lists;
pub mod log;
pub mod outgoing;
pub mod prelude;
pub mod rates;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod texts;
pub mod verdict;

pub use contract::{CONTRACT, CONTRACT_VERSION};

// What the plugin asks of the relay: the imports, or in tests what stands for them.
#[cfg(target_arch = "wasm32")]
use bindings::waxseal::policy as relay;
#[cfg(not(target_arch = "wasm32"))]
use testing::relay;

// The plugin of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
