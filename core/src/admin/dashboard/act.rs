//! An operator's word on mail that waits: the buttons, what is asked before, and what came of it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::http::Side;
use super::page::{Failure, Page, Part, csrf};
use super::viewer::{Made, Signed, Viewer};
use super::words::{counted, destination_page};
use crate::spool::{Control, Filter, MessageId};

/// Of which mail something is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// All to a destination.
    Destination(String),
    /// A message, for all its recipients.
    Message(MessageId),
}

/// The form.
#[derive(Debug, Deserialize)]
pub(super) struct Act {
    csrf: String,
    control: Control,
    #[serde(default)]
    domain: String,
    #[serde(default)]
    message: String,
    /// Whether it was asked before.
    #[serde(default)]
    confirmed: String,
}

/// What came of it, as the address of the next page says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    done: Option<String>,
    recipients: Option<String>,
}

impl Made for Act {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

pub(super) async fn act(
    State(side): State<Arc<Side>>,
    Signed(viewer, act): Signed<Act>,
) -> Result<Response, Failure> {
    let scope = scope(&act)?;
    if needs_asking(act.control) && act.confirmed.is_empty() {
        return Ok(ask(&viewer, &scope, act.control).into_response());
    }
    let recipients = side.running.services.spool.control(&scope.filter(), act.control).await?;
    let page = format!("{}?done={}&recipients={recipients}", scope.page(), word(act.control));
    Ok(Redirect::to(&page).into_response())
}

fn scope(act: &Act) -> Result<Scope, Failure> {
    match (act.domain.as_str(), act.message.as_str()) {
        ("", "") => Err(Failure::bad("The form does not say which mail is meant.")),
        (domain, "") => Ok(Scope::Destination(domain.to_owned())),
        (_, message) => {
            let id = message.parse().map_err(|_| Failure::bad("That is no id of a message."))?;
            Ok(Scope::Message(id))
        }
    }
}

/// What cannot be taken back.
fn needs_asking(control: Control) -> bool {
    matches!(control, Control::Remove | Control::Bounce)
}

fn ask(viewer: &Viewer, scope: &Scope, control: Control) -> Html<String> {
    let (title, what, button) = match control {
        Control::Bounce => (
            "Return to senders?",
            "It is given up now, and its senders are told that it could not be delivered.",
            "Return it",
        ),
        _ => {
            ("Remove?", "It is gone for good, and nobody is told: neither sender nor recipient.", "Remove it")
        }
    };
    let body = html! {
        section.narrow.card {
            h1 { (title) }
            p { (scope.sentence()) " " (what) }
            form.row method="post" action="/queue/act" {
                (csrf(viewer))
                (scope.field())
                input type="hidden" name="confirmed" value="yes";
                button.danger type="submit" name="control" value=(word(control)) { (button) }
                a href=(scope.page()) { "No, leave it as it is" }
            }
        }
    };
    Page { title: title.to_owned(), part: Part::Queue, body }.of(viewer)
}

/// What can be done about it.
pub(super) fn buttons(viewer: &Viewer, scope: &Scope, held: u64, recipients: u64) -> Markup {
    html! {
        form.row.actions method="post" action="/queue/act" aria-label="Actions" {
            (csrf(viewer))
            (scope.field())
            button.main type="submit" name="control" value="retry" { "Try now" }
            @if held < recipients { button type="submit" name="control" value="hold" { "Hold" } }
            @if held > 0 { button type="submit" name="control" value="release" { "Release" } }
            button type="submit" name="control" value="bounce" { "Return to senders…" }
            button.danger type="submit" name="control" value="remove" { "Remove…" }
        }
    }
}

impl Scope {
    fn filter(&self) -> Filter {
        match self {
            Self::Destination(domain) => Filter { domain: Some(domain.clone()), ..Filter::default() },
            Self::Message(id) => Filter { message: Some(*id), ..Filter::default() },
        }
    }

    fn page(&self) -> String {
        match self {
            Self::Destination(domain) => destination_page(domain),
            Self::Message(id) => format!("/messages/{id}"),
        }
    }

    fn sentence(&self) -> Markup {
        match self {
            Self::Destination(domain) => {
                html! { "All mail that waits for " strong { (domain) } " is meant." }
            }
            Self::Message(id) => {
                html! { "Message " code { (id) } " is meant, for all its recipients that wait." }
            }
        }
    }

    fn field(&self) -> Markup {
        match self {
            Self::Destination(domain) => html! { input type="hidden" name="domain" value=(domain); },
            Self::Message(id) => html! { input type="hidden" name="message" value=(id); },
        }
    }
}

impl Done {
    /// Whether something was done.
    pub(super) fn is_some(&self) -> bool {
        self.done.is_some()
    }

    /// What came of it, in a sentence.
    pub(super) fn notice(&self) -> Markup {
        let Some(done) = &self.done else { return html! {} };
        let count = self.recipients.as_deref().and_then(|count| count.parse().ok()).unwrap_or(0);
        let what = match done.as_str() {
            "retry" => "due now, put off or not",
            "hold" => "held until released",
            "release" => "released, and due now",
            "bounce" => "given up: senders are being told",
            "remove" => "removed, or will be once an attempt has ended",
            _ => return html! {},
        };
        html! { p.notice.good role="status" { strong { (counted(count, "recipient")) } " " (what) "." } }
    }
}

fn word(control: Control) -> &'static str {
    match control {
        Control::Retry => "retry",
        Control::Hold => "hold",
        Control::Release => "release",
        Control::Remove => "remove",
        Control::Bounce => "bounce",
    }
}
