//! What is served over HTTP, and where.
//!
//! - `/`: the dashboard
//! - `/api/v1/`: the API; `/api/v1/openapi.json` describes it
//! - `/metrics`: Prometheus text
//! - `/health`: 200 while mail is taken, else 503; with the state of queue and policies as JSON
//! - `/health/live`: 200 while the process answers at all

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::access::{Access, Guesses, Names, Sessions, Token};
use super::api::problem::Problem;
use super::{Running, api, connections, dashboard, health};
use crate::config::{Admin, MetricsAccess};
use crate::relay::StartError;

/// The largest request body: a form, a filter. Octets.
const BODY: usize = 64 * 1024;

/// How many may watch decisions as they come.
const WATCHERS: usize = 32;

/// No script, style or frame but our own, and no form goes elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the admin side knows.
pub struct Side {
    /// The relay.
    pub running: Running,
    /// Who may.
    pub access: Access,
    /// Who may read the metrics.
    pub metrics: MetricsAccess,
    /// Places for those who watch decisions as they come.
    pub watchers: Arc<Semaphore>,
}

/// Binds the address, and opens the token's file.
///
/// # Errors
///
/// Either cannot be done.
pub async fn bind(admin: &Admin, data_dir: &Path) -> Result<(TcpListener, Token), StartError> {
    let at = admin.address;
    let listener = TcpListener::bind(at).await.map_err(|error| StartError::Admin(at, error))?;
    let path = Token::path(admin.token_file.as_deref(), data_dir);
    let token = Token::open(path.clone()).map_err(|error| StartError::Token(path, error))?;
    Ok((listener, token))
}

/// Serves until the relay is stopping.
pub async fn serve(listener: TcpListener, token: Token, running: Running) {
    let stopping = running.services.stopping.clone();
    let Some(side) = Side::new(token, running) else { return };
    connections::serve(listener, router(&Arc::new(side)), stopping).await;
}

impl Side {
    /// `None` where no admin side is configured.
    fn new(token: Token, running: Running) -> Option<Self> {
        let config = &running.services.config;
        let admin = config.admin.as_ref()?;
        let names = admin.names.iter().chain([&config.hostname]).map(String::as_str);
        let access = Access {
            token,
            sessions: Sessions::default(),
            names: Names::new(names),
            guesses: Guesses::default(),
            transport: admin.transport,
        };
        let (metrics, watchers) = (admin.metrics, Arc::new(Semaphore::new(WATCHERS)));
        Some(Self { running, access, metrics, watchers })
    }

    /// A wrong token was shown: what is answered, after a while.
    pub(super) async fn refuse_guess(&self, client: SocketAddr) -> Problem {
        tracing::warn!(%client, "somebody has shown a wrong token to the admin side");
        match self.access.guesses.wrong().await {
            Ok(()) => Problem::unauthorized(),
            Err(_) => Problem::too_many_guesses(),
        }
    }
}

fn router(side: &Arc<Side>) -> Router {
    let monitors = Router::new()
        .route("/metrics", get(health::metrics))
        .route("/health", get(health::health))
        .route("/health/ready", get(health::health))
        .route("/health/live", get(|| async { "live\n" }))
        .with_state(Arc::clone(side));
    // Monitors ask by any name, and are told nothing that a page of a stranger could use.
    let named = from_fn_with_state(Arc::clone(side), only_by_our_names);
    api::router(side)
        .merge(dashboard::router(side))
        .layer(named)
        .merge(monitors)
        .layer(DefaultBodyLimit::max(BODY))
        .layer(from_fn(careful))
}

async fn only_by_our_names(State(side): State<Arc<Side>>, request: Request, next: Next) -> Response {
    if side.access.names.are_meant(request.headers()) {
        next.run(request).await
    } else {
        Problem::misdirected().into_response()
    }
}

/// What every answer says to browsers.
async fn careful(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut say = |name: HeaderName, value| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    say(CONTENT_SECURITY_POLICY, POLICY);
    say(X_CONTENT_TYPE_OPTIONS, "nosniff");
    say(REFERRER_POLICY, "same-origin");
    say(CACHE_CONTROL, "no-store");
    say(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    say(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    response
}
