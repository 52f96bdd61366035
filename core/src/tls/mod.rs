//! The four TLS decisions, and the handshakes that they steer.
//!
//! - [`offer`], [`start`], [`cipher`], [`certificate`]: a hook each, both directions
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
pub mod failure;
pub mod hello;
pub mod identities;
pub mod judgement;
pub mod memory;
pub mod offer;
pub mod roots;
pub mod server;
pub mod start;

use waxseal_plugins::diagnostic::Diagnostic;

/// What the handshakes of a relay share: identities, roots, configurations with their sessions,
/// memory of failures. All of it can be reloaded while mail flows.
#[derive(Debug)]
pub struct Tls {}

impl Tls {
    /// Loads identities and roots.
    ///
    /// # Errors
    ///
    /// What is wrong with a certificate, key or root file.
    pub fn load(config: &crate::config::Tls) -> Result<Self, Vec<Diagnostic>> {
        let _ = config;
        todo!()
    }

    /// Reads the identities and roots again; on error the last good ones stay.
    ///
    /// # Errors
    ///
    /// What is wrong with a certificate, key or root file.
    pub fn reload(&self) -> Result<Reloaded, Vec<Diagnostic>> {
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
