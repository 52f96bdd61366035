//! What is seen at a host.

use std::sync::{Mutex, PoisonError};

use rustls::pki_types::CertificateDer;
use waxseal_plugins::facts::Handshake;

use super::super::witness::{Event, Witness};
use crate::tls::client::ClientPlan;
use crate::tls::failure::HandshakeFailure;

/// A witness that writes down what it sees.
#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<Seen>);

/// What was seen of a host's TLS; nothing at all where it was not tried.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How the handshake was to be made.
    pub plan: Option<ClientPlan>,
    /// The answer to STARTTLS, where it was no 220.
    pub refusal: Option<String>,
    /// How the handshake failed: maybe after it was made, where the host did not like our certificate.
    pub failure: Option<HandshakeFailure>,
    /// The handshake.
    pub made: Option<Made>,
}

/// A handshake.
#[derive(Debug)]
pub(super) struct Made {
    /// What was negotiated.
    pub handshake: Handshake,
    /// The host's chain, leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Whether the host proved that it has the key.
    pub possession: bool,
}

impl Notes {
    /// What was written down.
    pub(super) fn into_seen(self) -> Seen {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Witness for Notes {
    fn sees(&self, event: Event<'_>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Starts(plan) => seen.plan = Some(plan.clone()),
            Event::Refused(why) => seen.refusal = Some(why.to_owned()),
            Event::Failed(failure) => seen.failure = Some(failure.clone()),
            Event::Connected(connected) => {
                seen.made = Some(Made {
                    handshake: connected.handshake.clone(),
                    chain: connected.chain.clone(),
                    possession: connected.possession,
                });
            }
        }
    }
}

impl Seen {
    /// How TLS failed, in words.
    pub(super) fn failure(&self) -> Option<String> {
        self.failure.as_ref().map(ToString::to_string).or_else(|| self.refusal.clone())
    }
}
