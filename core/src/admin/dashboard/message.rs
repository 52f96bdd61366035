//! One message: envelope, recipients and why each waits, headers.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use maud::{Markup, html};

use super::super::http::Side;
use super::super::queue::{self, Answer, Ask, Shown};
use super::super::waiting;
use super::act::{Done, Scope, buttons};
use super::destination::sender;
use super::page::{Failure, Page, Part};
use super::viewer::Viewer;
use super::words::{destination_page, moment_of, octets, state, time};
use crate::spool::{Filter, MessageId, Queued, Standing, Status};

pub(super) async fn show(
    viewer: Viewer,
    State(side): State<Arc<Side>>,
    Path(id): Path<MessageId>,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    let spool = side.running.services.spool.as_ref();
    let body = match queue::answer(spool, Ask::Show { id }).await? {
        Answer::Message(shown) if shown.envelope.is_quarantined() => {
            return Ok(Redirect::to(&format!("/quarantine/{id}")).into_response());
        }
        Answer::Message(shown) => {
            let put_off = put_off(&side, &shown).await?;
            page(&side, &viewer, &shown, &put_off, &done)
        }
        _ if done.is_some() => {
            html! { h1 { "The message is gone" } (done.notice()) p { a href="/queue" { "To the queue" } } }
        }
        _ => {
            let gone =
                format!("No message {id} waits: it was delivered, returned or removed. The log says which.");
            return Err(Failure::not_found(gone));
        }
    };
    Ok(Page { title: format!("Message {id}"), part: Part::Queue, body }.of(&viewer).into_response())
}

/// What is said of its destinations, each by its domain.
async fn put_off(side: &Side, shown: &Shown) -> Result<Vec<(String, (Timestamp, Status))>, Failure> {
    let filter = Filter { message: Some(shown.envelope.id), ..Filter::default() };
    let found = side.running.services.spool.destinations(&filter, None, queue::PAGE).await?;
    Ok(found.into_iter().filter_map(|one| Some((one.domain, one.put_off?))).collect())
}

fn page(
    side: &Side,
    viewer: &Viewer,
    shown: &Shown,
    put_off: &[(String, (Timestamp, Status))],
    done: &Done,
) -> Markup {
    let (now, envelope) = (Timestamp::now(), &shown.envelope);
    let held = shown.recipients.iter().filter(|one| one.standing == Standing::Held).count() as u64;
    html! {
        p.above { a href="/queue" { "Queue" } }
        h1 { "Message" }
        (done.notice())
        dl.facts {
            dt { "Id" } dd.mono { (envelope.id) }
            dt { "From" } dd { (sender(&envelope.sender)) }
            dt { "Accepted" } dd { (time(now, envelope.received)) }
            dt { "Size" } dd { (octets(envelope.size)) @if envelope.eight_bit { ", 8-bit" } @if envelope.smtp_utf8 { ", SMTPUTF8" } }
        }
        (buttons(viewer, &Scope::Message(envelope.id), held, shown.recipients.len() as u64))
        h2 { "Recipients that wait" }
        @for one in &shown.recipients {
            @let off = put_off.iter().find(|(domain, _)| *domain == one.domain).map(|(_, off)| off);
            (recipient(side, one, off, now))
        }
        h2 { "Headers" }
        @if shown.headers.is_empty() {
            p.faint { "They cannot be read." }
        } @else {
            pre.box tabindex="0" { @for line in &shown.headers { (line) "\n" } }
        }
    }
}

fn recipient(side: &Side, one: &Queued, put_off: Option<&(Timestamp, Status)>, now: Timestamp) -> Markup {
    let told = waiting::recipient(now, one, put_off, &side.running.services.config.delivery);
    html! {
        article.recipient {
            h3 { (one.address) " " (state(told.state)) }
            p { (told.why) }
            p { (told.next) }
            p.faint {
                "Attempts so far: " (one.attempts) "; next attempt: " (moment_of(now, told.at)) ". "
                a href=(destination_page(&one.domain)) { "All mail to " (one.domain) }
            }
        }
    }
}
