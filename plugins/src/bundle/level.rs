//! How much a row's policy asks of a connection, found out by asking it.

use std::sync::Arc;

use super::Bundle;
use crate::decision::Outcome;
use crate::facts::{Client, Host, Nothing, Row, canonical};
use crate::hooks::{Direction, Hook, incoming, outgoing};
use crate::verdicts::{self, Strictness};

/// How much a policy asks of a connection, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Clear, whatever is offered.
    Clear,
    /// Encrypted where possible, else clear.
    Opportunistic,
    /// Encrypted.
    Encrypted,
    /// Encrypted, and the peer's certificate verified.
    Verified,
}

impl Bundle {
    /// How much a row's policy asks of a connection. The policy alone is asked, on canonical facts;
    /// filters may ask for more.
    pub fn level(&self, direction: Direction, row: &Arc<Row>) -> Level {
        if self.accepts_some_clear_mail(direction, row) {
            if self.stays_clear(direction, row) { Level::Clear } else { Level::Opportunistic }
        } else if self.accepts_unverified(direction, row) {
            Level::Encrypted
        } else {
            Level::Verified
        }
    }

    /// Whether the row's policy accepts an ordinary message over a connection on which TLS was not
    /// offered.
    pub(super) fn accepts_clear_mail(&self, direction: Direction, row: &Arc<Row>) -> bool {
        let mail = canonical::mails().into_iter().next().unwrap_or_default();
        match direction {
            Direction::Incoming => self.lets_on::<incoming::Mail>(canonical::clear_client(row.clone()), mail),
            Direction::Outgoing => self.lets_on::<outgoing::Mail>(canonical::clear_host(row.clone()), mail),
        }
    }

    /// Whether the row's policy accepts any message over any clear connection.
    fn accepts_some_clear_mail(&self, direction: Direction, row: &Arc<Row>) -> bool {
        let mails = canonical::mails();
        let clients = || canonical::clients(row).into_iter().filter(|client| !client.encrypted);
        let hosts = || canonical::hosts(row).into_iter().filter(|host| !host.encrypted);
        mails.iter().any(|mail| match direction {
            Direction::Incoming => {
                clients().any(|client| self.lets_on::<incoming::Mail>(client, mail.clone()))
            }
            Direction::Outgoing => hosts().any(|host| self.lets_on::<outgoing::Mail>(host, mail.clone())),
        })
    }

    /// Whether a certificate of which nothing holds gets through.
    fn accepts_unverified(&self, direction: Direction, row: &Arc<Row>) -> bool {
        let certificate = canonical::unknown_root_certificate();
        match direction {
            Direction::Incoming => {
                self.lets_on::<incoming::Certificate>(canonical::encrypted_client(row.clone()), certificate)
            }
            Direction::Outgoing => {
                self.lets_on::<outgoing::Certificate>(canonical::encrypted_host(row.clone()), certificate)
            }
        }
    }

    /// Whether TLS is not offered, or not started where it is.
    fn stays_clear(&self, direction: Direction, row: &Arc<Row>) -> bool {
        let nothing = Arc::new(Nothing {});
        match direction {
            Direction::Incoming => {
                let client = Client { offers_tls: true, ..canonical::clear_client(row.clone()) };
                let answer = self.try_policy::<incoming::Offer>(&Arc::new(client), &nothing);
                matches!(answer.outcome, Outcome::Verdict(verdicts::incoming::Offer::Withhold))
            }
            Direction::Outgoing => {
                let host = Host { offers_tls: true, ..canonical::clear_host(row.clone()) };
                let answer = self.try_policy::<outgoing::Offer>(&Arc::new(host), &nothing);
                matches!(answer.outcome, Outcome::Verdict(verdicts::outgoing::Offer::StayClear))
            }
        }
    }

    fn lets_on<H: Hook>(&self, peer: H::Peer, subject: H::Subject) -> bool {
        let answer = self.try_policy::<H>(&Arc::new(peer), &Arc::new(subject));
        answer.outcome.strictness() < Strictness::Defer
    }
}
