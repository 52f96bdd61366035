//! What is told of a client that is only imagined.

use std::sync::Arc;

use super::{Offered, Session};
use crate::conversation::delivery::domain_of;
use crate::conversation::{Listener, Reception, Situation};
use crate::facts::{Client, Hello, Mail, Row, Version, canonical};
use crate::failure::HandshakeFailure;
use crate::verdicts::{Group, Suite};

/// The name that an ordinary client gives itself.
pub(super) const EHLO: &str = "mail.example.com";

impl Session<'_, '_> {
    /// The client's hello.
    pub(super) fn hello(&self) -> Hello {
        let hellos = canonical::hellos();
        let kind = match self.reception.client.situation {
            Situation::Tls12 => 1,
            Situation::Tls11 => 2,
            _ => 0,
        };
        let hello = hellos.into_iter().nth(kind).unwrap_or_default();
        let hello = if hello.library_refusal.is_empty() {
            // An ordinary client has all that we have, and more.
            let suites = Suite::ALL.iter().map(|suite| suite.name().to_owned()).collect();
            let groups = Group::ALL.iter().map(|group| group.name().to_owned()).collect();
            Hello { suites, groups, ..hello }
        } else {
            let versions = vec!["1.1".to_owned()];
            let library_refusal = "the client speaks only TLS 1.1".to_owned();
            Hello { versions, highest_version: Version::Tls11, library_refusal, ..hello }
        };
        self.reception.client.facts.apply(hello)
    }

    /// The envelope, as MAIL FROM has it.
    pub(super) fn mail(&self) -> Mail {
        let sender = self.reception.sender.clone();
        let sender_domain = domain_of(&sender);
        let mail = Mail { sender, sender_domain, size: 12_345, ..Mail::default() };
        self.reception.client.facts.apply(mail)
    }

    /// A new connection of the same client, of which a failure is remembered. What we did ourselves
    /// is not.
    pub(super) fn come_again(&mut self, failure: &HandshakeFailure) {
        let before = self.client.recent_failures;
        let fresh = unheard(self.reception, &self.row);
        let fresh = if failure.kind.is_of_the_wire() {
            Client { tls_failure: failure.to_string(), recent_failures: before + 1, ..fresh }
        } else {
            fresh
        };
        // What is overridden was so before the failure: one more is added to it.
        let count = fresh.recent_failures.max(before);
        self.client = Client { recent_failures: count, ..self.told(fresh) };
        (self.tls, self.offered, self.failed) = (None, Offered::NotAsked, None);
    }
}

/// A client of which nothing was heard yet.
pub(super) fn unheard(reception: &Reception, row: &Arc<Row>) -> Client {
    Client {
        address: reception.address().to_canonical().to_string(),
        port: 40_025,
        listener: match reception.listener {
            Listener::StartTls => "198.51.100.25:25".to_owned(),
            Listener::Implicit => "198.51.100.25:465".to_owned(),
        },
        implicit_tls: reception.listener == Listener::Implicit,
        row: Arc::clone(row),
        ..Client::default()
    }
}

/// What a client's certificate is for, where no name is expected of it.
pub(super) fn name(client: &Client) -> &str {
    if client.ehlo.is_empty() { EHLO } else { &client.ehlo }
}
