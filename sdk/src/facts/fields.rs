//! Names with values, of which a name may occur again: headers, tags.

/// Names with their values, in order. Names are compared without regard to case.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let message: &Message = &testing::message().headers([("To", "a@b"), ("X-Seen", "1"), ("x-seen", "2")]);
/// let headers = message.headers();
/// assert_eq!(headers.first("to").as_deref(), Some("a@b"));
/// assert_eq!(headers.all("X-Seen"), ["1", "2"]);
/// assert_eq!(headers.names(), ["To", "X-Seen", "x-seen"]);
/// ```
#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Fields(Vec<(String, String)>);

#[cfg(target_arch = "wasm32")]
pub use crate::bindings::waxseal::policy::contents::Fields;

#[cfg(not(target_arch = "wasm32"))]
impl Fields {
    /// The first value of a name; none where there is none.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<String> {
        self.of(name).next()
    }

    /// All values of a name.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<String> {
        self.of(name).collect()
    }

    /// All names, in their order, as often as they occur.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    fn of(&self, name: &str) -> impl Iterator<Item = String> {
        self.0
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.clone())
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl<N: Into<String>, V: Into<String>, const LENGTH: usize> From<[(N, V); LENGTH]> for Fields {
    fn from(fields: [(N, V); LENGTH]) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
