//! The files of signing keys, read again while mail flows, like those of certificates.

use std::sync::{Arc, Mutex, PoisonError};

use waxseal_plugins::diagnostic::Diagnostic;

use super::Services;
use crate::authentication::sign::Keyring;
use crate::config::Config;
use crate::tls::Reloaded;

/// The keys that sign mail, and what is wrong with their files as they were read last.
#[derive(Debug)]
pub struct Signing {
    /// The keys in force.
    pub keyring: Keyring,
    errors: Mutex<Vec<Diagnostic>>,
}

impl Signing {
    /// Reads the keys.
    ///
    /// # Errors
    ///
    /// What is wrong with which file.
    pub fn load(config: &Config) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self { keyring: Keyring::load(config)?, errors: Mutex::default() })
    }

    /// What is wrong with the files as they are now: the last good keys stay in force.
    pub fn findings(&self) -> Vec<Diagnostic> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what is wrong now, and gives what was wrong before.
    fn replace(&self, errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
        std::mem::replace(&mut *self.errors.lock().unwrap_or_else(PoisonError::into_inner), errors)
    }
}

/// What a reload of the signing keys came to.
pub type Keys = Result<Reloaded, Vec<Diagnostic>>;

/// Reads them now; what is broken stays as it was.
pub(super) async fn reload(services: &Arc<Services>) -> Keys {
    let reading = {
        let services = Arc::clone(services);
        tokio::task::spawn_blocking(move || services.signing.keyring.reload())
    };
    // A panic of the reader leaves the keys as they were.
    let reloaded = reading.await.unwrap_or(Ok(Reloaded::Unchanged));
    note(services, &reloaded);
    reloaded
}

/// Logs and counts what it came to; what is found again is said only once.
fn note(services: &Services, reloaded: &Keys) {
    let metrics = services.observer.metrics();
    let errors = reloaded.as_ref().err().cloned().unwrap_or_default();
    let last = services.signing.replace(errors.clone());
    if let Ok(Reloaded::Swapped) = reloaded {
        tracing::info!("new signing keys are in force");
        metrics.reload("signing_keys", "swapped");
    }
    if !errors.is_empty() && errors != last {
        metrics.reload("signing_keys", "rejected");
    }
    for error in errors.iter().filter(|error| !last.contains(error)) {
        tracing::error!("signing keys were not reloaded, the last good ones stay: {error}");
    }
}
