//! One destination: why its mail waits, what happens next, what can be done; its messages.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Html;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use waxseal_plugins::hooks::Direction;

use super::super::bundle::{self, Row};
use super::super::decisions::Decision;
use super::super::http::Side;
use super::super::waiting::{self, Cause, Waiting};
use super::act::{Done, Scope, buttons};
use super::page::{Failure, Page, Part};
use super::viewer::Viewer;
use super::words::{
    counted, excerpt, moment_of, number, octets, path_part, place, reached, sign, state, time, tls_page,
};
use super::{decisions, tls};
use crate::config::domain_of;
use crate::spool::{Filter, Page as Recipients, Position, QueuedDestination, Standing};

/// How many recipients are on a page.
const MOST: usize = 50;
/// How many of its last decisions are shown.
const DECISIONS: usize = 6;

/// Behind which recipient the list begins, and what was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    after: Option<String>,
    #[serde(flatten)]
    done: Done,
}

pub(super) async fn show(
    viewer: Viewer,
    State(side): State<Arc<Side>>,
    Path(domain): Path<String>,
    Query(seen): Query<Seen>,
) -> Result<Html<String>, Failure> {
    let domain = domain_of(&domain);
    let after = seen.after.as_deref().map(str::parse::<Position>).transpose();
    let after = after.map_err(|error| Failure::bad(error.to_string()))?;
    let filter = Filter { domain: Some(domain.clone()), ..Filter::default() };
    let spool = &side.running.services.spool;
    let waits = spool.destinations(&filter, None, 1).await?.into_iter().next();
    let page = spool.list(&filter, after, MOST).await?;
    let body = html! {
        p.above { a href="/queue" { "Queue" } }
        h1 { (domain) }
        (seen.done.notice())
        @match &waits {
            Some(waits) => (why(&side, &viewer, waits)),
            None => (nothing(&side, &domain)),
        }
        @if waits.is_some() { (messages(&side, &page, waits.as_ref(), &domain)) }
        (seen_of(&side, &domain))
    };
    Ok(Page { title: domain, part: Part::Queue, body }.of(&viewer))
}

/// The answer to the question that brings an administrator here.
fn why(side: &Side, viewer: &Viewer, waits: &QueuedDestination) -> Markup {
    let services = &side.running.services;
    let (now, current) = (Timestamp::now(), services.live.current());
    let told = waiting::destination(now, waits, &services.config.delivery);
    let row = bundle::row(&current, &waits.domain);
    let lines = told.decided_by.as_deref().and_then(|place| bundle::excerpt(&current, place));
    html! {
        section.answer.(tone(told.cause)) aria-labelledby="why" {
            h2 #why { "Why it waits" }
            p.lead { (told.why) }
            h2 { "What happens next" }
            p { (told.next) }
            (details(&told, &row, waits, now))
            @if let Some(lines) = &lines {
                p.faint { "The line that decided:" }
                (excerpt(lines))
            }
            (buttons(viewer, &Scope::Destination(waits.domain.clone()), waits.held, waits.recipients))
        }
    }
}

fn details(told: &Waiting, row: &Row, waits: &QueuedDestination, now: Timestamp) -> Markup {
    html! {
        dl.facts {
            dt { "State" } dd { (state(told.state)) " " @if told.at.is_some() { "next attempt " (moment_of(now, told.at)) } }
            dt { "Waiting" } dd {
                (counted(waits.messages, "message")) ", " (counted(waits.recipients, "recipient"))
                @if waits.held > 0 { ", " (number(waits.held)) " held" }
                @if waits.leased > 0 { ", " (number(waits.leased)) " being delivered" }
                "; the oldest since " (time(now, waits.oldest))
            }
            @if let Some(status) = &told.status {
                @if let Some(host) = &status.host { dt { "Host" } dd.mono { (host) } }
                @if let Some(reply) = &status.reply { dt { "It said" } dd { q.mono { (reply) } } }
                dt { "Status" } dd { span.mono { (status.code) } " " (waiting::reason(status)) }
            }
            dt { "Row" } dd {
                code { (row.pattern) } " asks for " code { (row.policy) } " at " (place(&row.place))
                @if !row.because.is_empty() { " because of “" (row.because) "”" }
            }
            @if let Some(by) = &told.decided_by { dt { "Decided by" } dd { (place(by)) } }
        }
    }
}

fn nothing(side: &Side, domain: &str) -> Markup {
    let row = bundle::row(&side.running.services.live.current(), domain);
    html! {
        section.answer.good {
            p.lead { "Nothing waits for " (domain) "." }
            p { "Mail to it would go by row " code { (row.pattern) } ", which asks for " code { (row.policy) } " at " (place(&row.place)) "." }
        }
    }
}

fn messages(side: &Side, page: &Recipients, waits: Option<&QueuedDestination>, domain: &str) -> Markup {
    let (now, delivery) = (Timestamp::now(), &side.running.services.config.delivery);
    let put_off = waits.and_then(|waits| waits.put_off.as_ref());
    html! {
        h2 { "Messages" }
        div.scroll {
            table.stacks {
                caption.hidden { "Recipients that wait, oldest message first" }
                thead { tr {
                    th scope="col" { "Message" } th scope="col" { "From" } th scope="col" { "To" } th scope="col" { "Accepted" }
                    th.number scope="col" { "Size" } th.number scope="col" { "Attempts" } th scope="col" { "State" } th scope="col" { "Next attempt" }
                } }
                tbody {
                    @for one in &page.recipients {
                        @let told = waiting::recipient(now, one, put_off, delivery);
                        tr {
                            td { a.mono href={ "/messages/" (one.message) } { (one.message.to_string().get(..13).unwrap_or_default()) "…" } }
                            td data-label="From" { (sender(&one.sender)) }
                            td data-label="To" { (one.address) }
                            td data-label="Accepted" { (time(now, one.received)) }
                            td.number data-label="Size" { (octets(one.size)) }
                            td.number data-label="Attempts" { (one.attempts) }
                            td data-label="State" { (state(told.state)) @if one.standing == Standing::GivenUp { " " (sign("warn", "bounces")) } }
                            td data-label="Next" { (moment_of(now, told.at)) }
                        }
                    }
                }
            }
        }
        @if let Some(next) = page.next {
            nav.pages aria-label="Pages" {
                a href={ "/queue/" (path_part(domain)) "?after=" (path_part(&next.to_string())) } { "More messages" }
            }
        }
    }
}

/// What was seen of it: TLS and decisions.
fn seen_of(side: &Side, domain: &str) -> Markup {
    let Some(audience) = side.running.services.observer.audience() else { return html! {} };
    let posture = audience.posture.of(Direction::Outgoing, domain);
    let recent = audience.recent.page(None, DECISIONS, |record| record.domain.eq_ignore_ascii_case(domain));
    let recent: Vec<Decision> = recent.iter().map(Decision::of).collect();
    html! {
        @if let Some(posture) = &posture {
            div.heading { h2 { "TLS with it" } a href=(tls_page("outgoing", domain)) { "Trend and details" } }
            p { "Lately: " (reached(posture.latest)) " " (time(Timestamp::now(), posture.last)) }
            @if !posture.failures.is_empty() { (tls::reasons(posture.failures.iter().take(3), Timestamp::now())) }
        }
        div.heading { h2 { "Last decisions" } a href={ "/decisions?domain=" (path_part(domain)) } { "All, live" } }
        @if recent.is_empty() {
            p.faint { "None is kept in memory." }
        } @else {
            (decisions::table(&recent, None))
        }
    }
}

/// The null sender is shown as such.
pub(super) fn sender(sender: &str) -> Markup {
    html! { @if sender.is_empty() { span.faint { "<> (a bounce)" } } @else { (sender) } }
}

fn tone(cause: Cause) -> &'static str {
    match cause {
        Cause::Nothing => "plain",
        Cause::Operator => "warn",
        _ => "bad",
    }
}
