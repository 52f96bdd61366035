//! MAIL FROM is read: the rows of both lookups, by client address and by sender domain, are asked
//! cipher and certificate on the facts on record, then mail; the strictest answer holds.

use std::sync::Arc;

use waxseal_plugins::at_mail::{self, Asked, AtMail};
use waxseal_plugins::facts::{Certificate, Client, Mail, Row};
use waxseal_plugins::hooks::incoming;
use waxseal_plugins::table;
use waxseal_plugins::verdicts::Terms;

use super::facts::{TlsRecord, View};
use super::hooks::BundleHooks;
use super::refusal::Denied;
use super::replies;

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

/// Asks the rows of this sender; [`at_mail`] says what comes of it.
///
/// # Errors
///
/// The reply to MAIL.
pub(super) async fn decide(hooks: &BundleHooks, view: View<'_>, mail: Mail) -> Result<Permit, Denied> {
    let mail = Arc::new(mail);
    let address = view.peer.address.ip();
    let sender = Some(mail.sender_domain.as_str()).filter(|domain| !domain.is_empty());
    let rows = hooks.asker.bundle.table().incoming_at_mail(address, sender, table::today());
    let mut asked = Vec::new();
    for row in &rows {
        asked.push(ask(hooks, view, row, &mail).await);
    }
    // A table without a `*` row is a load error; if none matched all the same, nothing opens.
    let (decision, decider) = at_mail::decide(asked).ok_or_else(replies::policy_failed)?;
    let by = || decision.answer.place.to_string();
    replies::passage(decision.outcome()).map_err(|reply| Denied { reply, by: by() })?;
    let decided_by = format!("{}, generation {}", decision.answer.place, decision.generation);
    Ok(Permit { client: decider.client, certificate: decider.certificate, decided_by })
}

async fn ask(hooks: &BundleHooks, view: View<'_>, row: &Arc<Row>, mail: &Arc<Mail>) -> Asked {
    let (asker, domain) = (&hooks.asker, &mail.sender_domain);
    let recent = hooks.services.tls.incoming_memory.recent(&view.peer.address.ip());
    let client = Arc::new(view.client_at_mail(recent, row, domain));
    let record = view.link.tls();
    let tls = record.map(|record| (&record.handshake, terms_for(view, row, record)));
    let mut at = AtMail::begin(row, asker.bundle.generation(), tls);
    if let Some(record) = record {
        let cipher = asker.ask::<incoming::Cipher>(domain, &client, &record.hello).await;
        let judged = Arc::new(hooks.judge(&client, record, at.cipher(&cipher)));
        let certificate = asker.ask::<incoming::Certificate>(domain, &client, &judged).await;
        at.certificate(judged, &certificate);
    }
    let mail = asker.ask::<incoming::Mail>(domain, &client, mail).await;
    at.mail(client, mail)
}

fn terms_for(view: View<'_>, row: &Row, record: &TlsRecord) -> Terms {
    at_mail::terms_for(row, &view.peer.row, &record.terms, &record.filters)
}
