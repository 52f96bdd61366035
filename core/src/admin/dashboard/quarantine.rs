//! The quarantine: what filters have kept back, why, and an operator's word on it.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::api;
use super::super::http::Side;
use super::super::quarantine::{self, Answer, Ask, How, Listed, PAGE, Shown};
use super::destination::sender;
use super::page::{Failure, Page, Part, csrf};
use super::viewer::{Made, Signed, Viewer};
use super::words::{counted, octets, path_part, place, time};
use crate::relay::Services;
use crate::spool::{MessageId, QuarantineFilter};

/// Which page, of which messages.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    reason: String,
    sender: String,
    recipient: String,
    after: Option<MessageId>,
    ended: Option<String>,
}

/// How somebody wants a quarantine to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum End {
    Release,
    Remove,
    Bounce,
}

/// The form.
#[derive(Debug, Deserialize)]
pub(super) struct Act {
    csrf: String,
    message: MessageId,
    end: End,
    /// Addresses that it is released to in place of its recipients, with commas between.
    #[serde(default)]
    to: String,
    #[serde(default)]
    confirmed: String,
}

impl Act {
    fn to(&self) -> Vec<String> {
        let addresses = self.to.split(',').map(str::trim).filter(|address| !address.is_empty());
        addresses.map(str::to_owned).collect()
    }
}

impl Made for Act {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

pub(super) async fn list(
    viewer: Viewer,
    State(side): State<Arc<Side>>,
    Query(which): Query<Which>,
) -> Result<Html<String>, Failure> {
    let set = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let filter = QuarantineFilter {
        reason: set(&which.reason),
        sender: set(&which.sender),
        recipient: set(&which.recipient),
        ..QuarantineFilter::default()
    };
    let answer = ask(&side, Ask::List { filter, after: which.after, most: PAGE }).await?;
    let Answer::Messages { messages, next } = answer else {
        return Err(Failure::bad("The spool answered something else."));
    };
    let totals = side.running.status().await.quarantine;
    let body = html! {
        h1 { "Quarantine" }
        (said(which.ended.as_deref()))
        p.lead { (counted(totals.messages, "message")) ", " (octets(totals.octets)) ". Nothing of it is sent before somebody has said so." }
        (filter_form(&which))
        (table(&messages))
        nav.pages aria-label="Pages" {
            @if which.after.is_some() { a href={ "/quarantine?" (query(&which)) } { "First" } }
            @if let Some(next) = next { a href={ "/quarantine?" (query(&which)) "&after=" (next) } { "More" } }
        }
    };
    Ok(Page { title: "Quarantine".to_owned(), part: Part::Quarantine, body }.of(&viewer))
}

fn filter_form(which: &Which) -> Markup {
    let text = |name: &str, label: &str, value: &str| {
        html! { label { span { (label) } input type="text" name=(name) value=(value) autocomplete="off" spellcheck="false"; } }
    };
    html! {
        form.filter method="get" action="/quarantine" aria-label="Filter" {
            (text("reason", "Reason has", &which.reason))
            (text("sender", "Sender, or @domain", &which.sender))
            (text("recipient", "Recipient, or @domain", &which.recipient))
            button type="submit" { "Filter" }
            @if !query(which).is_empty() { a href="/quarantine" { "Clear" } }
        }
    }
}

fn table(messages: &[Listed]) -> Markup {
    let now = Timestamp::now();
    html! {
        @if messages.is_empty() {
            p.faint { "Nothing is quarantined that was looked for." }
        } @else {
            div.scroll {
                table.stacks {
                    caption.hidden { "Quarantined messages, oldest first" }
                    thead { tr {
                        th scope="col" { "Subject" } th scope="col" { "From" } th scope="col" { "To" }
                        th scope="col" { "Since" } th scope="col" { "Why" }
                    } }
                    tbody { @for one in messages { (row(one, now)) } }
                }
            }
        }
    }
}

fn row(one: &Listed, now: Timestamp) -> Markup {
    let Listed { message, subject } = one;
    let to = message.recipients.first().map_or("", String::as_str);
    let more = message.recipients.len().saturating_sub(1);
    html! {
        tr {
            th scope="row" { a href={ "/quarantine/" (message.envelope.id) } { (subject.as_deref().filter(|subject| !subject.is_empty()).unwrap_or("(no subject)")) } }
            td data-label="From" { (sender(&message.envelope.sender)) }
            td data-label="To" { (to) @if more > 0 { " " span.faint { "and " (more) " more" } } }
            @if let Some(quarantine) = &message.envelope.quarantine {
                td data-label="Since" { (time(now, quarantine.since)) }
                td.why data-label="Why" { (quarantine.reason) " " span.faint { (place(&quarantine.by)) } }
            }
        }
    }
}

pub(super) async fn show(
    viewer: Viewer,
    State(side): State<Arc<Side>>,
    Path(id): Path<MessageId>,
) -> Result<Html<String>, Failure> {
    let Answer::Message(shown) = ask(&side, Ask::Show { id }).await? else { return Err(unknown(id)) };
    let Shown { message, headers } = &*shown;
    let (now, envelope) = (Timestamp::now(), &message.envelope);
    let body = html! {
        p.above { a href="/quarantine" { "Quarantine" } }
        h1 { "Quarantined message" }
        section.answer.warn {
            @if let Some(quarantine) = &envelope.quarantine {
                h2 { "Why it is quarantined" }
                p.lead { (quarantine.reason) }
                p { "By " (place(&quarantine.by)) ", " (time(now, quarantine.since)) "." }
            }
            dl.facts {
                dt { "Id" } dd.mono { (envelope.id) }
                dt { "From" } dd { (sender(&envelope.sender)) }
                dt { "To" } dd { ul.inline { @for recipient in &message.recipients { li { (recipient) } } } }
                dt { "Accepted" } dd { (time(now, envelope.received)) }
                dt { "Size" } dd { (octets(envelope.size)) ", " a href={ "/quarantine/" (id) "/content" } { "download it" } " (it may be dangerous)" }
            }
            (buttons(&viewer, id))
        }
        h2 { "Headers" }
        pre.box tabindex="0" { @for line in headers { (line) "\n" } }
    };
    Ok(Page { title: "Quarantined message".to_owned(), part: Part::Quarantine, body }.of(&viewer))
}

fn buttons(viewer: &Viewer, id: MessageId) -> Markup {
    html! {
        form.row.actions method="post" action="/quarantine/act" aria-label="Actions" {
            (csrf(viewer))
            input type="hidden" name="message" value=(id);
            button.main type="submit" name="end" value="release" { "Release" }
            label { span.faint { "to " } input type="text" name="to" placeholder="its recipients" aria-label="Release to, in place of its recipients" autocomplete="off" spellcheck="false"; }
            button type="submit" name="end" value="bounce" { "Return to sender…" }
            button.danger type="submit" name="end" value="remove" { "Remove…" }
        }
    }
}

pub(super) async fn content(
    _: Viewer,
    State(side): State<Arc<Side>>,
    Path(id): Path<MessageId>,
) -> Result<Response, Failure> {
    let found =
        api::quarantined_content(&side, id).await.map_err(|problem| Failure::bad(problem.detail()))?;
    found.map(IntoResponse::into_response).ok_or_else(|| unknown(id))
}

pub(super) async fn act(
    State(side): State<Arc<Side>>,
    Signed(viewer, act): Signed<Act>,
) -> Result<Response, Failure> {
    let (word, how) = match act.end {
        End::Release => ("released", How::Release { to: act.to() }),
        End::Remove => ("removed", How::Remove),
        End::Bounce => ("returned", How::Bounce),
    };
    if act.end != End::Release && act.confirmed.is_empty() {
        return Ok(confirm(&viewer, &act).into_response());
    }
    let filter = QuarantineFilter { message: Some(act.message), ..QuarantineFilter::default() };
    match ask(&side, Ask::End { filter, how, all: false }).await? {
        Answer::Done { messages: 1.. } => {
            Ok(Redirect::to(&format!("/quarantine?ended={word}")).into_response())
        }
        _ => Err(unknown(act.message)),
    }
}

fn confirm(viewer: &Viewer, act: &Act) -> Html<String> {
    let (title, what, word, button) = match act.end {
        End::Bounce => ("Return to sender?", "It fails now, and its sender is told.", "bounce", "Return it"),
        _ => (
            "Remove?",
            "It is gone for good, and nobody is told: neither sender nor recipient.",
            "remove",
            "Remove it",
        ),
    };
    let body = html! {
        section.narrow.card {
            h1 { (title) }
            p { "Message " code { (act.message) } " is meant. " (what) }
            form.row method="post" action="/quarantine/act" {
                (csrf(viewer))
                input type="hidden" name="message" value=(act.message);
                input type="hidden" name="confirmed" value="yes";
                button.danger type="submit" name="end" value=(word) { (button) }
                a href={ "/quarantine/" (act.message) } { "No, leave it as it is" }
            }
        }
    };
    Page { title: title.to_owned(), part: Part::Quarantine, body }.of(viewer)
}

fn said(ended: Option<&str>) -> Markup {
    html! {
        @match ended {
            Some("released") => p.notice.good role="status" { "The message was released: it is being sent." },
            Some("removed") => p.notice.good role="status" { "The message was removed." },
            Some("returned") => p.notice.good role="status" { "The message was given up: its sender is being told." },
            _ => {},
        }
    }
}

/// The filter as it stands in an address.
fn query(which: &Which) -> String {
    let parts = [("reason", &which.reason), ("sender", &which.sender), ("recipient", &which.recipient)];
    let set = parts.into_iter().filter(|(_, value)| !value.is_empty());
    set.map(|(name, value)| format!("{name}={}", path_part(value))).collect::<Vec<_>>().join("&")
}

async fn ask(side: &Side, ask: Ask) -> Result<Answer, Failure> {
    let Services { spool, observer, .. } = &*side.running.services;
    quarantine::answer(spool.as_ref(), observer.metrics(), ask).await.map_err(|error| match error {
        quarantine::Problem::Spool(error) => error.into(),
        address @ quarantine::Problem::Address { .. } => Failure::bad(address.to_string()),
    })
}

fn unknown(id: MessageId) -> Failure {
    Failure::not_found(format!(
        "No message {id} is quarantined: it was released, returned or removed, or has expired."
    ))
}
