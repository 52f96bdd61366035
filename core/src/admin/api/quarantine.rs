//! What filters have quarantined, and an operator's word on it.

use std::sync::Arc;

use axum::Json;
use axum::body::Body as Octets;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::IntoResponse;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Body, Paged, Path, strict};
use super::page::{Page, Which};
use super::problem::Problem;
use crate::admin::http::Side;
use crate::admin::quarantine::{self, Answer, Ask, How, Listed, Shown, content};
use crate::relay::Services;
use crate::spool::{BodyReader, MessageId, QuarantineFilter};

/// How the quarantine of messages is to end.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// How.
    how: How,
    /// Which messages. A filter that asks for nothing is not taken, unless `all` is said.
    #[serde(default, deserialize_with = "strict")]
    filter: QuarantineFilter,
    /// All messages are meant.
    #[serde(default)]
    all: bool,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ended {
    /// How many messages it concerned.
    messages: u64,
}

/// Quarantined messages, oldest first: those that have everything that the filter asks for.
#[utoipa::path(get, path = "/quarantine", operation_id = "quarantined", tag = "quarantine", params(QuarantineFilter, Which), responses(
    (status = 200, body = Page<Listed>, description = "A page of them; it may be short, even empty, though more follow"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "A parameter makes no sense"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The spool cannot be read"),
))]
pub(super) async fn list(
    State(side): State<Arc<Side>>,
    Paged(filter, which): Paged<QuarantineFilter>,
) -> Result<Json<Page<Listed>>, Problem> {
    let after = which.after().map(str::parse).transpose();
    let after = after.map_err(|_| Problem::bad("`after` is no id of a message"))?;
    match ask(&side, Ask::List { filter, after, most: which.most() }).await? {
        Answer::Messages { messages, next } => {
            Ok(Json(Page { items: messages, next: next.map(|next| next.to_string()) }))
        }
        _ => Err(Problem::unavailable("the spool answered something else")),
    }
}

/// One quarantined message: envelope, reason, recipients, headers.
#[utoipa::path(get, path = "/quarantine/{id}", operation_id = "quarantined_message", tag = "quarantine", params(
    ("id" = String, Path, description = "Its id"),
), responses(
    (status = 200, body = Shown, description = "The message"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "That is no id"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such message is quarantined"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The spool cannot be read"),
))]
pub(super) async fn show(
    State(side): State<Arc<Side>>,
    Path(id): Path<MessageId>,
) -> Result<Json<Shown>, Problem> {
    match ask(&side, Ask::Show { id }).await? {
        Answer::Message(shown) => Ok(Json(*shown)),
        _ => Err(unknown(id)),
    }
}

/// The message itself, octet for octet as it would be sent.
#[utoipa::path(get, path = "/quarantine/{id}/content", operation_id = "quarantined_content", tag = "quarantine", params(
    ("id" = String, Path, description = "Its id"),
), responses(
    (status = 200, body = String, content_type = "message/rfc822", description = "The message"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "That is no id"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such message is quarantined"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The spool cannot be read"),
))]
pub(super) async fn octets(
    State(side): State<Arc<Side>>,
    Path(id): Path<MessageId>,
) -> Result<impl IntoResponse, Problem> {
    message(&side, id).await?.ok_or_else(|| unknown(id))
}

/// Release, remove or bounce quarantined messages: what `waxseal quarantine` does.
#[utoipa::path(post, path = "/quarantine/actions", operation_id = "end_quarantine", tag = "quarantine", request_body = End, responses(
    (status = 200, body = Ended, description = "It is done"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "The request makes no sense"),
    (status = 401, body = Problem, content_type = "application/problem+json", description = "No token, or a wrong one"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "The body is no JSON"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The body has what is not known here"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The spool cannot be changed"),
))]
pub(super) async fn act(State(side): State<Arc<Side>>, Body(end): Body<End>) -> Result<Json<Ended>, Problem> {
    if end.filter == QuarantineFilter::default() && !end.all {
        let detail =
            "the filter asks for nothing, which would be all messages: say \"all\": true if you mean it";
        return Err(Problem::bad(detail));
    }
    match ask(&side, Ask::End { filter: end.filter, how: end.how, all: end.all }).await? {
        Answer::Done { messages } => Ok(Json(Ended { messages })),
        _ => Err(Problem::unavailable("the spool answered something else")),
    }
}

/// A quarantined message as a download: a browser never shows what it has. `None` where there is none.
pub(in crate::admin) async fn message(
    side: &Side,
    id: MessageId,
) -> Result<Option<impl IntoResponse + use<>>, Problem> {
    let Some((size, body)) = content(side.running.services.spool.as_ref(), id).await? else {
        return Ok(None);
    };
    let headers = [
        (CONTENT_TYPE, "message/rfc822".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.eml\"")),
        (CONTENT_LENGTH, size.to_string()),
    ];
    Ok(Some((headers, Octets::from_stream(chunks(body)))))
}

fn chunks(body: Box<dyn BodyReader>) -> impl stream::Stream<Item = std::io::Result<bytes::Bytes>> + Send {
    stream::try_unfold(body, |mut body| async {
        let chunk = body.read().await.map_err(std::io::Error::other)?;
        Ok((!chunk.is_empty()).then_some((chunk, body)))
    })
}

async fn ask(side: &Side, ask: Ask) -> Result<Answer, Problem> {
    let Services { spool, observer, .. } = &*side.running.services;
    Ok(quarantine::answer(spool.as_ref(), observer.metrics(), ask).await?)
}

fn unknown(id: MessageId) -> Problem {
    Problem::not_found(format!("no message {id} is quarantined"))
}
