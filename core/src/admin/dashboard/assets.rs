//! The stylesheet, the script and the mark: compiled in.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

/// How browsers keep them: their addresses change with the program's version.
const KEEP: &str = "private, max-age=86400";

/// The stylesheet's address.
pub(super) const STYLE: &str = concat!("/assets/style.css?v=", env!("CARGO_PKG_VERSION"));
/// The script's address.
pub(super) const SCRIPT: &str = concat!("/assets/app.js?v=", env!("CARGO_PKG_VERSION"));
/// The mark's address.
pub(super) const SEAL: &str = concat!("/assets/seal.svg?v=", env!("CARGO_PKG_VERSION"));

pub(super) async fn style() -> impl IntoResponse {
    served("text/css; charset=utf-8", include_str!("assets/style.css"))
}

pub(super) async fn script() -> impl IntoResponse {
    served("text/javascript; charset=utf-8", include_str!("assets/app.js"))
}

pub(super) async fn seal() -> impl IntoResponse {
    served("image/svg+xml", include_str!("assets/seal.svg"))
}

fn served(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, KEEP)], text)
}
