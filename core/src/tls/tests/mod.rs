//! Tests over loopback, with certificates made on the spot.

mod decisions;
mod handshakes;
mod hellos;
mod reload;
pub(super) mod support;
