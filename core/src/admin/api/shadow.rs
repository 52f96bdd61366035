//! The candidate that is asked on real traffic, without effect.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::problem::Problem;
use crate::admin::http::Side;
use crate::admin::shadow::Shadow;

/// What the candidate in the shadow would change, by hook, by domain, and in groups with an example each.
///
/// It is asked and given up by `waxseal shadow start` and `stop`, and made live by `waxseal promote`.
#[utoipa::path(get, path = "/shadow", operation_id = "shadow", tag = "relay", responses(
    (status = 200, body = Shadow, description = "The candidate"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No candidate is asked"),
))]
pub(super) async fn show(State(side): State<Arc<Side>>) -> Result<Json<Shadow>, Problem> {
    let state = side.running.services.shadow.state();
    let state = state.ok_or_else(|| {
        Problem::not_found("no candidate is asked in the shadow: `waxseal shadow start DIR` asks one")
    })?;
    Ok(Json(Shadow::from(state)))
}
