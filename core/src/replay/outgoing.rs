//! Asking again on outgoing connections, with what the relay itself holds there.

use std::collections::BTreeSet;
use std::sync::Arc;

use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::decision::{Failure, Outcome};
use waxseal_plugins::facts::{Certificate, Handshake, Host, Nothing, Row};
use waxseal_plugins::hooks::{self, Direction, Peer as _};
use waxseal_plugins::verdicts::{Floor, Terms};

use super::answer::Answer;
use super::course::{By, Course, rejudged};
use super::line::AtHost;
use super::{Source, Unjudged};
use crate::outgoing::Ways;
use crate::tls::certificate::host_names;
use crate::tls::terms;

/// What one side comes to at a hook, in the course that it has taken; `recorded` is the log's course.
///
/// # Errors
///
/// The record does not tell what the side would have been told.
pub(super) fn answer(
    source: Source<'_>,
    ways: &Ways,
    (course, recorded): (&mut Course, &Course),
    (host, at): (&Arc<Host>, &AtHost),
) -> Result<Answer, Unjudged> {
    match source {
        Source::Record(answer) => settle(answer.clone(), course, host, at),
        Source::Bundle(bundle, day) => {
            let row = bundle.table().outgoing(&host.domain, day);
            let told = if *row == *host.row { Arc::clone(host) } else { Arc::new(host.with_row(&row)) };
            let at = retold(bundle, (course, recorded), (host, &told), at)?;
            settle(ask(bundle, ways, &told, &at), course, &told, &at)
        }
    }
}

/// What is new at the hook, as it would be for the other row.
fn retold(
    bundle: &Bundle,
    (course, recorded): (&Course, &Course),
    (before, now): (&Host, &Host),
    at: &AtHost,
) -> Result<AtHost, Unjudged> {
    let AtHost::Certificate(certificate) = at else { return Ok(at.clone()) };
    let by = |course: &Course, row| By { row, roots: roots(course, row) };
    let sides = (&by(recorded, &before.row), &by(course, &now.row));
    rejudged(certificate, sides, &host_names(now), (bundle, Direction::Outgoing)).map(AtHost::Certificate)
}

fn roots(course: &Course, row: &Row) -> Option<BTreeSet<String>> {
    course.terms.as_ref().map_or_else(|| Terms::of(row).roots, |terms| terms.roots.clone())
}

fn ask(bundle: &Bundle, ways: &Ways, host: &Arc<Host>, at: &AtHost) -> Answer {
    use hooks::outgoing::{Certificate, Cipher, Mail, Offer, Route, Start};
    match at {
        AtHost::Route(mail) => {
            // A way that cannot be gone is a failure of who chose it, as in `outgoing/route`.
            let mut decision = bundle.try_out::<Route>(host, mail);
            if let Outcome::Verdict(said) = decision.outcome()
                && let Err(message) = ways.follow(said)
            {
                decision.answer.outcome = Outcome::Failure(Failure { message });
            }
            Answer::of(&decision)
        }
        AtHost::Offer => Answer::of(&bundle.try_out::<Offer>(host, &Arc::new(Nothing {}))),
        AtHost::Start => Answer::of(&bundle.try_out::<Start>(host, &Arc::new(Nothing {}))),
        AtHost::Cipher(handshake) => Answer::of(&bundle.try_out::<Cipher>(host, handshake)),
        AtHost::Certificate(certificate) => Answer::of(&bundle.try_out::<Certificate>(host, certificate)),
        AtHost::Mail(mail) => Answer::of(&bundle.try_out::<Mail>(host, mail)),
    }
}

/// The relay's own part, as in `tls` and in `outgoing/mail`; what follows is remembered.
fn settle(answer: Answer, course: &mut Course, host: &Arc<Host>, at: &AtHost) -> Result<Answer, Unjudged> {
    match at {
        AtHost::Offer => {
            *course = Course { floor: answer.demands.floor, ..Course::default() };
            Ok(answer)
        }
        AtHost::Route(_) => Ok(answer),
        AtHost::Start => Ok(start(answer, course)),
        AtHost::Cipher(handshake) => Ok(cipher(answer, course, handshake)),
        AtHost::Certificate(certificate) => {
            course.certificate = Some(Arc::clone(certificate));
            Ok(answer)
        }
        AtHost::Mail(_) => mail(answer, course, host),
    }
}

fn start(mut answer: Answer, course: &mut Course) -> Answer {
    if answer.word != "accept" {
        return answer;
    }
    let terms = Terms::of(&answer.row).join(answer.demands.terms.clone());
    if let Some(clash) = terms.clash() {
        return answer.held_by_row("defer", clash);
    }
    course.terms = Some(terms.clone());
    answer.demands.terms = terms;
    answer
}

fn cipher(answer: Answer, course: &Course, handshake: &Handshake) -> Answer {
    let terms = course.terms.clone().unwrap_or_else(|| Terms::of(&answer.row));
    match terms::negotiated(&terms, handshake) {
        Err(unmet) if answer.lets_on() => answer.held_by_row("defer", unmet),
        _ => answer,
    }
}

/// Terms and floor are held before mail.
fn mail(answer: Answer, course: &Course, host: &Host) -> Result<Answer, Unjudged> {
    if !answer.lets_on() {
        return Ok(answer);
    }
    let handshake = host.encrypted.then(|| Handshake {
        version: host.version,
        suite: host.suite.clone(),
        group: host.group.clone(),
        resumed: host.resumed,
        ..Handshake::default()
    });
    let certificate: Option<&Certificate> = course.certificate.as_deref();
    let judged = !answer.row.pins.is_empty() || course.floor == Floor::Verified;
    if host.encrypted && judged && certificate.is_none() {
        // A kept connection: its certificate was judged in another attempt.
        return Err(Unjudged::Incomplete);
    }
    match terms::hold(&answer.row, course.floor, handshake.as_ref(), certificate) {
        Ok(()) => Ok(answer),
        Err(unmet) => Ok(answer.held_by_row("defer", unmet)),
    }
}
