//! Who looks at the dashboard. A page is made for a viewer, and a change needs a form that was made for him.

use std::sync::Arc;

use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use serde::de::DeserializeOwned;

use super::super::access::Session;
use super::super::http::Side;
use super::page::Failure;
use super::words::path_part;

/// The cookie that keeps which colours somebody likes.
pub(super) const THEME: &str = "waxseal_theme";

/// Who looks.
pub(super) struct Viewer {
    session: Session,
    /// Which colours he likes.
    pub(super) theme: Theme,
    /// What he looks at: path and query.
    pub(super) at: String,
}

/// Which colours somebody likes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Viewer {
    /// What each of his forms has.
    pub(super) fn csrf(&self) -> &str {
        &self.session.csrf
    }
}

/// Who has not signed in is sent to do so, and comes back.
impl FromRequestParts<Arc<Side>> for Viewer {
    type Rejection = Redirect;

    async fn from_request_parts(parts: &mut Parts, side: &Arc<Side>) -> Result<Self, Redirect> {
        let at = parts.uri.path_and_query().map_or("/", |at| at.as_str()).to_owned();
        let Some(session) = side.access.session(&parts.headers) else {
            let back = if at == "/" { String::new() } else { format!("?then={}", path_part(&at)) };
            return Err(Redirect::to(&format!("/login{back}")));
        };
        Ok(Self { session, theme: Theme::of(&parts.headers), at })
    }
}

/// What a form says, that was made for the one who sends it.
pub(super) struct Signed<T>(pub(super) Viewer, pub(super) T);

/// A form that says for whom it was made.
pub(super) trait Made: DeserializeOwned {
    /// What was put into it.
    fn csrf(&self) -> &str;
}

impl<T: Made> FromRequest<Arc<Side>> for Signed<T> {
    type Rejection = Response;

    async fn from_request(request: Request, side: &Arc<Side>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let viewer =
            Viewer::from_request_parts(&mut parts, side).await.map_err(IntoResponse::into_response)?;
        let form = Form::<T>::from_request(Request::from_parts(parts, body), side).await;
        let Form(form) = form.map_err(|error| Failure::bad(error.body_text()).into_response())?;
        if !viewer.session.has_made(form.csrf()) {
            return Err(Failure::stale().into_response());
        }
        Ok(Self(viewer, form))
    }
}

impl Theme {
    /// What somebody has chosen before.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let all = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == THEME).map_or(Self::System, |(_, word)| Self::from_word(word))
    }

    /// Of a word.
    pub(super) fn from_word(word: &str) -> Self {
        match word {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    /// The word for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// What the switch goes to.
    pub(super) const fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}
