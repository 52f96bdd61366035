//! Who looks on while a host is got ready: nobody at an attempt, the probe where somebody asks.

use crate::tls::client::{ClientPlan, Connected};
use crate::tls::failure::HandshakeFailure;

/// Sees what is made of a host. It changes nothing.
pub(super) trait Witness: Sync {
    /// Something has happened.
    fn sees(&self, event: Event<'_>);
}

/// What happens between a host's EHLO reply in clear and the mail hook, beside the decisions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event<'a> {
    /// STARTTLS is about to be sent, for a handshake by this plan.
    Starts(&'a ClientPlan),
    /// The host has refused STARTTLS, in these words.
    Refused(&'a str),
    /// The handshake has failed.
    Failed(&'a HandshakeFailure),
    /// The handshake is done; nothing is decided of it yet.
    Connected(&'a Connected),
}

/// Who looks on at an attempt.
pub(super) struct Nobody;

impl Witness for Nobody {
    fn sees(&self, _: Event<'_>) {}
}
