//! MAIL FROM is read: the rows of both lookups are asked on the facts that the session has; what comes of
//! it is said by [`at_mail`].

use std::sync::Arc;

use super::client::{Record, Session};
use crate::at_mail::{self, Asked, AtMail};
use crate::decision::Decision;
use crate::facts::{Client, Mail, Row};
use crate::hooks::incoming;
use crate::verdicts::{Passage, Terms};

/// Asks the rows of this sender: what they come to, and the row that decided; `None` where the table has none.
pub(super) fn decide(session: &mut Session<'_, '_>, mail: &Arc<Mail>) -> Option<(Decision<Passage>, Asked)> {
    let (table, address) = (session.asking.bundle.table(), session.reception.address());
    let sender = Some(mail.sender_domain.as_str()).filter(|domain| !domain.is_empty());
    let rows = table.incoming_at_mail(address, sender, session.reception.today);
    at_mail::decide(rows.iter().map(|row| ask(session, row, mail)).collect())
}

fn ask(session: &mut Session<'_, '_>, row: &Arc<Row>, mail: &Arc<Mail>) -> Asked {
    let row = Arc::new(session.reception.client.facts.apply(Row::clone(row)));
    session.asking.note(Arc::clone(&row));
    let client = Arc::new(session.told(Client {
        row: Arc::clone(&row),
        at_mail: true,
        sender_domain: mail.sender_domain.clone(),
        ..session.client.clone()
    }));
    let (record, whom) = (session.tls.take(), &client.address);
    let tls = record.as_ref().map(|record| (&record.handshake, terms_for(session, &row, record)));
    let mut at = AtMail::begin(&row, session.asking.bundle.generation(), tls);
    if let Some(record) = &record {
        at.cipher(&session.asking.ask::<incoming::Cipher>(whom, &client, &record.hello));
        let judged = Arc::new(session.judge(&client, record.presented));
        let certificate = session.asking.ask::<incoming::Certificate>(whom, &client, &judged);
        at.certificate(judged, &certificate);
    }
    let mail = session.asking.ask::<incoming::Mail>(whom, &client, mail);
    let asked = at.mail(Arc::clone(&client), mail);
    session.tls = record;
    asked
}

fn terms_for(session: &Session<'_, '_>, row: &Row, record: &Record) -> Terms {
    at_mail::terms_for(row, &session.row, &record.terms, &record.filters)
}
