//! MAIL FROM is read: the rows of both lookups, by client address and by sender domain, are asked
//! cipher and certificate on the facts on record, then mail; the strictest answer holds.

use std::sync::Arc;

use waxseal_plugins::decision::Decision;
use waxseal_plugins::facts::{Certificate, Client, Mail, Row};
use waxseal_plugins::hooks::incoming;
use waxseal_plugins::table;
use waxseal_plugins::verdicts::incoming::Mail as Passage;
use waxseal_plugins::verdicts::{EnhancedCode, Floor, Reply as Said, Terms};

use super::facts::{TlsRecord, View};
use super::hooks::BundleHooks;
use super::refusal::Denied;
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
    mail: Decision<Passage>,
    /// What else is against the mail: cipher, certificate, the row's terms.
    denials: Vec<Decision<Passage>>,
}

/// Asks the rows of this sender. All that is against the mail is ranked by the one order there is,
/// that of [`Decision::join`]: what refuses before what defers or has failed, then by place.
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

    // Only mail lets on, so the others count where they are against it.
    let denials = asked.iter().flat_map(|one| one.denials.iter().cloned());
    let decision = asked.iter().map(|one| one.mail.clone()).chain(denials).reduce(Decision::join);
    // A table without a `*` row is a load error; if none matched all the same, nothing opens.
    let decision = decision.ok_or_else(replies::policy_failed)?;
    let by = || decision.answer.place.to_string();
    replies::passage(decision.outcome()).map_err(|reply| Denied { reply, by: by() })?;
    Ok(permit(asked, &decision)?)
}

async fn ask(hooks: &BundleHooks, view: View<'_>, row: &Arc<Row>, mail: &Arc<Mail>) -> Asked {
    let recent = hooks.services.tls.incoming_memory.recent(&view.peer.address.ip());
    let client = Arc::new(view.client_at_mail(recent, row, &mail.sender_domain));
    let record = view.link.tls();
    let (certificate, mut denials) = match record {
        Some(record) => {
            let (certificate, denials) = ask_about_tls(hooks, view, record, &client).await;
            (Some(certificate), denials)
        }
        None => (None, Vec::new()),
    };
    let held = terms::hold(row, Floor::None, record.map(|record| &record.handshake), certificate.as_deref());
    let generation = hooks.asker.bundle.generation();
    denials.extend(held.err().map(|unmet| Decision::by_row(row, generation, unmet.for_mail())));
    let mail = hooks.asker.ask::<incoming::Mail>(&mail.sender_domain, &client, mail).await;
    Asked { client, certificate, mail, denials }
}

/// Cipher and certificate, on the facts on record. Both are asked, so that a refusal of one is not
/// hidden behind a failure of the other.
async fn ask_about_tls(
    hooks: &BundleHooks,
    view: View<'_>,
    record: &TlsRecord,
    client: &Arc<Client>,
) -> (Arc<Certificate>, Vec<Decision<Passage>>) {
    let mut denials = Vec::new();
    let mut terms = terms_of(view, &client.row, record);
    match cipher::incoming_at_mail(&hooks.asker, client, &record.hello, &record.handshake).await {
        cipher::AtMail::Accept(narrowed) => terms = terms.join(narrowed),
        cipher::AtMail::Deny(denial) => denials.push(denial),
    }
    let clash = terms.clash().map(|clash| Said::new(EnhancedCode::new(5, 7, 5), clash));
    denials.extend(clash.map(|said| Decision::by_row(&client.row, hooks.asker.bundle.generation(), said)));
    let certificate = Arc::new(hooks.judge(client, record, &terms));
    denials.extend(certificate::incoming_at_mail(&hooks.asker, client, &certificate).await);
    (certificate, denials)
}

/// What holds of the handshake's terms for a row's mail: the row's own, and what filters asked. What
/// the policy of the connection's row asked says nothing of another row's mail.
fn terms_of(view: View<'_>, row: &Row, record: &TlsRecord) -> Terms {
    let asked = if *view.peer.row == *row { record.terms.clone() } else { Terms::clone(&record.filters) };
    Terms::of(row).join(asked)
}

fn permit(asked: Vec<Asked>, decision: &Decision<Passage>) -> Result<Permit, Reply> {
    let decider = asked.into_iter().find(|one| one.client.row == decision.row);
    let Asked { client, certificate, .. } = decider.ok_or_else(replies::policy_failed)?;
    let decided_by = format!("{}, generation {}", decision.answer.place, decision.generation);
    Ok(Permit { client, certificate, decided_by })
}
