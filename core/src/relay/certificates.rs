//! The files of identities and roots, read again while mail flows; those of signing keys at the same pace.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use waxseal_plugins::diagnostic::{Diagnostic, Severity};

use super::{Identities, Services};
use crate::observe::Metrics;
use crate::tls::Reloaded;

/// How often the files are read again. Certificates are renewed weeks before they end: seconds do
/// not matter, and network file systems send no events.
const PACE: Duration = Duration::from_secs(5);

/// What is wrong with the files as they were read last.
#[derive(Debug, Default)]
pub struct Certificates(Mutex<Vec<Diagnostic>>);

impl Certificates {
    /// With the warnings of the start.
    pub(super) fn new(warnings: Vec<Diagnostic>) -> Self {
        Self(Mutex::new(warnings))
    }

    /// Errors: the last good ones stay in force. Warnings alone: they are in force.
    pub fn findings(&self) -> Vec<Diagnostic> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Logs and counts what a reload came to; what is found again is said only once.
    fn note(&self, reloaded: &Identities, metrics: &Metrics) {
        let findings = match reloaded {
            Ok((_, warnings)) => warnings,
            Err(errors) => errors,
        };
        let last = {
            let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *last, findings.clone())
        };
        match reloaded {
            Ok((Reloaded::Swapped, _)) => {
                tracing::info!("new certificates and roots are in force");
                metrics.reload("certificates", "swapped");
            }
            Err(errors) if *errors != last => metrics.reload("certificates", "rejected"),
            _ => {}
        }
        findings.iter().filter(|finding| !last.contains(finding)).for_each(log);
    }
}

/// Reads them now; what is broken stays as it was.
pub(super) async fn reload(services: &Arc<Services>) -> Identities {
    let reading = {
        let services = Arc::clone(services);
        tokio::task::spawn_blocking(move || services.tls.reload())
    };
    // A panic of the reader leaves the identities as they were.
    let reloaded = reading.await.unwrap_or(Ok((Reloaded::Unchanged, Vec::new())));
    services.certificates.note(&reloaded, services.observer.metrics());
    reloaded
}

/// Reads them again and again until the relay is stopping.
pub(super) async fn watch(services: Arc<Services>) {
    let watch = async {
        loop {
            tokio::time::sleep(PACE).await;
            // What it came to has been noted.
            let _ = reload(&services).await;
            let _ = super::signing::reload(&services).await;
        }
    };
    let () = services.stopping.run_until_cancelled(watch).await.unwrap_or_default();
}

fn log(finding: &Diagnostic) {
    match finding.severity {
        Severity::Warning => tracing::warn!("{finding}"),
        Severity::Error => {
            tracing::error!("certificates were not reloaded, the last good ones stay: {finding}");
        }
    }
}
