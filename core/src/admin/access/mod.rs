//! Who may use the admin side: the token, the dashboard's sessions, and the names it is reached by.
//!
//! - `token`: one secret in a file; whoever has it may do everything
//! - `sessions`: what a browser has in its place, for a while
//! - `names`: a browser that was led here by a name of somebody else's is told nothing
//! - `guesses`: who guesses waits

mod guesses;
mod names;
mod sessions;
mod token;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

pub use self::guesses::Guesses;
pub use self::names::Names;
pub use self::sessions::{Session, Sessions, cookie_header};
pub use self::token::{Token, rotate, text};
use crate::config::AdminFront;

/// All that says who may.
#[derive(Debug)]
pub struct Access {
    /// The token.
    pub token: Token,
    /// Who has come in by the dashboard.
    pub sessions: Sessions,
    /// By which names it is reached.
    pub names: Names,
    /// Who guesses.
    pub guesses: Guesses,
    /// Whether cookies are for TLS only.
    pub transport: AdminFront,
}

/// What a request shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The token.
    Token,
    /// Something else in its place.
    Other,
    /// Nothing.
    Nothing,
}

impl Access {
    /// What a request of a program shows in `Authorization: Bearer` (RFC 6750).
    pub fn bearer(&self, headers: &HeaderMap) -> Shown {
        let Some(value) = headers.get(AUTHORIZATION) else { return Shown::Nothing };
        let bearer = value.to_str().ok().and_then(|value| value.split_once(' '));
        match bearer {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && self.token.is(token.trim()) => {
                Shown::Token
            }
            _ => Shown::Other,
        }
    }

    /// The session of a request of a browser, if it has one that holds.
    pub fn session(&self, headers: &HeaderMap) -> Option<Session> {
        self.sessions.of(headers, &self.token.print())
    }
}
