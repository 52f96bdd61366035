//! Asking again on incoming connections, up to MAIL FROM and at RCPT TO.

use std::net::IpAddr;
use std::sync::Arc;

use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::facts::{Certificate, Client, Hello, Nothing, Row};
use waxseal_plugins::hooks::{self, Direction, Peer as _};
use waxseal_plugins::verdicts::Terms;

use super::answer::{Answer, of_filters};
use super::course::{By, Course, looks_at_certificates, rejudged};
use super::line::AtClient;
use super::{Source, Unjudged, message};
use crate::tls::certificate::client_names;

/// What one side comes to at a hook, in the course that it has taken; `recorded` is the log's course.
///
/// # Errors
///
/// The record does not tell what the side would have been told.
pub(super) fn answer(
    source: Source<'_>,
    course: &mut Course,
    recorded: &Course,
    (client, at): (&Arc<Client>, &AtClient),
) -> Result<Answer, Unjudged> {
    match source {
        Source::Record(answer) => Ok(settle(answer.clone(), Terms::default(), course, at)),
        Source::Bundle(bundle, day) => {
            let address = address(client)?;
            let row = match (at, &course.decided) {
                (at, Some(row)) if at.is_after_mail() => Arc::clone(row),
                _ => bundle.table().incoming(address, day),
            };
            let told = told(client, &row);
            let at = retold(bundle, (course, recorded), (client, &told), at)?;
            let (answer, filters) = ask(bundle, &told, &at)?;
            Ok(settle(answer, filters, course, &at))
        }
    }
}

/// The client's address.
pub(super) fn address(client: &Client) -> Result<IpAddr, Unjudged> {
    client.address.parse().map_err(|_| Unjudged::AnotherVersion)
}

/// The client, told of another row.
pub(super) fn told(client: &Arc<Client>, row: &Arc<Row>) -> Arc<Client> {
    if *client.row == **row { Arc::clone(client) } else { Arc::new(client.with_row(row)) }
}

/// A client's certificate as it would be judged for another row.
pub(super) fn judged(
    bundle: &Bundle,
    certificate: &Arc<Certificate>,
    sides: (&By<'_>, &By<'_>),
    client: &Client,
) -> Result<Arc<Certificate>, Unjudged> {
    let expected = client_names(sides.1.row, &client.sender_domain);
    rejudged(certificate, sides, &expected, (bundle, Direction::Incoming))
}

/// Another certificate of ours would have been presented: what was found out about this one does not
/// hold for it.
pub(super) fn same_identity(
    bundle: &Bundle,
    before: (&Course, &Row),
    now: (&Course, &Row),
) -> Result<(), Unjudged> {
    let same = before.0.identity(before.1) == now.0.identity(now.1);
    let looks = || looks_at_certificates((bundle, Direction::Incoming), now.1);
    if same || !looks() { Ok(()) } else { Err(Unjudged::AnotherJudgement) }
}

fn retold(
    bundle: &Bundle,
    (course, recorded): (&Course, &Course),
    (before, now): (&Client, &Client),
    at: &AtClient,
) -> Result<AtClient, Unjudged> {
    let AtClient::Certificate(certificate) = at else { return Ok(at.clone()) };
    same_identity(bundle, (recorded, &before.row), (course, &now.row))?;
    let by = |course: &Course, row| By { row, roots: course.terms_for(row).roots };
    let sides = (&by(recorded, &before.row), &by(course, &now.row));
    judged(bundle, certificate, sides, now).map(AtClient::Certificate)
}

/// What the hook answers, and what filters alone demand.
fn ask(bundle: &Bundle, client: &Arc<Client>, at: &AtClient) -> Result<(Answer, Terms), Unjudged> {
    use hooks::incoming::{Connect, Ehlo, Mail, Offer, Rcpt, Start};
    let nothing = Arc::new(Nothing {});
    let answer = match at {
        AtClient::Connect => Answer::of(&bundle.try_out::<Connect>(client, &nothing)),
        AtClient::Ehlo => Answer::of(&bundle.try_out::<Ehlo>(client, &nothing)),
        AtClient::Offer => Answer::of(&bundle.try_out::<Offer>(client, &nothing)),
        AtClient::Start => {
            let decision = bundle.try_out::<Start>(client, &nothing);
            return Ok((Answer::of(&decision), of_filters(&decision)));
        }
        AtClient::Cipher(hello) => return Ok(ask_cipher(bundle, client, hello)),
        AtClient::Certificate(certificate) => ask_certificate(bundle, client, certificate),
        AtClient::Mail(mail) => Answer::of(&bundle.try_out::<Mail>(client, mail)),
        AtClient::Rcpt(recipient) => Answer::of(&bundle.try_out::<Rcpt>(client, recipient)),
        AtClient::Message(recorded) => message::answer(bundle, client, recorded)?,
    };
    Ok((answer, Terms::default()))
}

/// What cipher answers, and what filters alone demand there.
fn ask_cipher(bundle: &Bundle, client: &Arc<Client>, hello: &Arc<Hello>) -> (Answer, Terms) {
    let decision = bundle.try_out::<hooks::incoming::Cipher>(client, hello);
    (Answer::of(&decision), of_filters(&decision))
}

/// What certificate answers.
fn ask_certificate(bundle: &Bundle, client: &Arc<Client>, certificate: &Arc<Certificate>) -> Answer {
    Answer::of(&bundle.try_out::<hooks::incoming::Certificate>(client, certificate))
}

/// The relay's own part, as in `tls`; what follows is remembered.
fn settle(mut answer: Answer, filters: Terms, course: &mut Course, at: &AtClient) -> Answer {
    match at {
        AtClient::Start if answer.lets_on() => {
            let terms = Terms::of(&answer.row).join(answer.demands.terms.clone());
            let row = Some(Arc::clone(&answer.row));
            let identity = answer.demands.identity.clone();
            *course = Course { row, terms: Some(terms.clone()), filters, identity, ..Course::default() };
            match terms.clash() {
                Some(clash) => answer.held_by_row("refuse", clash),
                None => {
                    answer.demands.terms = terms;
                    answer
                }
            }
        }
        AtClient::Cipher(_) if answer.lets_on() => {
            let before = course.terms.take().unwrap_or_else(|| Terms::of(&answer.row));
            let terms = before.join(answer.demands.terms.clone());
            course.terms = Some(terms.clone());
            course.filters = std::mem::take(&mut course.filters).join(filters);
            course.identity = answer.demands.identity.clone().or(course.identity.take());
            match terms.clash() {
                Some(clash) => answer.held("refuse", clash),
                None => answer,
            }
        }
        _ => answer,
    }
}
