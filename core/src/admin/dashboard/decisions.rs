//! What hooks decided: the last ones, and as they are taken; and one of them with its facts.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream::StreamExt as _;
use maud::{Markup, html};
use serde::Deserialize;
use waxseal_plugins::hooks::HookName;

use super::super::api::problem::Problem;
use super::super::decisions::{Change, Decision, News, Wanted, watch};
use super::super::http::Side;
use super::page::{Failure, Page, Part};
use super::viewer::Viewer;
use super::words::{clock, destination_page, path_part, place, verdict};

/// How many are on a page.
const MOST: usize = 100;

/// The words of verdicts, for the filter.
const VERDICTS: [&str; 11] = [
    "accept",
    "redirect",
    "quarantine",
    "discard",
    "defer",
    "refuse",
    "failure",
    "advertise",
    "withhold",
    "start_tls",
    "stay_clear",
];

/// From where on a page goes back in time.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Back {
    before: Option<u64>,
}

pub(super) async fn list(
    viewer: Viewer,
    State(side): State<Arc<Side>>,
    Query(wanted): Query<Wanted>,
    Query(back): Query<Back>,
) -> Html<String> {
    let audience = side.running.services.observer.audience();
    let heard = audience.map(|all| all.recent.page(back.before, MOST, |record| wanted.has(record)));
    let decisions: Vec<Decision> = heard.unwrap_or_default().iter().map(Decision::of).collect();
    let newest = decisions.first().map_or(0, |decision| decision.number);
    let query = query(&wanted);
    // An earlier page stays as it is.
    let live = back.before.is_none().then(|| format!("/decisions/live?after={newest}{query}"));
    let more = decisions.last().filter(|_| decisions.len() == MOST).map(|last| last.number);
    let body = html! {
        div.heading {
            h1 { "Decisions" }
            @if live.is_some() {
                p.live {
                    span #live-state role="status" aria-live="polite" { "Load again to see what came since" }
                    button #live-pause type="button" hidden aria-pressed="false" { "Pause" }
                }
            }
        }
        (filter(&wanted))
        (table(&decisions, live.as_deref()))
        @if decisions.is_empty() {
            p.faint #nothing { "No decision of this kind is kept. The relay keeps the last 2,000 in memory; the decision log in its data directory has all." }
        }
        nav.pages aria-label="Pages" {
            @if back.before.is_some() { a href={ "/decisions?" (query.trim_start_matches('&')) } { "Newest" } }
            @if let Some(before) = more { a href={ "/decisions?before=" (before) (query) } { "Earlier" } }
        }
    };
    Page { title: "Decisions".to_owned(), part: Part::Decisions, body }.of(&viewer)
}

/// From where on the live ones are told.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct After {
    after: Option<u64>,
}

/// The rows of decisions as they are taken.
pub(super) async fn live(
    _: Viewer,
    State(side): State<Arc<Side>>,
    Query(wanted): Query<Wanted>,
    Query(After { after }): Query<After>,
    headers: HeaderMap,
) -> Response {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let Some(news) = watch(side, last.or(after), wanted) else {
        return Problem::unavailable("too many watch already").into_response();
    };
    let events = news.map(|news| Ok::<_, Infallible>(event(&news)));
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

fn event(news: &News) -> Event {
    match news {
        News::Missed(count) => Event::default().event("missed").data(count.to_string()),
        News::Decided(heard) => {
            let html = row(&Decision::of(heard)).into_string();
            // A line end would end the event's data; in HTML it is a space.
            Event::default()
                .event("decision")
                .id(heard.number.to_string())
                .data(html.replace(['\r', '\n'], " "))
        }
    }
}

pub(super) async fn show(
    viewer: Viewer,
    State(side): State<Arc<Side>>,
    Path(number): Path<u64>,
) -> Result<Html<String>, Failure> {
    let heard = side.running.services.observer.audience().and_then(|audience| audience.recent.one(number));
    let gone = || {
        Failure::not_found(
            "This decision is not kept in memory any more. The decision log in the relay's data directory has it.",
        )
    };
    let decision = Decision::with_facts(&heard.ok_or_else(gone)?);
    let facts = decision.facts.as_ref().map(|facts| format!("{facts:#}")).unwrap_or_default();
    let body = html! {
        h1 { (decision.direction) " " (decision.hook) ": " (decision.verdict) }
        dl.facts {
            dt { "When" } dd { (decision.time) }
            dt { "Verdict" } dd { (verdict(decision.verdict)) @if !decision.reason.is_empty() { " " (decision.reason) } }
            @if !decision.demands.is_empty() { dt { "Demands" } dd.mono { (decision.demands) } }
            dt { "Decided by" } dd { (place(&decision.decided_by)) }
            @if !decision.changed_by.is_empty() {
                dt { "Changed by" } dd { @for line in &decision.changed_by { (place(line)) " " } }
            }
            dt { "Row" } dd { code { (decision.row) } ", policy " code { (decision.policy) } ", generation " (decision.generation) }
            dt { "Peer" } dd.mono { (decision.peer) }
            dt { "Domain" } dd { @if decision.domain.is_empty() { span.faint { "not known yet" } } @else { a href=(destination_page(&decision.domain)) { (decision.domain) } } }
            dt { "Session" } dd { a.mono href={ "/decisions?session=" (path_part(&decision.session)) } { (decision.session) } }
        }
        (changes(decision.changes.as_deref().unwrap_or_default()))
        h2 { "What the hook was told" }
        p.faint { "What is left out is false, 0 or empty." }
        pre.box tabindex="0" { (facts) }
    };
    Ok(Page { title: format!("Decision {number}"), part: Part::Decisions, body }.of(&viewer))
}

/// What filters have changed of the message; nothing where they have changed nothing.
fn changes(changes: &[Change]) -> Markup {
    html! {
        @if !changes.is_empty() {
            h2 { "What filters have changed" }
            div.scroll {
                table.stacks {
                    caption.hidden { "Changes, in the order in which they were done" }
                    thead { tr { th scope="col" { "Change" } th scope="col" { "By" } } }
                    tbody {
                        @for change in changes {
                            tr { td.mono data-label="Change" { (change.words) } td data-label="By" { (place(&change.by)) } }
                        }
                    }
                }
            }
        }
    }
}

/// A table of decisions; `live` is where new ones come from.
pub(super) fn table(decisions: &[Decision], live: Option<&str>) -> Markup {
    html! {
        div.scroll {
            table.decisions.stacks data-live=[live] {
                caption.hidden { "Decisions, newest first" }
                thead { tr {
                    th scope="col" { "Time (UTC)" } th scope="col" { "Hook" } th scope="col" { "Verdict" }
                    th scope="col" { "Domain" } th scope="col" { "Peer" } th scope="col" { "Why" }
                } }
                tbody { @for decision in decisions { (row(decision)) } }
            }
        }
    }
}

fn row(decision: &Decision) -> Markup {
    let Decision { number, direction, hook, domain, peer, reason, decided_by, changed_by, .. } = decision;
    html! {
        tr {
            td { a.mono href={ "/decisions/" (number) } { (clock(decision.time)) } }
            td.together { span.faint { (direction) } " " (hook) }
            td { (verdict(decision.verdict)) }
            td.domain data-label="Domain" { @if domain.is_empty() { span.faint { "–" } } @else { a href=(destination_page(domain)) { (domain) } } }
            td.mono data-label="Peer" { (peer) }
            td data-label="Why" { @if !reason.is_empty() { (reason) " " } span.faint { (place(decided_by)) @if !changed_by.is_empty() { ", changed by " @for line in changed_by { (place(line)) " " } } } }
        }
    }
}

fn filter(wanted: &Wanted) -> Markup {
    let hooks = HookName::ALL.map(HookName::word);
    html! {
        form.filter method="get" action="/decisions" aria-label="Filter" {
            (text("domain", "Domain", &wanted.domain))
            (choice("direction", "Direction", &["incoming", "outgoing"], &wanted.direction))
            (choice("hook", "Hook", &hooks, &wanted.hook))
            (choice("verdict", "Verdict", &VERDICTS, &wanted.verdict))
            (text("peer", "Peer", &wanted.peer))
            (text("session", "Session", &wanted.session))
            button type="submit" { "Filter" }
            @if *wanted != Wanted::default() { a href="/decisions" { "Clear" } }
        }
    }
}

fn text(name: &str, label: &str, value: &str) -> Markup {
    html! { label { span { (label) } input type="text" name=(name) value=(value) autocomplete="off" spellcheck="false"; } }
}

fn choice(name: &str, label: &str, words: &[&str], chosen: &str) -> Markup {
    html! {
        label {
            span { (label) }
            select name=(name) {
                option value="" { "any" }
                @for word in words { option value=(word) selected[chosen == *word] { (word) } }
            }
        }
    }
}

/// The filter as it stands in an address, each part behind an `&`.
fn query(wanted: &Wanted) -> String {
    let Wanted { domain, direction, hook, verdict, session, peer } = wanted;
    let parts = [
        ("domain", domain),
        ("direction", direction),
        ("hook", hook),
        ("verdict", verdict),
        ("session", session),
        ("peer", peer),
    ];
    let set = parts.into_iter().filter(|(_, value)| !value.is_empty());
    set.map(|(name, value)| format!("&{name}={}", path_part(value))).collect()
}
