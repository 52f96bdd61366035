//! The queue by destination: what waits, and why.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Html;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::http::Side;
use super::super::waiting;
use super::page::{Failure, Page, Part};
use super::viewer::Viewer;
use super::words::{counted, destination_page, moment_of, number, octets, path_part, state, time};
use crate::spool::{Filter, QueuedDestination};

/// How many destinations are on a page.
const MOST: usize = 100;

/// Behind which destination a page begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct After {
    after: Option<String>,
}

pub(super) async fn list(
    viewer: Viewer,
    State(side): State<Arc<Side>>,
    Query(After { after }): Query<After>,
) -> Result<Html<String>, Failure> {
    let spool = &side.running.services.spool;
    let stats = spool.stats().await?;
    let is_first = after.is_none();
    let waiting = spool.destinations(&Filter::default(), after, MOST).await?;
    let next = waiting.last().filter(|_| waiting.len() == MOST).map(|last| last.domain.clone());
    let body = html! {
        h1 { "Queue" }
        p.lead {
            (counted(stats.messages, "message")) " for " (counted(stats.recipients, "recipient")) ", " (octets(stats.octets))
            "; " (number(stats.due)) " due, " (number(stats.held)) " held."
        }
        @if waiting.is_empty() {
            p.faint { "Nothing waits." }
        } @else {
            (table(&side, waiting.iter()))
        }
        nav.pages aria-label="Pages" {
            @if !is_first { a href="/queue" { "First" } }
            @if let Some(next) = next { a href={ "/queue?after=" (path_part(&next)) } { "More" } }
        }
    };
    Ok(Page { title: "Queue".to_owned(), part: Part::Queue, body }.of(&viewer))
}

/// Destinations, and why their mail waits.
pub(super) fn table<'a>(side: &Side, waiting: impl Iterator<Item = &'a QueuedDestination>) -> Markup {
    let (now, delivery) = (Timestamp::now(), &side.running.services.config.delivery);
    html! {
        div.scroll {
            table.stacks {
                caption.hidden { "Destinations that mail waits for, and why" }
                thead { tr {
                    th scope="col" { "Destination" } th.number scope="col" { "Recipients" } th scope="col" { "Oldest" }
                    th scope="col" { "State" } th scope="col" { "Why it waits" } th scope="col" { "Next attempt" }
                } }
                tbody {
                    @for one in waiting {
                        @let told = waiting::destination(now, one, delivery);
                        tr {
                            th scope="row" { a href=(destination_page(&one.domain)) { (one.domain) } }
                            td.number data-label="Recipients" { (number(one.recipients)) @if one.held > 0 { br; span.faint { (number(one.held)) " held" } } }
                            td data-label="Oldest" { (time(now, one.oldest)) }
                            td data-label="State" { (state(told.state)) }
                            td.why data-label="Why" { (told.why) }
                            td data-label="Next" { (moment_of(now, told.at)) }
                        }
                    }
                }
            }
        }
    }
}
