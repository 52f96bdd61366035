//! What a request has, read; what cannot be read is a problem in the words of all others.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize as _, Deserializer, Serialize};
use utoipa::IntoParams;
use utoipa::openapi::path::Parameter;

use super::page::Which;
use super::problem::Problem;

/// The parameters behind the question mark: known ones only, since one that is misspelt would be of no effect.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

/// Those of a list: what is on it, and which page of it.
#[derive(Debug)]
pub(super) struct Paged<T>(pub(super) T, pub(super) Which);

impl<S: Sync, T: DeserializeOwned + IntoParams> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        are_known(parts, &T::into_params(|| None))?;
        Ok(Self(parameters(parts)?))
    }
}

impl<S: Sync, T: DeserializeOwned + IntoParams> FromRequestParts<S> for Paged<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        are_known(parts, &[T::into_params(|| None), Which::into_params(|| None)].concat())?;
        Ok(Self(parameters(parts)?, parameters(parts)?))
    }
}

fn parameters<T: DeserializeOwned>(parts: &Parts) -> Result<T, Problem> {
    let axum::extract::Query(read) = axum::extract::Query::try_from_uri(&parts.uri)?;
    Ok(read)
}

fn are_known(parts: &Parts, known: &[Parameter]) -> Result<(), Problem> {
    let given: Vec<(String, String)> = parameters(parts)?;
    let names: Vec<&str> = known.iter().map(|parameter| parameter.name.as_str()).collect();
    match given.iter().find(|(name, _)| !names.contains(&name.as_str())) {
        Some((unknown, _)) => {
            Err(Problem::bad(format!("there is no parameter `{unknown}` here, but {}", names.join(", "))))
        }
        None => Ok(()),
    }
}

/// The parameters in the path.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub(super) struct Path<T>(pub(super) T);

/// The body.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub(super) struct Body<T>(pub(super) T);

/// The body, or what is asked without one.
#[derive(Debug)]
pub(super) struct BodyOrNone<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for BodyOrNone<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Option::<axum::Json<T>>::from_request(request, state).await?;
        Ok(Self(body.map(|axum::Json(body)| body).unwrap_or_default()))
    }
}

/// A filter of known words only: one that is misspelt would take too much.
pub(super) fn strict<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Serialize + DeserializeOwned,
{
    let given = serde_json::Map::deserialize(from)?;
    let known = serde_json::to_value(T::default()).map_err(D::Error::custom)?;
    if let Some(unknown) = given.keys().find(|key| known.get(key).is_none()) {
        return Err(D::Error::custom(format!("a filter has no `{unknown}`")));
    }
    serde_json::from_value(given.into()).map_err(D::Error::custom)
}
