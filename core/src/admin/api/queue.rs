//! What waits, why, and an operator's word on it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Body, Paged, Path, Query, strict};
use super::page::{Page, Which};
use super::problem::Problem;
use crate::admin::bundle::{self, Excerpt, Row};
use crate::admin::http::Side;
use crate::admin::queue::{self, Answer, Ask, Shown};
use crate::admin::waiting::{self, Waiting};
use crate::config::domain_of;
use crate::spool::{Control, Filter, MessageId, Position, Queued, QueuedDestination};

/// What waits for a destination, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Destination {
    /// What waits.
    #[serde(flatten)]
    waits: QueuedDestination,
    /// Why.
    waiting: Waiting,
    /// The row of the table that chooses its policy.
    row: Row,
    /// The line that decided, with those around it; none where no line did.
    excerpt: Option<Excerpt>,
}

/// An operator's word on recipients.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Act {
    /// What is to be done.
    control: Control,
    /// Which recipients. A filter that asks for nothing is not taken, unless `all` is said.
    #[serde(default, deserialize_with = "strict")]
    filter: Filter,
    /// All recipients are meant.
    #[serde(default)]
    all: bool,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Done {
    /// How many recipients it concerned.
    recipients: u64,
}

/// The destinations that mail waits for, by name, and why it waits.
#[utoipa::path(get, path = "/queue/destinations", operation_id = "destinations", tag = "queue", params(Which), responses(
    (status = 200, body = Page<Destination>, description = "A page of them"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "A parameter makes no sense"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The queue cannot be read"),
))]
pub(super) async fn destinations(
    State(side): State<Arc<Side>>,
    Query(which): Query<Which>,
) -> Result<Json<Page<Destination>>, Problem> {
    let spool = &side.running.services.spool;
    let after = which.after().map(str::to_owned);
    let waits = spool.destinations(&Filter::default(), after, which.most()).await?;
    let page = Page::of(waits, which.most(), |waits| waits.domain.clone());
    let items = page.items.into_iter().map(|waits| told(&side, waits)).collect();
    Ok(Json(Page { items, next: page.next }))
}

/// What waits for one destination, and why: the reason, the line that decided, what happens next.
#[utoipa::path(get, path = "/queue/destinations/{domain}", operation_id = "destination", tag = "queue", params(
    ("domain" = String, Path, description = "The recipients' domain"),
), responses(
    (status = 200, body = Destination, description = "What waits for it"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "Nothing waits for it"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The queue cannot be read"),
))]
pub(super) async fn destination(
    State(side): State<Arc<Side>>,
    Path(domain): Path<String>,
) -> Result<Json<Destination>, Problem> {
    let filter = Filter { domain: Some(domain_of(&domain)), ..Filter::default() };
    let found = side.running.services.spool.destinations(&filter, None, 1).await?;
    let nothing = || Problem::not_found(format!("nothing waits for `{domain}`"));
    Ok(Json(told(&side, found.into_iter().next().ok_or_else(nothing)?)))
}

/// Recipients that wait, oldest message first: those that have everything that the filter asks for.
#[utoipa::path(get, path = "/queue/recipients", operation_id = "recipients", tag = "queue", params(Filter, Which), responses(
    (status = 200, body = Page<Queued>, description = "A page of them; it may be short, even empty, though more follow"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "A parameter makes no sense"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The queue cannot be read"),
))]
pub(super) async fn recipients(
    State(side): State<Arc<Side>>,
    Paged(filter, which): Paged<Filter>,
) -> Result<Json<Page<Queued>>, Problem> {
    let after = which.after().map(str::parse::<Position>).transpose();
    let after = after.map_err(|error| Problem::bad(error.to_string()))?;
    let page = side.running.services.spool.list(&canonical(filter), after, which.most()).await?;
    Ok(Json(Page { items: page.recipients, next: page.next.map(|next| next.to_string()) }))
}

/// One message: envelope, recipients, headers.
#[utoipa::path(get, path = "/queue/messages/{id}", operation_id = "message", tag = "queue", params(
    ("id" = String, Path, description = "Its id"),
), responses(
    (status = 200, body = Shown, description = "The message"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "That is no id"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such message waits"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The queue cannot be read"),
))]
pub(super) async fn message(
    State(side): State<Arc<Side>>,
    Path(id): Path<MessageId>,
) -> Result<Json<Shown>, Problem> {
    match queue::answer(side.running.services.spool.as_ref(), Ask::Show { id }).await? {
        Answer::Message(shown) => Ok(Json(*shown)),
        _ => Err(Problem::not_found(format!("no message {id} waits"))),
    }
}

/// Retry, hold, release, remove or bounce recipients: what `waxseal queue` does.
#[utoipa::path(post, path = "/queue/actions", operation_id = "act", tag = "queue", request_body = Act, responses(
    (status = 200, body = Done, description = "It is done"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "The request makes no sense"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "The body is no JSON"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The body has what is not known here"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The queue cannot be changed"),
))]
pub(super) async fn act(State(side): State<Arc<Side>>, Body(act): Body<Act>) -> Result<Json<Done>, Problem> {
    let filter = canonical(act.filter);
    if filter == Filter::default() && !act.all {
        return Err(Problem::bad(
            "the filter asks for nothing, which would be all mail: say \"all\": true if you mean it",
        ));
    }
    let recipients = side.running.services.spool.control(&filter, act.control).await?;
    Ok(Json(Done { recipients }))
}

fn told(side: &Side, waits: QueuedDestination) -> Destination {
    let services = &side.running.services;
    let (bundle, now) = (services.live.current(), Timestamp::now());
    let waiting = waiting::destination(now, &waits, &services.config.delivery);
    let excerpt = waiting.decided_by.as_deref().and_then(|place| bundle::excerpt(&bundle, place));
    Destination { row: bundle::row(&bundle, &waits.domain), waits, waiting, excerpt }
}

/// Domains as the queue writes them.
fn canonical(filter: Filter) -> Filter {
    Filter { domain: filter.domain.as_deref().map(domain_of), ..filter }
}
