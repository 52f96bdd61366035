//! What hooks decided: a page, one of them, or as they come.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, StreamExt as _};

use super::extract::{Paged, Path, Query};
use super::page::{Page, Which};
use super::problem::Problem;
use crate::admin::decisions::{Decision, News, Wanted, watch};
use crate::admin::http::Side;

/// The last decisions, newest first. The relay keeps the last 2000 in memory; the decision log has all.
#[utoipa::path(get, path = "/decisions", operation_id = "decisions", tag = "decisions", params(Wanted, Which), responses(
    (status = 200, body = Page<Decision>, description = "A page of them"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "A parameter makes no sense"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
))]
pub(super) async fn list(
    State(side): State<Arc<Side>>,
    Paged(wanted, which): Paged<Wanted>,
) -> Result<Json<Page<Decision>>, Problem> {
    let before = which.after().map(str::parse).transpose();
    let before = before.map_err(|_| Problem::bad("`after` is no number of a decision"))?;
    let audience = side.running.services.observer.audience();
    let heard =
        audience.map(|audience| audience.recent.page(before, which.most(), |record| wanted.has(record)));
    let decisions = heard.unwrap_or_default().iter().map(Decision::of).collect();
    Ok(Json(Page::of(decisions, which.most(), |decision| decision.number.to_string())))
}

/// One decision, with the facts that its hook was told.
#[utoipa::path(get, path = "/decisions/{number}", operation_id = "decision", tag = "decisions", params(
    ("number" = u64, Path, description = "Its number"),
), responses(
    (status = 200, body = Decision, description = "The decision"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "That is no number"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "It is not kept any more: the decision log has it"),
))]
pub(super) async fn show(
    State(side): State<Arc<Side>>,
    Path(number): Path<u64>,
) -> Result<Json<Decision>, Problem> {
    let heard = side.running.services.observer.audience().and_then(|audience| audience.recent.one(number));
    let gone =
        || Problem::not_found(format!("decision {number} is not kept any more: the decision log has it"));
    Ok(Json(Decision::with_facts(&heard.ok_or_else(gone)?)))
}

/// Decisions as they come: server-sent events.
///
/// Each event `decision` has a decision as its data and its number as its id; who comes again with
/// `Last-Event-ID` misses none that is kept. An event `missed` tells how many were taken too fast to be told.
#[utoipa::path(get, path = "/decisions/live", operation_id = "live_decisions", tag = "decisions", params(Wanted), responses(
    (status = 200, body = Decision, content_type = "text/event-stream", description = "Decisions, until the relay ends"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "A parameter makes no sense"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "Too many watch already"),
))]
pub(super) async fn live(
    State(side): State<Arc<Side>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let after = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let news = watch(side, after, wanted).ok_or_else(|| Problem::unavailable("too many watch already"))?;
    Ok(Sse::new(news.map(|news| Ok(event(&news)))).keep_alive(KeepAlive::default()))
}

fn event(news: &News) -> Event {
    match news {
        News::Missed(count) => Event::default().event("missed").data(count.to_string()),
        News::Decided(heard) => {
            let event = Event::default().event("decision").id(heard.number.to_string());
            // A decision can be written as JSON.
            event.json_data(Decision::of(heard)).unwrap_or_default()
        }
    }
}
