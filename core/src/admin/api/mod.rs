//! The API for programs: JSON over HTTP under `/api/v1`, behind the token.
//!
//! Its description, OpenAPI 3.1, is made of these functions and of the types that they take and give;
//! `docs/reference/openapi.json` is that description, and a test holds it.

mod decisions;
mod extract;
mod page;
pub mod problem;
mod quarantine;
mod queue;
#[cfg(test)]
mod reference;
mod relay;
mod shadow;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::problem::Problem;
pub(super) use self::quarantine::message as quarantined_content;
use super::access::Shown;
use super::http::Side;

/// Where the API is.
const PREFIX: &str = "/api/v1";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Waxseal admin API",
        description = "What a running relay does, and an operator's word on it. Errors are problem details (RFC 9457). \
                       Lists come in pages: a page's `next` is what the next one is asked with as `after`, and the last has none.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/api/v1")),
    security(("token" = [])),
    modifiers(&Token),
    tags(
        (name = "relay", description = "How the relay is, and its policies"),
        (name = "decisions", description = "What hooks decided"),
        (name = "tls", description = "What TLS came to, by domain"),
        (name = "quarantine", description = "What filters have kept back, and what is done about it"),
        (name = "queue", description = "What waits, why, and what is done about it"),
    )
)]
struct Description;

/// The token, as the description says it.
struct Token;

impl Modify for Token {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The token that `waxseal admin token` prints."))
            .build();
        openapi.components.get_or_insert_default().add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The routes of the API.
pub(super) fn router(side: &Arc<Side>) -> Router {
    let (routes, description) = described().split_for_parts();
    let description = Json(description);
    // The description is no secret: it is in the documentation of every release.
    let open = Router::new().route("/openapi.json", get(|| async { description }));
    let guarded = routes
        .fallback(|| async { Problem::no_such_path() })
        .method_not_allowed_fallback(|| async { Problem::no_such_method() })
        .layer(from_fn_with_state(Arc::clone(side), only_with_the_token))
        .with_state(Arc::clone(side));
    Router::new().nest(PREFIX, open.merge(guarded))
}

fn described() -> OpenApiRouter<Arc<Side>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(relay::status))
        .routes(routes!(relay::bundle))
        .routes(routes!(relay::file))
        .routes(routes!(relay::reload))
        .routes(routes!(shadow::show))
        .routes(routes!(decisions::list))
        .routes(routes!(decisions::live))
        .routes(routes!(decisions::show))
        .routes(routes!(tls::list))
        .routes(routes!(tls::show))
        .routes(routes!(queue::destinations))
        .routes(routes!(queue::destination))
        .routes(routes!(queue::recipients))
        .routes(routes!(queue::message))
        .routes(routes!(queue::act))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::show))
        .routes(routes!(quarantine::octets))
        .routes(routes!(quarantine::act))
}

async fn only_with_the_token(
    State(side): State<Arc<Side>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    match side.access.bearer(request.headers()) {
        Shown::Token => next.run(request).await,
        Shown::Nothing => Problem::unauthorized().into_response(),
        Shown::Other => side.refuse_guess(client).await.into_response(),
    }
}
