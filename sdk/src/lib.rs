//! All that the author of a Waxseal plugin needs.

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod bindings;
pub mod clock;
mod configuration;
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
pub mod kv;
pub mod log;
pub mod outgoing;
pub mod prelude;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod verdict;

pub use contract::{CONTRACT, CONTRACT_VERSION};

// What the plugin asks of the relay: the imports, or in tests what stands for them.
#[cfg(target_arch = "wasm32")]
use bindings::waxseal::policy as relay;
#[cfg(not(target_arch = "wasm32"))]
use testing::relay;
