//! The row of the domain table that chose the policy.

use serde::de::DeserializeOwned;
#[cfg(not(target_arch = "wasm32"))]
use serde_json::{Map, Value};

use super::facts;

facts! {
    /// A row of the domain table: pattern, policy, terms.
    pub struct Row {
        /// The pattern as written, as in `*.bank.example`.
        pattern: Text,
        /// The policy's name: the stem of its file.
        policy: Text,
        /// The reason given by `because`.
        because: Text,
        /// The last day on which the row holds, UTC, as in `2027-06-30`; empty for ever.
        valid_until: Text,
        /// The least TLS version that may be negotiated.
        min_version: Version,
        /// The cipher suites that may be negotiated; empty for all.
        suites: Texts,
        /// The key exchange groups that may be negotiated; empty for all.
        groups: Texts,
        /// The names of which the peer's certificate must have one; empty for the usual ones.
        names: Texts,
        /// The pins of which the peer's chain must match one, as `sha256:...` of a public key.
        pins: Texts,
        /// The sets of roots that a chain may lead to; empty for the configured ones.
        roots: Texts,
        /// The names of the identity that we present; empty for the usual one.
        identity: Text,
        /// The policy's own parameters, from `with #{...}`.
        /// As a JSON object.
        parameters: Parameters,
        /// Where the row stands, as in `domains.rhai:9:5`.
        place: Text,
    }
}

impl Row {
    /// One of the policy's own parameters, from `with #{...}`; none where the row does not have it.
    ///
    /// ```
    /// use waxseal_sdk::prelude::*;
    ///
    /// let row: Row = testing::row().parameter("grace_days", 14).into();
    /// assert_eq!(row.parameter::<u32>("grace_days"), Ok(Some(14)));
    /// assert_eq!(row.parameter::<u32>("days_of_grace"), Ok(None));
    /// ```
    ///
    /// # Errors
    /// The value is no `T`. A policy answers [`fail`](crate::verdict::fail) then, which defers: it
    /// must not go on as if nothing had been said.
    pub fn parameter<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, String> {
        crate::json::field(&self.parameters(), name)
            .map_err(|problem| format!("the parameter `{name}` of the row at {}: {problem}", self.place()))
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Builder {
    /// Sets one of the policy's own parameters, read by [`Row::parameter`].
    ///
    /// ```
    /// use waxseal_sdk::prelude::*;
    ///
    /// let row: Row = testing::row().parameter("grace_days", 14).parameter("strict", true).into();
    /// assert_eq!(row.parameter::<bool>("strict"), Ok(Some(true)));
    /// ```
    #[must_use]
    pub fn parameter(self, name: &str, value: impl Into<Value>) -> Self {
        let mut parameters: Map<String, Value> = serde_json::from_str(&self.0.parameters).unwrap_or_default();
        parameters.insert(name.to_owned(), value.into());
        self.parameters(Value::Object(parameters).to_string())
    }
}
