//! The roots that chains may lead to.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor};
use waxseal_plugins::diagnostic::Diagnostic;

use super::identities::place;

/// The most sets, and unions of sets, that are kept: a script may make up names without end.
const MOST: usize = 64;

/// Trusted roots of one set or several.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Anchors {
    pub(super) anchors: Vec<TrustAnchor<'static>>,
    /// Why a set is missing; then nothing leads to it.
    pub(super) problem: Option<String>,
}

/// The sets of roots, each read once.
#[derive(Debug)]
pub(super) struct Roots {
    directory: PathBuf,
    sets: Mutex<HashMap<String, Arc<Anchors>>>,
    unions: Mutex<HashMap<BTreeSet<String>, Arc<Anchors>>>,
}

impl Roots {
    /// No set read yet; paths are relative to the directory.
    pub(super) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), sets: Mutex::default(), unions: Mutex::default() }
    }

    /// Reads the configured sets ahead, and pushes what is wrong to the findings.
    pub(super) fn load<'a>(&self, names: impl Iterator<Item = &'a String>, findings: &mut Vec<Diagnostic>) {
        for name in names {
            self.complain(name, findings);
        }
    }

    fn complain(&self, name: &str, findings: &mut Vec<Diagnostic>) {
        if let Some(problem) = &self.set(name).problem {
            let help = "`webpki`, `system`, or a PEM file with certificates of CAs";
            let place = place(&self.directory.join(name));
            findings.push(Diagnostic::error("K010", place, problem.clone()).helped(help));
        }
    }

    /// The roots of these sets together. A set that cannot be read trusts nobody.
    pub(super) fn union<'a>(&self, names: impl Iterator<Item = &'a String>) -> Arc<Anchors> {
        let names: BTreeSet<String> = names.cloned().collect();
        if let Some(known) = lock(&self.unions).get(&names) {
            return Arc::clone(known);
        }
        let sets: Vec<_> = names.iter().map(|name| self.set(name)).collect();
        let union = Arc::new(Anchors {
            anchors: sets.iter().flat_map(|set| set.anchors.iter().cloned()).collect(),
            problem: sets.iter().find_map(|set| set.problem.clone()),
        });
        keep(&self.unions, names, &union);
        union
    }

    /// The sets in use, read anew: what rows and policies named besides the configured ones too.
    /// One that could be read before and cannot now is a finding.
    pub(super) fn read_again(&self, findings: &mut Vec<Diagnostic>) -> Self {
        let fresh = Self::new(&self.directory);
        let sets = lock(&self.sets).clone();
        for (name, old) in &sets {
            fresh.set(name);
            if old.problem.is_none() {
                fresh.complain(name, findings);
            }
        }
        fresh
    }

    /// Whether the same sets hold the same roots.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let (own, other) = (lock(&self.sets).clone(), lock(&other.sets).clone());
        own == other
    }

    fn set(&self, name: &str) -> Arc<Anchors> {
        if let Some(known) = lock(&self.sets).get(name) {
            return Arc::clone(known);
        }
        let read = match name {
            "webpki" => Anchors { anchors: webpki_roots::TLS_SERVER_ROOTS.to_vec(), problem: None },
            "system" => read_system(),
            path => read_file(&self.directory.join(path)),
        };
        let set = Arc::new(read);
        keep(&self.sets, name.to_owned(), &set);
        set
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep<K: Eq + Hash>(kept: &Mutex<HashMap<K, Arc<Anchors>>>, key: K, anchors: &Arc<Anchors>) {
    let mut kept = lock(kept);
    if kept.len() < MOST {
        kept.insert(key, Arc::clone(anchors));
    }
}

fn read_system() -> Anchors {
    let found = rustls_native_certs::load_native_certs();
    let anchors = anchors_of(&found.certs);
    let problem = anchors.is_empty().then(|| {
        let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
        format!("this machine has no roots{why}")
    });
    Anchors { anchors, problem }
}

fn read_file(path: &Path) -> Anchors {
    let refused = |why: String| Anchors { anchors: vec![], problem: Some(why) };
    let pem = match fs::read(path) {
        Ok(pem) => pem,
        Err(error) => return refused(format!("the roots in {} cannot be read: {error}", path.display())),
    };
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match certificates.map(|certificates| anchors_of(&certificates)) {
        Ok(anchors) if !anchors.is_empty() => Anchors { anchors, problem: None },
        Ok(_) => refused(format!("there is no certificate that can be a root in {}", path.display())),
        Err(error) => refused(format!("the PEM in {} cannot be read: {error}", path.display())),
    }
}

/// System stores hold a few certificates that nobody can use: they are passed over.
fn anchors_of(certificates: &[CertificateDer<'_>]) -> Vec<TrustAnchor<'static>> {
    certificates
        .iter()
        .filter_map(|certificate| webpki::anchor_from_trusted_cert(certificate).ok())
        .map(|anchor| anchor.to_owned())
        .collect()
}
