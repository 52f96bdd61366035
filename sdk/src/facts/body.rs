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
/// assert!(body.contains(b"ello"));
/// assert_eq!(body.pieces().map(|piece| piece.len()).sum::<usize>(), 7);
/// ```
#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Body(Vec<u8>);

#[cfg(target_arch = "wasm32")]
pub use crate::bindings::waxseal::policy::contents::Body;

/// The most octets that are read at once.
const PIECE: u32 = 65_536;

impl Body {
    /// The body piece by piece, from its beginning: each has 65536 octets, the last may have fewer. A call has fuel for a
    /// few passes over the body, whatever its size; what only looks for a text takes [`contains`](Body::contains).
    pub fn pieces(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        let mut offset = 0;
        std::iter::from_fn(move || {
            let piece = self.read(offset, PIECE);
            offset += piece.len() as u64;
            (!piece.is_empty()).then_some(piece)
        })
    }
}

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
        rest.iter().take(PIECE.min(length) as usize).copied().collect()
    }

    /// Whether it has these octets somewhere, exactly as written: the relay looks, many times as fast as a plugin can.
    #[must_use]
    pub fn contains(&self, octets: &[u8]) -> bool {
        octets.is_empty() || self.0.windows(octets.len()).any(|window| window == octets)
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl<T: Into<Vec<u8>>> From<T> for Body {
    fn from(octets: T) -> Self {
        Self(octets.into())
    }
}
