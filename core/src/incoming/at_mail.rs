//! MAIL FROM is read: the rows of both lookups, by client address and by sender domain, are asked
//! cipher and certificate on the facts on record, then mail; the strictest answer holds.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use waxseal_plugins::decision::Decision;
use waxseal_plugins::facts::{Certificate, Client, Mail, Row};
use waxseal_plugins::hooks::incoming;
use waxseal_plugins::verdicts::incoming::Mail as Passage;
use waxseal_plugins::verdicts::{Floor, Terms};

use super::facts::{TlsRecord, View};
use super::hooks::BundleHooks;
use super::replies;
use crate::smtp::reply::Reply;
use crate::tls::{certificate, cipher, terms};

/// A transaction may begin: who said so, and on what facts. Made only here and in tests.
#[derive(Clone, Debug)]
pub(super) struct Permit {
    /// The facts of the row that decided.
    pub(super) client: Arc<Client>,
    /// The judgement of the client's certificate for that row; `None` in clear.
    pub(super) certificate: Option<Arc<Certificate>>,
    /// Where it was decided, and under which generation: for trace headers.
    pub(super) decided_by: String,
}

/// What one row came to.
struct Asked {
    client: Arc<Client>,
    certificate: Option<Arc<Certificate>>,
    tls: Result<(), Reply>,
    mail: Decision<Passage>,
}

/// Asks the rows of this sender.
///
/// # Errors
///
/// The reply to MAIL: a permanent one before a temporary one.
pub(super) fn decide(hooks: &BundleHooks, view: View<'_>, mail: Mail) -> Result<Permit, Reply> {
    let mail = Arc::new(mail);
    let address = view.peer.address.ip();
    let sender = Some(mail.sender_domain.as_str()).filter(|domain| !domain.is_empty());
    let rows = hooks.asker.bundle.table().incoming_at_mail(address, sender, today());
    let asked: Vec<Asked> = rows.iter().map(|row| ask(hooks, view, row, &mail)).collect();

    let decision = asked.iter().map(|one| one.mail.clone()).reduce(Decision::join);
    // A table without a `*` row is a load error; if none matched all the same, nothing opens.
    let decision = decision.ok_or_else(replies::policy_failed)?;
    let denied = asked.iter().filter_map(|one| one.tls.clone().err());
    let denied = denied.chain(replies::passage(decision.outcome()).err());
    match denied.reduce(replies::stricter) {
        Some(reply) => Err(reply),
        None => permit(asked, &decision),
    }
}

/// The day by which rows are looked up, UTC.
pub(super) fn today() -> Date {
    Timestamp::now().to_zoned_datetime(TimeZone::UTC).date()
}

fn ask(hooks: &BundleHooks, view: View<'_>, row: &Arc<Row>, mail: &Arc<Mail>) -> Asked {
    let recent = hooks.services.tls.incoming_memory.recent(view.peer.address.ip());
    let client = Arc::new(view.client_at_mail(recent, row, &mail.sender_domain));
    let record = view.link.tls();
    let certificate = record.map(|record| Arc::new(hooks.judge(&client, record, &roots(view, row, record))));
    let tls = match (record, &certificate) {
        (Some(record), Some(certificate)) => tls_hooks(hooks, &client, record, certificate),
        _ => Ok(()),
    };
    let held = terms::hold(row, Floor::None, record.map(|record| &record.handshake), certificate.as_deref());
    let tls = match (tls, held.map_err(|unmet| unmet.for_client())) {
        (Err(one), Err(other)) => Err(replies::stricter(one, other)),
        (one, other) => one.and(other),
    };
    let mail = hooks.asker.ask::<incoming::Mail>(&mail.sender_domain, &client, mail);
    Asked { client, certificate, tls, mail }
}

/// Both are asked, so that a refusal of one is not hidden behind a failure of the other.
fn tls_hooks(
    hooks: &BundleHooks,
    client: &Arc<Client>,
    record: &TlsRecord,
    judged: &Arc<Certificate>,
) -> Result<(), Reply> {
    let cipher = cipher::incoming_at_mail(&hooks.asker, client, &record.hello, &record.handshake);
    let certificate = certificate::incoming_at_mail(&hooks.asker, client, judged);
    match (cipher, certificate) {
        (Err(one), Err(other)) => Err(replies::stricter(one, other)),
        (one, other) => one.and(other),
    }
}

/// The roots that a chain may lead to: the row's, and what start and cipher narrowed them to. The
/// latter hold the terms of the connection's row too, which say nothing of another row's mail.
fn roots(view: View<'_>, row: &Row, record: &TlsRecord) -> Terms {
    let of_row = Terms::of(row);
    if view.peer.row.roots.is_empty() || *view.peer.row == *row {
        of_row.join(record.terms.clone())
    } else {
        of_row
    }
}

fn permit(asked: Vec<Asked>, decision: &Decision<Passage>) -> Result<Permit, Reply> {
    let decider = asked.into_iter().find(|one| one.client.row == decision.row);
    let Asked { client, certificate, .. } = decider.ok_or_else(replies::policy_failed)?;
    let decided_by = format!("{}, generation {}", decision.answer.place, decision.generation);
    Ok(Permit { client, certificate, decided_by })
}
