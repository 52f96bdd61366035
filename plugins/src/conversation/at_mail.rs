//! MAIL FROM is read: the rows of both lookups, by client address and by sender domain, are asked
//! cipher and certificate on the facts on record, then mail; the strictest answer holds.

use std::sync::Arc;

use super::client::{Record, Session};
use crate::decision::{Decision, Outcome};
use crate::facts::{Certificate, Client, Mail, Row};
use crate::hooks::incoming;
use crate::terms;
use crate::verdicts::incoming::Cipher;
use crate::verdicts::{EnhancedCode, Floor, Passage, Reply, Terms};

/// What certificates and ciphers that will not do are refused with: RFC 3463, X.7.5.
const UNACCEPTABLE: EnhancedCode = EnhancedCode::new(5, 7, 5);

/// What MAIL FROM came to.
pub(super) struct Decided {
    pub(super) decision: Decision<Passage>,
    /// The facts of the row that decided.
    pub(super) client: Arc<Client>,
    /// Whether the client's certificate is verified for that row.
    pub(super) verified: bool,
}

/// What one row came to.
struct OfRow {
    client: Arc<Client>,
    verified: bool,
    mail: Decision<Passage>,
    /// What else is against the mail: cipher, certificate, the row's terms.
    denials: Vec<Decision<Passage>>,
}

/// Asks the rows of this sender; `None` where the table has none.
pub(super) fn decide(session: &mut Session<'_, '_>, mail: &Arc<Mail>) -> Option<Decided> {
    let (table, address) = (session.asking.bundle.table(), session.reception.address());
    let sender = Some(mail.sender_domain.as_str()).filter(|domain| !domain.is_empty());
    let rows = table.incoming_at_mail(address, sender, session.reception.today);
    let asked: Vec<_> = rows.iter().map(|row| of_row(session, row, mail)).collect();
    // Only mail lets on, so the others count where they are against it.
    let denials = asked.iter().flat_map(|one| one.denials.iter().cloned());
    let decision = asked.iter().map(|one| one.mail.clone()).chain(denials).reduce(Decision::join)?;
    let decider = asked.into_iter().find(|one| one.client.row == decision.row)?;
    Some(Decided { decision, client: decider.client, verified: decider.verified })
}

fn of_row(session: &mut Session<'_, '_>, row: &Arc<Row>, mail: &Arc<Mail>) -> OfRow {
    let row = Arc::new(session.reception.client.facts.apply(Row::clone(row)));
    session.asking.note(Arc::clone(&row));
    let client = Arc::new(session.told(Client {
        row: Arc::clone(&row),
        at_mail: true,
        sender_domain: mail.sender_domain.clone(),
        ..session.client.clone()
    }));
    let (certificate, mut denials) = match session.tls.take() {
        Some(record) => {
            let (certificate, denials) = of_tls(session, &record, &client);
            session.tls = Some(record);
            (Some(certificate), denials)
        }
        None => (None, Vec::new()),
    };
    let handshake = session.tls.as_ref().map(|record| &record.handshake);
    let held = terms::hold(&row, Floor::None, handshake, certificate.as_deref());
    let generation = session.asking.bundle.generation();
    denials.extend(held.err().map(|unmet| Decision::by_row(&row, generation, unmet.for_mail())));
    let mail = session.asking.ask::<incoming::Mail>(&client.address, &client, mail);
    let verified = certificate.is_some_and(|certificate| certificate.verified);
    OfRow { client, verified, mail, denials }
}

/// Cipher and certificate, on the facts on record. Both are asked, so that a refusal of one is not
/// hidden behind a failure of the other.
fn of_tls(
    session: &mut Session<'_, '_>,
    record: &Record,
    client: &Arc<Client>,
) -> (Arc<Certificate>, Vec<Decision<Passage>>) {
    let mut denials = Vec::new();
    let cipher = session.asking.ask::<incoming::Cipher>(&client.address, client, &record.hello);
    let mut terms = terms_of(session, &client.row, record);
    match (cipher.against_mail(UNACCEPTABLE), cipher.outcome()) {
        (Some(denial), _) => denials.push(denial),
        (None, Outcome::Verdict(Cipher::Accept { terms: narrowed, .. })) => {
            match terms::negotiated(narrowed, &record.handshake) {
                Ok(()) => terms = terms.join(narrowed.clone()),
                Err(unmet) => denials.push(cipher.refusing_mail(unmet.for_mail())),
            }
        }
        (None, _) => {}
    }
    let generation = session.asking.bundle.generation();
    let clash = terms.clash().map(|clash| Reply::new(UNACCEPTABLE, clash));
    denials.extend(clash.map(|said| Decision::by_row(&client.row, generation, said)));
    let certificate = Arc::new(session.judge(client, record.presented));
    let answer = session.asking.ask::<incoming::Certificate>(&client.address, client, &certificate);
    denials.extend(answer.against_mail(UNACCEPTABLE));
    (certificate, denials)
}

/// What holds of the handshake's terms for a row's mail: the row's own, and what filters asked. What
/// the policy of the connection's row asked says nothing of another row's mail.
fn terms_of(session: &Session<'_, '_>, row: &Row, record: &Record) -> Terms {
    let asked = if *session.row == *row { &record.terms } else { &record.filters };
    Terms::of(row).join(asked.clone())
}
