//! Signing in and out, and the colours.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Form, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::access::cookie_header;
use super::super::http::Side;
use super::page::bare;
use super::viewer::{Made, Signed, THEME, Theme};

/// Where somebody wanted to go.
#[derive(Deserialize)]
pub(super) struct Wish {
    #[serde(default)]
    then: String,
}

/// The form.
#[derive(Deserialize)]
pub(super) struct Token {
    token: String,
    #[serde(default)]
    then: String,
}

/// Signing out.
#[derive(Deserialize)]
pub(super) struct Out {
    csrf: String,
}

/// Other colours.
#[derive(Deserialize)]
pub(super) struct Colours {
    csrf: String,
    theme: String,
    back: String,
}

impl Made for Out {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

impl Made for Colours {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

pub(super) async fn form(
    State(side): State<Arc<Side>>,
    headers: HeaderMap,
    Query(wish): Query<Wish>,
) -> Response {
    if side.access.session(&headers).is_some() {
        return Redirect::to(ours(&wish.then)).into_response();
    }
    bare(Theme::of(&headers), "Sign in", &sign_in_form(&side, &wish.then, None)).into_response()
}

pub(super) async fn sign_in(
    State(side): State<Arc<Side>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(form): Form<Token>,
) -> Response {
    let access = &side.access;
    if access.token.is(form.token.trim())
        && let Some(print) = access.token.print()
    {
        let cookie = cookie_header(&access.sessions.open(print), access.transport);
        return ([(SET_COOKIE, cookie)], Redirect::to(ours(&form.then))).into_response();
    }
    let refusal = side.refuse_guess(client).await;
    let (status, why) = match refusal.status() {
        StatusCode::UNAUTHORIZED => (StatusCode::FORBIDDEN, "That is not the token."),
        status => (status, "Too many wrong tokens were tried of late. Try again in a minute."),
    };
    let body = sign_in_form(&side, &form.then, Some(why));
    (status, bare(Theme::of(&headers), "Sign in", &body)).into_response()
}

pub(super) async fn sign_out(
    State(side): State<Arc<Side>>,
    headers: HeaderMap,
    Signed(_, Out { .. }): Signed<Out>,
) -> impl IntoResponse {
    side.access.sessions.close(&headers);
    ([(SET_COOKIE, cookie_header("", side.access.transport))], Redirect::to("/login"))
}

pub(super) async fn theme(Signed(_, colours): Signed<Colours>) -> impl IntoResponse {
    let word = Theme::from_word(&colours.theme).word();
    let cookie = format!("{THEME}={word}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict");
    ([(SET_COOKIE, cookie)], Redirect::to(ours(&colours.back)))
}

fn sign_in_form(side: &Side, then: &str, problem: Option<&str>) -> Markup {
    html! {
        section.narrow.card {
            h1 { "Sign in" }
            p { "This is the admin side of " strong { (side.running.services.config.hostname) } "." }
            @if let Some(problem) = problem {
                p.notice.bad role="alert" #problem { (problem) }
            }
            form.stack method="post" action="/login" {
                input type="hidden" name="then" value=(ours(then));
                label for="token" { "Token" }
                input #token type="password" name="token" required autofocus autocomplete="current-password"
                    aria-describedby="help" aria-invalid[problem.is_some()];
                p.faint #help { "On the relay's machine, " code { "waxseal admin token" } " prints it." }
                button.main type="submit" { "Sign in" }
            }
        }
    }
}

/// An address of this dashboard; of another one, the first page: nobody is led away from here.
fn ours(address: &str) -> &str {
    let mut octets = address.bytes();
    let leads_away = |octet| matches!(octet, b'/' | b'\\');
    let is_ours = octets.next() == Some(b'/') && !octets.next().is_some_and(leads_away);
    let is_plain = address.bytes().all(|octet| octet.is_ascii_graphic());
    if is_ours && is_plain && !address.starts_with("/login") { address } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_away() {
        assert_eq!(ours("/queue/a.example?after=b"), "/queue/a.example?after=b");
        for away in
            ["//evil.example", "/\\evil.example", "https://evil.example", "", "/login", "/a\r\nb", "/a b"]
        {
            assert_eq!(ours(away), "/", "{away:?}");
        }
    }
}
