//! The four TLS decisions, and the handshakes that they steer.
//!
//! - [`offer`], [`start`], [`cipher`], [`certificate`]: a hook each, both directions
//! - [`terms`], [`denied`]: what the relay itself holds, and what is said where mail may not pass
//! - [`server`], [`client`]: the handshake as a server and as a client
//! - [`hello`]: what a ClientHello says that the library does not
//! - [`judgement`]: what there is to say of a certificate chain
//! - [`identities`], [`roots`]: ours, and those we trust
//! - [`failure`]: how a handshake failed, and what follows
//! - [`memory`]: peers whose handshakes failed lately

pub mod ask;
pub mod certificate;
pub mod cipher;
pub mod client;
pub mod denied;
pub mod failure;
pub mod hello;
pub mod identities;
pub mod judgement;
pub mod memory;
pub mod offer;
pub mod roots;
pub mod server;
pub mod start;
pub mod terms;

use waxseal_plugins::diagnostic::Diagnostic;

/// What the handshakes of a relay share: identities, roots, configurations with their sessions,
/// memory of failures. All of it can be reloaded while mail flows.
#[derive(Debug)]
pub struct Tls {
    /// Clients whose handshakes failed lately.
    pub incoming_memory: memory::Memory,
    /// Hosts whose handshakes failed lately.
    pub outgoing_memory: memory::Memory,
}

impl Tls {
    /// Loads identities and roots; warnings come with them. Where TLS is enabled and no identity is
    /// configured, one is made for the hostname, and kept below the data directory.
    ///
    /// # Errors
    ///
    /// What is wrong with a certificate, key or root file.
    pub fn load(config: &crate::config::Config) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let _ = config;
        todo!()
    }

    /// Reads the identities and roots again; on error the last good ones stay.
    ///
    /// # Errors
    ///
    /// What is wrong with a certificate, key or root file.
    pub fn reload(&self) -> Result<(Reloaded, Vec<Diagnostic>), Vec<Diagnostic>> {
        todo!()
    }
}

/// What a reload of identities and roots came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// New ones are in force, under a new epoch: no old TLS session resumes.
    Swapped,
    /// Nothing has changed.
    Unchanged,
}
