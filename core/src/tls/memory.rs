//! Peers whose handshakes failed lately: bounded, for an hour, dropped by a success.

use std::net::IpAddr;

/// What is remembered of a peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recent {
    /// How many handshakes failed within the hour.
    pub failures: u32,
    /// How the last one failed.
    pub reason: String,
}

/// The memory of one direction.
#[derive(Debug, Default)]
pub struct Memory {}

impl Memory {
    /// A handshake with this peer failed.
    pub fn failed(&self, peer: IpAddr, reason: &str) {
        let _ = (peer, reason);
        todo!()
    }

    /// A handshake succeeded, or the memory did harm: forget.
    pub fn forget(&self, peer: IpAddr) {
        let _ = peer;
        todo!()
    }

    /// What is remembered.
    pub fn recent(&self, peer: IpAddr) -> Recent {
        let _ = peer;
        todo!()
    }
}
