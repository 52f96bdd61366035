//! Metrics and health, for monitors.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::access::Shown;
use super::api::problem::Problem;
use super::http::Side;
use super::protocol::{Policies, Queue, Status};
use super::quarantine::{Fill, Totals};
use crate::config::MetricsAccess;

/// The content type of OpenMetrics text, which Prometheus asks for.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What `/health` answers.
#[derive(Debug, Serialize)]
struct Report {
    /// Whether mail is taken.
    ready: bool,
    /// What an operator should look at; empty where all is well.
    problems: Vec<String>,
    queue: Queue,
    quarantine: Totals,
    policies: Policies,
}

/// The metrics.
pub(super) async fn metrics(
    State(side): State<Arc<Side>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    match side.access.bearer(&headers) {
        Shown::Token => {}
        _ if side.metrics == MetricsAccess::Open => {}
        Shown::Nothing => return Problem::unauthorized().into_response(),
        Shown::Other => return side.refuse_guess(client).await.into_response(),
    }
    ([(CONTENT_TYPE, OPEN_METRICS)], side.running.metrics().await).into_response()
}

/// Whether mail is taken, and what to look at. Where metrics need the token, a stranger hears the first only.
pub(super) async fn health(State(side): State<Arc<Side>>, headers: HeaderMap) -> Response {
    let report = report(side.running.status().await);
    let code = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    if side.metrics == MetricsAccess::Open || side.access.bearer(&headers) == Shown::Token {
        (code, Json(report)).into_response()
    } else {
        (code, Json(serde_json::json!({ "ready": report.ready }))).into_response()
    }
}

fn report(status: Status) -> Report {
    let mut problems = Vec::new();
    if status.stopping {
        problems.push("the relay is stopping".to_owned());
    }
    if status.queue.health != "good" {
        problems.push(format!("the queue is {}", status.queue.in_words()));
    }
    let ready = problems.is_empty();
    match status.quarantine.fill {
        Fill::Enough => {}
        Fill::NearlyFull => problems.push("the quarantine is nearly full".to_owned()),
        Fill::Full => problems.push("the quarantine is full: mail that is to be kept is deferred".to_owned()),
    }
    problems.extend(status.milters.iter().map(ToString::to_string));
    // Mail still flows, under the policies of before.
    if status.policies.from_last_good {
        problems.push("the policies were broken at the start: the last good ones are in force".to_owned());
    } else if status.policies.findings.iter().any(|finding| finding.severity == "error") {
        problems.push("the policies on disk are broken: those of before are in force".to_owned());
    }
    problems.extend(status.policies.lists.iter().map(|finding| finding.message.clone()));
    Report { ready, problems, queue: status.queue, quarantine: status.quarantine, policies: status.policies }
}
