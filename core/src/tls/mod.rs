//! The four TLS decisions, and the handshakes that they steer.
//!
//! - [`offer`], [`start`], [`cipher`], [`certificate`]: a hook each, both directions
//! - [`terms`], [`denied`]: what the relay itself holds, and what is said where mail may not pass
//! - [`server`], [`client`]: the handshake as a server and as a client
//! - `recorder`, `hello`, `wire`, `ja4`: what a ClientHello says that the library does not
//! - `crypto`, `cache`, `verifier`: configurations, and what must be one for each policy
//! - [`judgement`], `chain`, `names`, `digest`: what there is to say of a certificate chain
//! - [`rejudgement`]: a recorded judgement, by other names and pins
//! - `identities`, `self_made`, `roots`: ours, and those we trust
//! - [`failure`]: how a handshake failed, and what follows
//! - [`memory`]: peers whose handshakes failed lately

pub mod ask;
mod cache;
pub mod certificate;
mod chain;
pub mod cipher;
pub mod client;
mod crypto;
mod deadline;
pub mod denied;
mod digest;
pub mod failure;
mod farewell;
mod hello;
mod identities;
mod ja4;
pub mod judgement;
pub mod memory;
mod names;
pub mod offer;
mod own;
mod recorder;
pub mod rejudgement;
mod roots;
mod self_made;
pub mod server;
pub mod start;
mod verifier;
mod wire;

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use waxseal_plugins::diagnostic::{Diagnostic, Severity};
pub use waxseal_plugins::terms;

use crate::config::{Config, IdentityFiles};
use identities::Identities;
pub use identities::Term;
use roots::Roots;

/// What the handshakes of a relay share: identities, roots, configurations with their sessions,
/// memory of failures. All of it can be reloaded while mail flows.
#[derive(Debug)]
pub struct Tls {
    /// Clients whose handshakes failed lately.
    pub incoming_memory: memory::Memory,
    /// Hosts whose handshakes failed lately, by what they were asked for.
    pub outgoing_memory: memory::Memory<memory::Asked>,
    files: Vec<IdentityFiles>,
    /// Whether the identity is of our own making: it has a warning of its own.
    is_self_made: bool,
    roots: Vec<String>,
    client_roots: Vec<String>,
    materials: ArcSwap<Materials>,
    verifier: Arc<verifier::Deferred>,
    own: own::Judgements,
    servers: server::Configs,
    clients: client::Configs,
}

/// What is reloaded together. The epoch is part of the key of every configuration, so that no TLS
/// session resumes across a reload.
#[derive(Debug)]
struct Materials {
    epoch: u64,
    identities: Identities,
    roots: Roots,
}

/// What a reload of identities and roots came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// New ones are in force, under a new epoch: no old TLS session resumes.
    Swapped,
    /// Nothing has changed.
    Unchanged,
}

impl Tls {
    /// Loads identities and roots; warnings come with them. Where TLS is enabled and no identity is
    /// configured, one is made for the hostname, and kept below the data directory.
    ///
    /// # Errors
    ///
    /// What is wrong with a certificate, key or root file.
    pub fn load(config: &Config) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let mut findings = Vec::new();
        let mut files = config.tls.identities.clone();
        let is_self_made = config.tls.enabled && files.is_empty();
        if is_self_made {
            files.extend(self_made::identity(&config.hostname, &config.data_dir, &mut findings));
        }
        let roots = Roots::new(config.file.parent().unwrap_or(Path::new(".")));
        roots.load(config.tls.roots.iter().chain(&config.tls.client_roots), &mut findings);
        let identities = Identities::load(&files, &mut findings);
        if !is_self_made {
            identities.warn_untrusted(&roots.union(config.tls.roots.iter()), &mut findings);
        }
        let findings = unless_wrong(findings)?;
        let tls = Self {
            incoming_memory: memory::Memory::default(),
            outgoing_memory: memory::Memory::default(),
            files,
            is_self_made,
            roots: config.tls.roots.clone(),
            client_roots: config.tls.client_roots.clone(),
            materials: ArcSwap::from_pointee(Materials { epoch: 1, identities, roots }),
            verifier: Arc::default(),
            own: own::Judgements::default(),
            servers: server::Configs::default(),
            clients: client::Configs::default(),
        };
        Ok((tls, findings))
    }

    /// Our certificates in force, and when they hold.
    pub fn certificates(&self) -> Vec<Term> {
        self.materials.load().identities.terms()
    }

    /// Reads the identities and roots again, and swaps them in if all are good and something has
    /// changed; on error the last good ones stay. Warnings come with it. It reads files: not for
    /// the threads of the sessions.
    ///
    /// # Errors
    ///
    /// What is wrong with a certificate, key or root file.
    pub fn reload(&self) -> Result<(Reloaded, Vec<Diagnostic>), Vec<Diagnostic>> {
        let mut findings = Vec::new();
        let old = self.materials.load_full();
        let identities = Identities::load(&self.files, &mut findings);
        let roots = old.roots.read_again(&mut findings);
        if self.is_self_made {
            findings.extend(self.files.iter().map(self_made::warning));
        } else {
            identities.warn_untrusted(&roots.union(self.roots.iter()), &mut findings);
        }
        let findings = unless_wrong(findings)?;
        if identities.is_same(&old.identities) && roots.is_same(&old.roots) {
            return Ok((Reloaded::Unchanged, findings));
        }
        self.materials.store(Arc::new(Materials { epoch: old.epoch + 1, identities, roots }));
        Ok((Reloaded::Swapped, findings))
    }

    /// Counts up with each swap of identities and roots.
    pub fn epoch(&self) -> u64 {
        self.materials.load().epoch
    }
}

fn unless_wrong(findings: Vec<Diagnostic>) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let wrong = findings.iter().any(|finding| finding.severity == Severity::Error);
    if wrong { Err(findings) } else { Ok(findings) }
}

#[cfg(test)]
mod tests;
