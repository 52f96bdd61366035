//! What a request has, read; what cannot be read is a problem in the words of all others.

use axum::extract::{FromRequest, FromRequestParts};

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize as _, Deserializer, Serialize};

use super::problem::Problem;

/// The parameters behind the question mark.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub(super) struct Query<T>(pub(super) T);

/// The parameters in the path.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub(super) struct Path<T>(pub(super) T);

/// The body.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub(super) struct Body<T>(pub(super) T);

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
