//! The dashboard for people: pages made here, with a stylesheet and a small script of our own, nothing else.
//!
//! Everything works without the script, by loading again; with it, decisions appear as they are taken.
//!
//! - `viewer`: who looks; without one there is no page, and without a form of his own no change
//! - `page`: what all pages have; `words`: what they say alike; `chart`: what they draw
//! - the others: a file for each page

mod act;
mod assets;
mod chart;
mod decisions;
mod destination;
mod message;
mod overview;
mod page;
mod policies;
mod quarantine;
mod queue;
mod search;
mod shadow;
mod sign_in;
mod tls;
mod viewer;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::http::Side;

/// The routes of the dashboard.
pub(super) fn router(side: &Arc<Side>) -> Router {
    Router::new()
        .route("/", get(overview::show))
        .route("/decisions", get(decisions::list))
        .route("/decisions/live", get(decisions::live))
        .route("/decisions/{number}", get(decisions::show))
        .route("/tls", get(tls::list))
        .route("/tls/{direction}/{domain}", get(tls::show))
        .route("/queue", get(queue::list))
        .route("/queue/act", post(act::act))
        .route("/queue/{domain}", get(destination::show))
        .route("/messages/{id}", get(message::show))
        .route("/quarantine", get(quarantine::list))
        .route("/quarantine/act", post(quarantine::act))
        .route("/quarantine/{id}", get(quarantine::show))
        .route("/quarantine/{id}/content", get(quarantine::content))
        .route("/policies", get(policies::show))
        .route("/policies/reload", post(policies::reload))
        .route("/policies/files/{*path}", get(policies::file))
        .route("/shadow", get(shadow::show))
        .route("/shadow/stop", post(shadow::stop))
        .route("/search", get(search::search))
        .route("/login", get(sign_in::form).post(sign_in::sign_in))
        .route("/logout", post(sign_in::sign_out))
        .route("/theme", post(sign_in::theme))
        .route("/assets/style.css", get(assets::style))
        .route("/assets/app.js", get(assets::script))
        .route("/assets/seal.svg", get(assets::seal))
        .fallback(page::nothing_here)
        .with_state(Arc::clone(side))
}
