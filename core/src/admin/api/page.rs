//! Pages of lists.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::admin::queue::PAGE;

/// How many things a page has where nobody says.
const USUAL: usize = 100;

/// Which page of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The `next` of the page before; nothing for the first page.
    after: Option<String>,
    /// How many at most: from 1 to 500, 100 where nothing is said.
    #[serde(deserialize_with = "limit")]
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// What is on it. It may be short, even empty, though more follow.
    pub(super) items: Vec<T>,
    /// What the next page is asked with as `after`; none at the end.
    pub(super) next: Option<String>,
}

fn limit<'de, D: Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    let limit = usize::deserialize(from)?;
    if (1..=PAGE).contains(&limit) {
        Ok(Some(limit))
    } else {
        Err(D::Error::custom(format!("write a number from 1 to {PAGE}")))
    }
}

impl Which {
    /// Behind which thing it begins.
    pub(super) fn after(&self) -> Option<&str> {
        self.after.as_deref().filter(|after| !after.is_empty())
    }

    /// How many things it has at most.
    pub(super) fn most(&self) -> usize {
        self.limit.unwrap_or(USUAL)
    }
}

impl<T> Page<T> {
    /// A page that is full where there are as many as were asked for; `name` says with what the next one is
    /// asked.
    pub(super) fn of(items: Vec<T>, most: usize, name: impl Fn(&T) -> String) -> Self {
        let next = items.last().filter(|_| items.len() >= most).map(name);
        Self { items, next }
    }
}
