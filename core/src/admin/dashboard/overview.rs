//! The first page: what an administrator should look at, and whether all is well.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;
use jiff::Timestamp;
use maud::{Markup, html};
use waxseal_plugins::hooks::Direction;

use super::super::decisions::{Decision, is_against};
use super::super::http::Side;
use super::super::protocol::Status;
use super::super::quarantine::Fill;
use super::super::queue::PAGE;
use super::page::{Failure, Page, Part};
use super::viewer::Viewer;
use super::words::{clock, counted, number, octets};
use super::{chart, decisions, queue};
use crate::observe::posture::Tally;
use crate::spool::{Filter, QueuedDestination};

/// How many destinations are shown.
const DESTINATIONS: usize = 8;
/// How many decisions against mail are shown.
const AGAINST: usize = 8;

pub(super) async fn show(viewer: Viewer, State(side): State<Arc<Side>>) -> Result<Html<String>, Failure> {
    let status = side.running.status().await;
    let mut waiting = side.running.services.spool.destinations(&Filter::default(), None, PAGE).await?;
    waiting.sort_by_key(|one| std::cmp::Reverse(one.recipients));
    let audience = side.running.services.observer.audience();
    let total =
        |direction| audience.map_or_else(Tally::default, |audience| audience.posture.total(direction));
    let against = audience.map(|audience| audience.recent.page(None, AGAINST, |one| is_against(one.verdict)));
    let against: Vec<Decision> = against.unwrap_or_default().iter().map(Decision::of).collect();
    let body = html! {
        h1 { (status.hostname) }
        (problems(&status))
        (figures(&status, &waiting))
        section {
            div.heading { h2 { "Mail that waits" } a href="/queue" { "The whole queue" } }
            (destinations(&side, &waiting))
        }
        div.columns {
            section {
                div.heading { h2 { "TLS of outgoing mail" } a href="/tls" { "By domain" } }
                (chart::bar(total(Direction::Outgoing)))
                (chart::legend(total(Direction::Outgoing)))
            }
            section {
                div.heading { h2 { "TLS of incoming mail" } a href="/tls?direction=incoming" { "By domain" } }
                (chart::bar(total(Direction::Incoming)))
                (chart::legend(total(Direction::Incoming)))
            }
        }
        section {
            div.heading { h2 { "Decided against mail of late" } a href="/decisions" { "All decisions, live" } }
            @if against.is_empty() {
                p.faint { "Nothing." }
            } @else {
                (decisions::table(&against, None))
            }
        }
    };
    Ok(Page { title: "Overview".to_owned(), part: Part::Overview, body }.of(&viewer))
}

/// What somebody should look at; nothing where all is well.
fn problems(status: &Status) -> Markup {
    let broken = status.policies.findings.iter().filter(|finding| finding.severity == "error").count() as u64;
    let expired: Vec<_> = status.certificates.in_force.iter().filter(|one| one.state != "current").collect();
    html! {
        @if status.queue.health != "good" {
            p.notice.bad { strong { "The queue is " (status.queue.health) "." } " No mail is accepted." }
        }
        @match status.quarantine.fill {
            Fill::Enough => {}
            Fill::NearlyFull => p.notice.warn { "The quarantine is nearly full. " a href="/quarantine" { "Look through it" } }
            Fill::Full => p.notice.bad { strong { "The quarantine is full." } " Mail that is to be kept is deferred. " a href="/quarantine" { "Look through it" } }
        }
        @for outage in &status.milters {
            p.notice.bad {
                strong { "Milter " (outage.milter) " fails." } " At " (outage.address) ", since " (clock(outage.since)) ", "
                (counted(outage.failures, "time")) "; " (outage.meanwhile.words()) ". Last: " (outage.reason)
            }
        }
        @if status.policies.from_last_good {
            p.notice.bad {
                strong { "The last good policies are in force." } " The files were broken at the start. "
                a href="/policies" { "See what is wrong" }
            }
        } @else if broken > 0 {
            p.notice.bad {
                strong { "The policies on disk are broken." } " Those of generation " (status.policies.generation)
                " stay in force. " a href="/policies" { "See " (counted(broken, "error")) }
            }
        }
        @for certificate in expired {
            p.notice.bad { "The certificate for " strong { (certificate.names.join(", ")) } " is " (certificate.state) "." }
        }
        @if status.certificates.findings.iter().any(|finding| finding.severity == "error") {
            p.notice.bad { "The files of certificates or keys are broken; those of before stay in force. " a href="/policies" { "See what is wrong" } }
        }
        @if status.configuration_changed {
            p.notice.warn { "The configuration has changed since the start. It is read at the start only: restart to use it." }
        }
        @if status.stopping { p.notice.warn { "The relay is stopping." } }
    }
}

fn figures(status: &Status, waiting: &[QueuedDestination]) -> Markup {
    let now = Timestamp::now();
    let put_off =
        waiting.iter().filter(|one| one.put_off.as_ref().is_some_and(|(until, _)| *until > now)).count();
    let held: u64 = waiting.iter().map(|one| one.held).sum();
    let started = status.started.parse().unwrap_or(now);
    html! {
        dl.figures {
            div { dt { "Waiting" } dd { (number(status.queue.messages)) } dd.more { (counted(status.queue.recipients, "recipient")) ", " (octets(status.queue.octets)) } }
            div { dt { "Destinations put off" } dd { (number(put_off as u64)) } dd.more { "of " (number(waiting.len() as u64)) @if waiting.len() == PAGE { " and more" } ", " (number(held)) " held" } }
            div { dt { "Quarantined" } dd { (number(status.quarantine.messages)) } dd.more { (octets(status.quarantine.octets)) ", " a href="/quarantine" { "kept back" } " by filters" } }
            div { dt { "In progress" } dd { (number(status.in_progress as u64)) } dd.more { "sessions and attempts" } }
            div { dt { "Policies, generation" } dd { (status.policies.generation) } dd.more { a href="/policies" { (number(status.policies.rejected)) " rejected" } " since the start" } }
            div { dt { "Running" } dd { (super::super::waiting::span(started, now)) } dd.more { "waxseal " (status.version) ", TLS " (if status.tls_enabled { "on" } else { "off" }) } }
        }
    }
}

fn destinations(side: &Side, waiting: &[QueuedDestination]) -> Markup {
    let shown = waiting.iter().take(DESTINATIONS);
    html! {
        @if waiting.is_empty() {
            p.faint { "None: the queue is empty." }
        } @else {
            (queue::table(side, shown))
            @if waiting.len() > DESTINATIONS {
                p.faint { "The " (DESTINATIONS) " with most recipients; " a href="/queue" { (number((waiting.len() - DESTINATIONS) as u64)) " more" } "." }
            }
        }
    }
}
