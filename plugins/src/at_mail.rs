//! MAIL FROM: the rows of both lookups, by client address and by sender domain, are asked cipher and
//! certificate on the facts on record, then mail; the strictest answer holds.
//!
//! Here is what their answers come to. Who is asked is up to others: the relay asks of real mail, a
//! [conversation](crate::conversation) of mail that is imagined, and a replay of mail that was recorded.

use std::sync::Arc;

use crate::decision::{Decision, Outcome};
use crate::facts::{Certificate, Client, Handshake, Row};
use crate::terms;
use crate::verdicts::incoming::{Certificate as OfCertificate, Cipher};
use crate::verdicts::{EnhancedCode, Floor, Passage, Reply, Terms};

/// What certificates and ciphers that will not do are refused with: RFC 3463, X.7.5.
const UNACCEPTABLE: EnhancedCode = EnhancedCode::new(5, 7, 5);

/// One row, while its hooks are asked.
#[derive(Debug)]
pub struct AtMail<'a> {
    row: Arc<Row>,
    generation: u64,
    /// What was negotiated; `None` in clear.
    handshake: Option<&'a Handshake>,
    terms: Terms,
    certificate: Option<Arc<Certificate>>,
    denials: Vec<Decision<Passage>>,
}

/// What one row came to.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The facts of the client for this row.
    pub client: Arc<Client>,
    /// The judgement of its certificate for this row; `None` in clear.
    pub certificate: Option<Arc<Certificate>>,
    mail: Decision<Passage>,
    /// What else is against the mail: cipher, certificate, the row's terms.
    denials: Vec<Decision<Passage>>,
}

/// What holds of a handshake for a row's mail: the row's own terms, and what was allowed when it was made.
/// What the policy of the connection's row allowed says nothing of another row's mail; what filters did
/// holds for any.
pub fn terms_for(row: &Row, connection: &Row, allowed: &Terms, by_filters: &Terms) -> Terms {
    Terms::of(row).join(if connection == row { allowed.clone() } else { by_filters.clone() })
}

impl<'a> AtMail<'a> {
    /// A row of a bundle of this generation. With a handshake come the terms that hold of it: see
    /// [`terms_for`].
    pub fn begin(row: &Arc<Row>, generation: u64, tls: Option<(&'a Handshake, Terms)>) -> Self {
        let (handshake, terms) = tls.unzip();
        let terms = terms.unwrap_or_default();
        Self { row: Arc::clone(row), generation, handshake, terms, certificate: None, denials: Vec::new() }
    }

    /// What cipher answers; gives the terms under which the client's chain is judged. Certificate is asked
    /// whatever it says, so that a refusal of one is not hidden behind a failure of the other.
    pub fn cipher(&mut self, decision: &Decision<Cipher>) -> &Terms {
        match (decision.against_mail(UNACCEPTABLE), decision.outcome(), self.handshake) {
            (Some(denial), ..) => self.denials.push(denial),
            (None, Outcome::Verdict(Cipher::Accept { terms: narrowed, .. }), Some(handshake)) => {
                match terms::negotiated(narrowed, handshake) {
                    Ok(()) => self.terms = std::mem::take(&mut self.terms).join(narrowed.clone()),
                    Err(unmet) => self.denials.push(decision.refusing_mail(unmet.for_mail())),
                }
            }
            (None, ..) => {}
        }
        let clash = self.terms.clash().map(|clash| Reply::new(UNACCEPTABLE, clash));
        self.denials.extend(clash.map(|said| Decision::by_row(&self.row, self.generation, said)));
        &self.terms
    }

    /// What certificate answers of the client's chain, as it was judged for this row.
    pub fn certificate(&mut self, judged: Arc<Certificate>, decision: &Decision<OfCertificate>) {
        self.denials.extend(decision.against_mail(UNACCEPTABLE));
        self.certificate = Some(judged);
    }

    /// What mail answers, which ends it: the relay itself holds the row's terms.
    pub fn mail(self, client: Arc<Client>, mail: Decision<Passage>) -> Asked {
        let Self { row, generation, handshake, certificate, mut denials, .. } = self;
        let held = terms::hold(&row, Floor::None, handshake, certificate.as_deref());
        denials.extend(held.err().map(|unmet| Decision::by_row(&row, generation, unmet.for_mail())));
        Asked { client, certificate, mail, denials }
    }
}

/// What the rows of a sender come to, and the one that decided; `None` where there are none. All that is
/// against the mail is ranked by the one order there is, that of [`Decision::join`]: what refuses before
/// what defers or has failed, then by place.
pub fn decide(asked: Vec<Asked>) -> Option<(Decision<Passage>, Asked)> {
    // Only mail lets on, so the others count where they are against it.
    let denials = asked.iter().flat_map(|one| one.denials.iter().cloned());
    let decision = asked.iter().map(|one| one.mail.clone()).chain(denials).reduce(Decision::join)?;
    let decider = asked.into_iter().find(|one| one.client.row == decision.row)?;
    Some((decision, decider))
}

#[cfg(test)]
mod tests;
