//! What TLS came to, by domain.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use waxseal_plugins::hooks::Direction;

use super::extract::{Paged, Path};
use super::page::{Page, Which};
use super::problem::Problem;
use crate::admin::http::Side;
use crate::observe::posture::DomainPosture;

/// Which domains.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Domains {
    /// `outgoing`, which is meant where nothing is said, or `incoming`.
    #[serde(default = "outgoing")]
    #[param(value_type = Option<String>)]
    direction: Direction,
    /// Only domains whose names have this in them.
    #[serde(default)]
    #[param(required = false)]
    domain: String,
}

fn outgoing() -> Direction {
    Direction::Outgoing
}

/// Domains by name, with what was asked of TLS, what was reached, and how that went over hours and days.
///
/// The relay knows the last 5000 domains, and keeps what it knows over a restart.
#[utoipa::path(get, path = "/tls", operation_id = "tls", tag = "tls", params(Domains, Which), responses(
    (status = 200, body = Page<DomainPosture>, description = "A page of them"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "A parameter makes no sense"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
))]
pub(super) async fn list(
    State(side): State<Arc<Side>>,
    Paged(domains, which): Paged<Domains>,
) -> Result<Json<Page<DomainPosture>>, Problem> {
    let Domains { direction, domain } = domains;
    let audience = side.running.services.observer.audience();
    let page = |most| audience.map(|all| all.posture.page(direction, &domain, which.after(), most));
    let found = page(which.most()).unwrap_or_default();
    Ok(Json(Page::of(found, which.most(), |one| one.domain.clone())))
}

/// What TLS came to with one domain.
#[utoipa::path(get, path = "/tls/{direction}/{domain}", operation_id = "tls_of_domain", tag = "tls", params(
    ("direction" = String, Path, description = "`outgoing` or `incoming`"),
    ("domain" = String, Path, description = "The domain"),
), responses(
    (status = 200, body = DomainPosture, description = "What it came to"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "A parameter makes no sense"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No mail of this domain was seen"),
))]
pub(super) async fn show(
    State(side): State<Arc<Side>>,
    Path((direction, domain)): Path<(Direction, String)>,
) -> Result<Json<DomainPosture>, Problem> {
    let audience = side.running.services.observer.audience();
    let found = audience.and_then(|audience| audience.posture.of(direction, &domain));
    let found =
        found.ok_or_else(|| Problem::not_found(format!("no {direction} mail of `{domain}` was seen")))?;
    Ok(Json(found))
}
