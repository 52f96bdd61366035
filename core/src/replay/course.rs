//! What was decided in a session before, and what it means for what comes after.

use std::collections::BTreeSet;
use std::sync::Arc;

use waxseal_plugins::at_mail;
use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::facts::{Certificate, Row};
use waxseal_plugins::hooks::{Direction, HookName};
use waxseal_plugins::verdicts::{Floor, Terms};

use super::Unjudged;
use crate::tls::rejudgement::{self, Standard};

/// The course of a session as one of the sides has decided it: the log, or a bundle.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    /// The row of the connection at start.
    pub(super) row: Option<Arc<Row>>,
    /// What start, and incoming cipher, allowed, with the row's own terms.
    pub(super) terms: Option<Terms>,
    /// What filters alone allowed, incoming.
    pub(super) filters: Terms,
    /// The identity that was chosen besides the row's.
    pub(super) identity: Option<String>,
    /// What filters demanded at an outgoing offer.
    pub(super) floor: Floor,
    /// The judgement of the host's certificate, outgoing.
    pub(super) certificate: Option<Arc<Certificate>>,
    /// The row that decided at MAIL FROM: what RCPT TO is asked with.
    pub(super) decided: Option<Arc<Row>>,
}

impl Course {
    /// What holds of the handshake for a row's mail.
    pub(super) fn terms_for(&self, row: &Row) -> Terms {
        let connection = self.row.as_deref().unwrap_or(row);
        let allowed = self.terms.clone().unwrap_or_default();
        at_mail::terms_for(row, connection, &allowed, &self.filters)
    }

    /// The name of the identity that we present.
    pub(super) fn identity<'a>(&'a self, row: &'a Row) -> &'a str {
        self.identity.as_deref().unwrap_or(&row.identity)
    }
}

/// By what a certificate was judged: the row, and the roots that the row and the handshake left.
#[derive(Clone, Debug)]
pub(super) struct By<'a> {
    pub(super) row: &'a Row,
    pub(super) roots: Option<BTreeSet<String>>,
}

/// A recorded judgement as it would be for another row, as far as the record tells.
///
/// # Errors
///
/// It cannot be told, and somebody would look at it.
pub(super) fn rejudged(
    recorded: &Arc<Certificate>,
    (before, now): (&By<'_>, &By<'_>),
    expected: &[String],
    bundle: (&Bundle, Direction),
) -> Result<Arc<Certificate>, Unjudged> {
    let same = before.row.pins == now.row.pins && before.roots == now.roots;
    if same && recorded.expected_names == expected {
        return Ok(Arc::clone(recorded));
    }
    let standard = |by: &By<'_>| Standard { pins: by.row.pins.clone(), roots: by.roots.clone() };
    match rejudgement::judge(recorded, &standard(before), &standard(now), expected) {
        Some(judged) => Ok(Arc::new(judged)),
        None if now.row.pins.is_empty() && !looks_at_certificates(bundle, now.row) => {
            Ok(Arc::clone(recorded))
        }
        None => Err(Unjudged::AnotherJudgement),
    }
}

/// Whether the row's policy, or a filter, looks at certificates.
pub(super) fn looks_at_certificates((bundle, direction): (&Bundle, Direction), row: &Row) -> bool {
    let policy = bundle.policy(direction, &row.policy);
    policy.into_iter().chain(bundle.filters()).any(|decider| decider.has(direction, HookName::Certificate))
}
