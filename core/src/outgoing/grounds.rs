//! What a connection rests on before its handshake: what the offer and start hooks answered.
//!
//! They are kept with the connection, so that another domain can be asked whether it would have
//! come to the same: only then may the two share it.

use std::sync::Arc;

use waxseal_plugins::facts::{Host, Row};
use waxseal_plugins::verdicts::Floor;

use super::facts;
use super::problem::Problem;
use super::starttls::Means;
use crate::tls::client::ClientPlan;
use crate::tls::{offer, start};

/// What the hooks were told before the handshake, and the course that they chose.
#[derive(Clone, Debug)]
pub(super) struct Grounds {
    host: Arc<Host>,
    course: Course,
}

/// How a connection goes on after the host's first EHLO reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// In clear.
    Clear {
        /// Why, in words.
        why: &'static str,
        /// What the connection must come to; the mail hook and the floor have the last word.
        floor: Floor,
    },
    /// By STARTTLS.
    StartTls {
        /// The handshake.
        plan: ClientPlan,
        /// What the connection must come to.
        floor: Floor,
    },
}

impl Grounds {
    /// Asks the offer and start hooks; `host` is as it stood after its EHLO reply in clear.
    ///
    /// # Errors
    ///
    /// A hook rules the host out.
    pub(super) async fn settle(means: Means<'_>, host: Arc<Host>) -> Result<Self, Problem> {
        let course = Course::of(means, &host).await?;
        Ok(Self { host, course })
    }

    /// The course that was chosen.
    pub(super) fn course(&self) -> &Course {
        &self.course
    }

    /// The same grounds for another domain; `None` unless the hooks choose the very same course for
    /// it: handshake, identity, terms and floor.
    pub(super) async fn settle_again(&self, means: Means<'_>, domain: &str, row: &Arc<Row>) -> Option<Self> {
        let host = Arc::new(facts::for_domain(&self.host, domain, row));
        let again = Self::settle(means, host).await.ok()?;
        (again.course == self.course).then_some(again)
    }
}

impl Course {
    async fn of(means: Means<'_>, host: &Arc<Host>) -> Result<Self, Problem> {
        if !means.config.tls.enabled {
            return Ok(Self::Clear { why: "TLS is switched off here", floor: Floor::None });
        }
        match offer::outgoing(means.asker, host).await {
            offer::Outgoing::StartTls(floor) => Self::started(means, host, floor).await,
            offer::Outgoing::NotOffered(floor) => {
                Ok(Self::Clear { why: "the host does not offer TLS", floor })
            }
            offer::Outgoing::StayClear => {
                // It is not the policy's doing where there was nothing to start.
                let why =
                    if host.offers_tls { "the policy starts no TLS" } else { "the host does not offer TLS" };
                Ok(Self::Clear { why, floor: Floor::None })
            }
            offer::Outgoing::Defer(denied) => Err(Problem::deferred(&denied)),
            offer::Outgoing::Refuse(denied) => Err(Problem::refused(&denied)),
        }
    }

    async fn started(means: Means<'_>, host: &Arc<Host>, floor: Floor) -> Result<Self, Problem> {
        match start::outgoing(means.asker, host).await {
            start::Outgoing::Go(plan) => Ok(Self::StartTls { plan, floor }),
            start::Outgoing::StayClear => Ok(Self::Clear { why: "the policy starts no TLS", floor }),
            start::Outgoing::Defer(denied) => Err(Problem::deferred(&denied)),
            start::Outgoing::Refuse(denied) => Err(Problem::refused(&denied)),
        }
    }
}
