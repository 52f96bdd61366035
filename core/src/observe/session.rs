//! What a session or attempt is called in logs.

use std::fmt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A session's or attempt's id in logs: a short text, unique in the process, and in practice also
/// among those of earlier processes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionId(pub String);

/// How many ids a second of the process's start has room for, as a power of 2: only a process that
/// starts 2^24 ids later could meet one again.
const ROOM: u32 = 24;

/// Crockford's alphabet: no `i`, `l`, `o`, `u`, so that nobody misreads one.
const DIGITS: [u8; 32] = *b"0123456789abcdefghjkmnpqrstvwxyz";

impl SessionId {
    /// A new one.
    pub fn next() -> Self {
        static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(start() << ROOM));
        Self(base32(NEXT.fetch_add(1, Ordering::Relaxed)))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn start() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Without leading zeros: as short as can be. The order of ids of one length is that of time.
fn base32(number: u64) -> String {
    let digits = (64 - number.leading_zeros()).div_ceil(5).max(1);
    let digit = |place: u32| DIGITS.get((number >> (5 * place) & 31) as usize).copied().unwrap_or_default();
    (0..digits).rev().map(|place| char::from(digit(place))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_are_short() {
        let (one, other) = (SessionId::next(), SessionId::next());
        assert_ne!(one, other);
        assert_eq!(one.0.len(), 11, "{one}");
        assert!(one.0 < other.0 || one.0.len() < other.0.len());
    }

    #[test]
    fn base32_is_positional() {
        assert_eq!(base32(0), "0");
        assert_eq!(base32(31), "z");
        assert_eq!(base32(32), "10");
        assert_eq!(base32(u64::MAX), "fzzzzzzzzzzzz");
    }
}
