//! What is behind the headers of a message, to be read piece by piece.

/// The body of a message as it is on the wire, canonical CRLF, encoded as it came.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// let message: &Message = &testing::message().body("Hello\r\n");
/// let body = message.body();
/// assert_eq!(body.size(), 7);
/// assert_eq!(body.read(1, 4), b"ello");
/// assert!(body.read(7, 100).is_empty());
/// ```
#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Body(Vec<u8>);

#[cfg(target_arch = "wasm32")]
pub use crate::bindings::waxseal::policy::contents::Body;

/// The most octets that are read at once.
#[cfg(not(target_arch = "wasm32"))]
const PIECE: usize = 65_536;

#[cfg(not(target_arch = "wasm32"))]
impl Body {
    /// Its size in octets.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.0.len() as u64
    }

    /// Reads at most so many octets, and 65536, from an offset; nothing at the end.
    #[must_use]
    pub fn read(&self, offset: u64, length: u32) -> Vec<u8> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.0.get(offset..)).unwrap_or_default();
        rest.iter().take(PIECE.min(length as usize)).copied().collect()
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl<T: Into<Vec<u8>>> From<T> for Body {
    fn from(octets: T) -> Self {
        Self(octets.into())
    }
}
