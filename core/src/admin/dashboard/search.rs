//! The search box of every page: whatever an administrator has in hand leads to the page about it.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::http::Side;
use super::super::waiting;
use super::destination::sender;
use super::page::{Failure, Page, Part};
use super::viewer::Viewer;
use super::words::{destination_page, path_part, state, time};
use crate::config::domain_of;
use crate::spool::{Filter, MessageId, Queued};

/// How many recipients are shown.
const MOST: usize = 50;

/// What is looked for.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    q: String,
}

/// What somebody may have in hand.
#[derive(Debug, PartialEq, Eq)]
enum Sought {
    Nothing,
    Message(MessageId),
    /// `local@domain`, or `@domain`.
    Address(String),
    Session(String),
    Domain(String),
}

pub(super) async fn search(
    viewer: Viewer,
    State(side): State<Arc<Side>>,
    Query(question): Query<Question>,
) -> Result<Response, Failure> {
    Ok(match sought(&question.q) {
        Sought::Nothing => Redirect::to("/").into_response(),
        Sought::Message(id) => Redirect::to(&format!("/messages/{id}")).into_response(),
        Sought::Session(id) => {
            Redirect::to(&format!("/decisions?session={}", path_part(&id))).into_response()
        }
        Sought::Domain(domain) => Redirect::to(&destination_page(&domain)).into_response(),
        Sought::Address(address) => address_page(&viewer, &side, address).await?.into_response(),
    })
}

fn sought(text: &str) -> Sought {
    let text = text.trim().trim_matches(['<', '>']);
    if text.is_empty() {
        return Sought::Nothing;
    }
    if let Ok(id) = text.parse() {
        return Sought::Message(id);
    }
    if text.contains('@') {
        return Sought::Address(text.to_owned());
    }
    // Sessions are called in Crockford's alphabet, eleven characters or so; domains have a dot.
    let is_session = text.len() >= 10 && text.bytes().all(|octet| octet.is_ascii_alphanumeric());
    if is_session { Sought::Session(text.to_ascii_lowercase()) } else { Sought::Domain(domain_of(text)) }
}

/// What waits for an address or from it.
async fn address_page(viewer: &Viewer, side: &Side, address: String) -> Result<Html<String>, Failure> {
    let spool = &side.running.services.spool;
    let to = Filter { recipient: Some(address.clone()), ..Filter::default() };
    let from = Filter { sender: Some(address.clone()), ..Filter::default() };
    let (to, from) = (spool.list(&to, None, MOST).await?, spool.list(&from, None, MOST).await?);
    let domain = address.rsplit('@').next().unwrap_or_default();
    let body = html! {
        h1 { (address) }
        h2 { "Mail that waits for it" }
        (waiting_ones(side, &to.recipients))
        h2 { "Mail that waits from it" }
        (waiting_ones(side, &from.recipients))
        p { a href=(destination_page(&domain_of(domain))) { "All mail to " (domain) } }
    };
    Ok(Page { title: address, part: Part::Queue, body }.of(viewer))
}

fn waiting_ones(side: &Side, found: &[Queued]) -> Markup {
    let (now, delivery) = (Timestamp::now(), &side.running.services.config.delivery);
    html! {
        @if found.is_empty() { p.faint { "None." } }
        @for one in found {
            @let told = waiting::recipient(now, one, None, delivery);
            article.recipient {
                h3 { a href={ "/messages/" (one.message) } { (sender(&one.sender)) " to " (one.address) } " " (state(told.state)) }
                p { (told.why) }
                p.faint { "Accepted " (time(now, one.received)) ". " (told.next) " " a href=(destination_page(&one.domain)) { "All mail to " (one.domain) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_in_hand_is_known() {
        let id = MessageId::now_v7();
        for (text, expected) in [
            ("  ", Sought::Nothing),
            (&*id.to_string(), Sought::Message(id)),
            ("<bob@one.example>", Sought::Address("bob@one.example".into())),
            ("@one.example", Sought::Address("@one.example".into())),
            ("1PXC5EG0000", Sought::Session("1pxc5eg0000".into())),
            ("Bücher.example", Sought::Domain("xn--bcher-kva.example".into())),
            (" ONE.example ", Sought::Domain("one.example".into())),
        ] {
            assert_eq!(sought(text), expected, "{text}");
        }
    }
}
