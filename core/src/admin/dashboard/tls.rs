//! What TLS came to: all domains, and one of them over time.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Html;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use waxseal_plugins::hooks::Direction;

use super::super::bundle;
use super::super::http::Side;
use super::chart::{self, DAYS, HOURS};
use super::page::{Failure, Page, Part};
use super::viewer::Viewer;
use super::words::{destination_page, number, path_part, reached, sign, time, tls_page};
use crate::observe::posture::{DomainPosture, Failure as Reason};

/// How many domains are on a page.
const MOST: usize = 100;

/// Which domains.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    #[serde(default = "outgoing")]
    direction: Direction,
    #[serde(default)]
    domain: String,
    #[serde(default)]
    after: Option<String>,
}

fn outgoing() -> Direction {
    Direction::Outgoing
}

pub(super) async fn list(
    viewer: Viewer,
    State(side): State<Arc<Side>>,
    Query(which): Query<Which>,
) -> Html<String> {
    let Which { direction, domain, after } = which;
    let now = Timestamp::now();
    let audience = side.running.services.observer.audience();
    let found =
        audience.map(|all| all.posture.page(direction, &domain, after.as_deref(), MOST)).unwrap_or_default();
    let total = audience.map(|all| all.posture.total(direction)).unwrap_or_default();
    let next = found.last().filter(|_| found.len() == MOST).map(|last| last.domain.clone());
    let body = html! {
        h1 { "TLS by domain" }
        nav.tabs aria-label="Direction" {
            @for one in [Direction::Outgoing, Direction::Incoming] {
                a href={ "/tls?direction=" (one.word()) } aria-current=[(one == direction).then_some("true")] { (one.word()) }
            }
        }
        section { (chart::bar(total)) (chart::legend(total)) }
        form.filter method="get" action="/tls" aria-label="Filter" {
            input type="hidden" name="direction" value=(direction.word());
            label { span { "Domain has" } input type="text" name="domain" value=(domain) autocomplete="off" spellcheck="false"; }
            button type="submit" { "Filter" }
            @if !domain.is_empty() { a href={ "/tls?direction=" (direction.word()) } { "Clear" } }
        }
        (table(&found, direction, now))
        @if let Some(next) = next {
            nav.pages aria-label="Pages" {
                a href={ "/tls?direction=" (direction.word()) "&domain=" (path_part(&domain)) "&after=" (path_part(&next)) } { "More" }
            }
        }
    };
    Page { title: "TLS".to_owned(), part: Part::Tls, body }.of(&viewer)
}

fn table(found: &[DomainPosture], direction: Direction, now: Timestamp) -> Markup {
    html! {
        @if found.is_empty() {
            p.faint { "No " (direction.word()) " mail was seen yet." }
        } @else {
            div.scroll {
                table {
                    caption.hidden { "Domains, and what TLS came to with their peers" }
                    thead { tr {
                        th scope="col" { "Domain" } th scope="col" { "Asked" } th scope="col" { "Reached" }
                        th.number scope="col" { "In all" } th scope="col" { "Versions" } th scope="col" { "Lately" } th scope="col" { "Last seen" }
                    } }
                    tbody {
                        @for one in found {
                            tr {
                                th scope="row" { a href=(tls_page(direction.word(), &one.domain)) { (name(one)) } }
                                td { (words(&one.policies)) }
                                td.wide { (chart::bar(one.total)) }
                                td.number { (number(one.total.all())) }
                                td { (words(&one.versions)) }
                                td { (reached(one.latest)) @if one.has_lost_tls() { " " (sign("bad", "lost its TLS")) } }
                                td { (time(now, one.last)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) async fn show(
    viewer: Viewer,
    State(side): State<Arc<Side>>,
    Path((direction, domain)): Path<(Direction, String)>,
) -> Result<Html<String>, Failure> {
    let domain = if domain == "-" { String::new() } else { domain };
    let audience = side.running.services.observer.audience();
    let found = audience.and_then(|audience| audience.posture.of(direction, &domain));
    let one = found.ok_or_else(|| {
        Failure::not_found(format!("No {} mail of {domain} was seen yet.", direction.word()))
    })?;
    let now = Timestamp::now();
    let body = html! {
        p.above { a href={ "/tls?direction=" (direction.word()) } { "TLS of " (direction.word()) " mail" } }
        h1 { (name(&one)) }
        @if one.has_lost_tls() {
            p.notice.bad { strong { "It has lost its TLS." } " Mail now goes in clear, though most of it was encrypted before. " a href="/policies" { "A row with " code { "require" } } " would stop that." }
        }
        (chart::bar(one.total))
        (chart::legend(one.total))
        dl.facts {
            dt { "Lately" } dd { (reached(one.latest)) " " (time(now, one.last)) }
            @if direction == Direction::Outgoing {
                @let row = bundle::row(&side.running.services.live.current(), &one.domain);
                dt { "Row now" } dd { code { (row.pattern) } " asks for " code { (row.policy) } }
            }
            dt { "Asked" } dd { (counts(&one.policies)) }
            dt { "Versions" } dd { (counts(&one.versions)) }
            dt { "Suites" } dd { (counts(&one.suites)) }
            dt { "Groups" } dd { (counts(&one.groups)) }
            dt { "Known since" } dd { (time(now, one.first)) }
            dt { "See also" } dd {
                @if direction == Direction::Outgoing { a href=(destination_page(&one.domain)) { "what waits for it" } ", " }
                a href={ "/decisions?direction=" (direction.word()) "&domain=" (path_part(&one.domain)) } { "its decisions" }
            }
        }
        h2 { "Trend" }
        (chart::trend(one.hours.iter().copied(), HOURS, now))
        (chart::trend(one.days.iter().copied(), DAYS, now))
        h2 { "Why it failed, or went in clear" }
        (reasons(one.failures.iter(), now))
    };
    Ok(Page { title: format!("TLS of {domain}"), part: Part::Tls, body }.of(&viewer))
}

/// Reasons, latest first.
pub(super) fn reasons<'a>(reasons: impl ExactSizeIterator<Item = &'a Reason>, now: Timestamp) -> Markup {
    html! {
        @if reasons.len() == 0 {
            p.faint { "It did not." }
        } @else {
            div.scroll {
                table {
                    thead { tr { th scope="col" { "Last" } th.number scope="col" { "Times" } th scope="col" { "Peer" } th scope="col" { "Why" } } }
                    tbody {
                        @for reason in reasons {
                            tr { td { (time(now, reason.last)) } td.number { (number(reason.count)) } td.mono { (reason.peer) } td { (reason.reason) } }
                        }
                    }
                }
            }
        }
    }
}

/// Bounces have no sender, and so no domain.
fn name(one: &DomainPosture) -> &str {
    if one.domain.is_empty() { "(no sender)" } else { &one.domain }
}

fn words(kinds: &BTreeMap<String, u64>) -> String {
    kinds.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn counts(kinds: &BTreeMap<String, u64>) -> Markup {
    let mut kinds: Vec<_> = kinds.iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    html! {
        @if kinds.is_empty() { span.faint { "none" } }
        ul.inline { @for (kind, count) in kinds { li { span.mono { (kind) } " " span.faint { (number(*count)) } } } }
    }
}
