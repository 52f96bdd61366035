//! How the relay is, and its policies.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waxseal_plugins::reload::Removals;

use super::extract::{BodyOrNone, Path};
use super::problem::Problem;
use crate::admin::bundle::{self, File};
use crate::admin::http::Side;
use crate::admin::protocol::{Policies, Reloaded, Status};

/// The policies in force, and the files as they are now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Bundle {
    /// Generation, since when, and what is wrong with the files as they are now.
    #[serde(flatten)]
    policies: Policies,
    /// The files in force, by path.
    files: Vec<File>,
}

/// A file of the bundle in force.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Text {
    /// Its path, relative to the policies' directory.
    path: String,
    /// What it says.
    text: String,
}

/// How files are to be read again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Reload {
    /// Whether the policies may lose what those of before had: an emptied directory, a vanished filter, list or
    /// override, over half of the table's rows.
    accept_removals: bool,
}

/// How the relay is: what `waxseal status --json` prints.
#[utoipa::path(get, path = "/status", operation_id = "status", tag = "relay", responses(
    (status = 200, body = Status, description = "How it is"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
))]
pub(super) async fn status(State(side): State<Arc<Side>>) -> Json<Status> {
    Json(side.running.status().await)
}

/// The policies in force, and what is wrong with a candidate that was rejected.
#[utoipa::path(get, path = "/bundle", operation_id = "bundle", tag = "relay", responses(
    (status = 200, body = Bundle, description = "The bundle"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
))]
pub(super) async fn bundle(State(side): State<Arc<Side>>) -> Json<Bundle> {
    let files = bundle::files(&side.running.services.live.current());
    Json(Bundle { policies: side.running.status().await.policies, files })
}

/// A file of the bundle in force.
#[utoipa::path(get, path = "/bundle/files/{path}", operation_id = "bundle_file", tag = "relay", params(
    ("path" = String, Path, description = "Its path, as the bundle lists it, with `/` written `%2F`"),
), responses(
    (status = 200, body = Text, description = "The file"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such file is in force"),
))]
pub(super) async fn file(
    State(side): State<Arc<Side>>,
    Path(path): Path<String>,
) -> Result<Json<Text>, Problem> {
    let current = side.running.services.live.current();
    let text = current.files().get(path.as_str()).map(ToString::to_string);
    let text = text.ok_or_else(|| Problem::not_found(format!("no file `{path}` is in force")))?;
    Ok(Json(Text { path, text }))
}

/// Read policies, identities and roots again. What is broken stays as it was, and is told.
#[utoipa::path(post, path = "/reload", operation_id = "reload", tag = "relay", request_body = Option<Reload>, responses(
    (status = 200, body = Reloaded, description = "What it came to; `rejected` where the files are broken"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "The request makes no sense"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "The body is no JSON"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The body has what is not known here"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
))]
pub(super) async fn reload(
    State(side): State<Arc<Side>>,
    BodyOrNone(reload): BodyOrNone<Reload>,
) -> Json<Reloaded> {
    let removals = if reload.accept_removals { Removals::Accept } else { Removals::Refuse };
    Json(Reloaded::from(side.running.services.reload(removals).await))
}
