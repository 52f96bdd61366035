//! Metrics and health over HTTP.
//!
//! - `/`: what there is
//! - `/metrics`: Prometheus text
//! - `/health`: 200 while mail is taken, else 503; with the state of queue and policies as JSON
//! - `/health/live`: 200 while the process answers at all

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tokio::net::TcpListener;

use super::Running;
use super::protocol::{Policies, Queue, Status};
use super::quarantine::{Fill, Totals};

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

/// Serves until the relay is stopping.
pub async fn serve(listener: TcpListener, running: Running) {
    let stopping = running.services.stopping.clone();
    let server = axum::serve(listener, router(running));
    if let Err(error) = server.with_graceful_shutdown(stopping.cancelled_owned()).await {
        tracing::error!("metrics and health are no longer served: {error}");
    }
}

fn router(running: Running) -> Router {
    Router::new()
        .route("/", get(|| async { "/metrics\n/health\n/health/live\n" }))
        .route("/metrics", get(metrics))
        .route("/health", get(health))
        .route("/health/ready", get(health))
        .route("/health/live", get(|| async { "live\n" }))
        .with_state(running)
}

async fn metrics(State(running): State<Running>) -> impl IntoResponse {
    ([(CONTENT_TYPE, OPEN_METRICS)], running.metrics().await)
}

async fn health(State(running): State<Running>) -> impl IntoResponse {
    let report = report(running.status().await);
    let code = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(report))
}

fn report(status: Status) -> Report {
    let mut problems = Vec::new();
    if status.stopping {
        problems.push("the relay is stopping".to_owned());
    }
    if status.queue.health != "good" {
        problems.push(format!("the queue is {}", status.queue.health));
    }
    let ready = problems.is_empty();
    match status.quarantine.fill {
        Fill::Enough => {}
        Fill::NearlyFull => problems.push("the quarantine is nearly full".to_owned()),
        Fill::Full => problems.push("the quarantine is full: mail that is to be kept is deferred".to_owned()),
    }
    // Mail still flows, under the policies of before.
    if status.policies.from_last_good {
        problems.push("the policies were broken at the start: the last good ones are in force".to_owned());
    } else if status.policies.findings.iter().any(|finding| finding.severity == "error") {
        problems.push("the policies on disk are broken: those of before are in force".to_owned());
    }
    Report { ready, problems, queue: status.queue, quarantine: status.quarantine, policies: status.policies }
}
