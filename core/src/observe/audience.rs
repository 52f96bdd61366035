//! Who looks at the relay from its admin side: the last decisions, and what TLS came to by domain.
//!
//! Both are told by the thread that writes the decision log, so that mail's own path pays nothing for
//! them. Where there is no admin side there is no audience.

use std::sync::Arc;

use super::encounter::Encounter;
use super::posture::Posture;
use super::recent::Recent;
use super::record::Record;

/// The last decisions, and what TLS came to by domain.
#[derive(Debug, Default)]
pub struct Audience {
    /// The last decisions.
    pub recent: Recent,
    /// What TLS came to.
    pub posture: Posture,
}

impl Audience {
    /// A decision was taken; its line of the log has so many octets.
    pub(super) fn decided(&self, record: &Arc<Record>, length: usize) {
        if let Some(encounter) = Encounter::of_client(record) {
            self.posture.meet(&encounter);
        }
        self.recent.hear(Arc::clone(record), length);
    }

    /// A message of a sender's domain was accepted.
    pub(super) fn accepted(&self, domain: &str) {
        self.posture.accept(domain);
    }

    /// A host was met.
    pub(super) fn met(&self, encounter: &Encounter) {
        self.posture.meet(encounter);
    }
}
