//! A bounded cache that never makes two values of one key.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// What a configuration depends on.
pub(super) trait Key: Eq + Hash + Clone {
    /// Whether the other is of an older time: policies, identities or roots have changed since, and
    /// hardly anybody asks for it again.
    fn supersedes(&self, other: &Self) -> bool;
}

/// The most configurations kept, of each direction: far more than policies ask for.
const MOST: usize = 256;

/// Configurations by what they depend on. A configuration carries its TLS sessions, so there must
/// be exactly one for a key, and none for two keys.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    entries: Mutex<Entries<K, V>>,
}

#[derive(Debug)]
struct Entries<K, V> {
    by_key: HashMap<K, (V, u64)>,
    uses: u64,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self { entries: Mutex::new(Entries { by_key: HashMap::new(), uses: 0 }) }
    }
}

impl<K: Key, V: Clone> Cache<K, V> {
    /// The value of the key, made if there is none. Making is cheap (microseconds), so the lock is
    /// held: two racing connections get the same value. What a new key supersedes is dropped, and
    /// its TLS sessions with it: thousands of hosts' for each reload would add up.
    pub(super) fn take_or_make<E>(&self, key: &K, make: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.uses += 1;
        let now = entries.uses;
        if let Some((value, used)) = entries.by_key.get_mut(key) {
            *used = now;
            return Ok(value.clone());
        }
        let value = make()?;
        entries.by_key.retain(|other, _| !key.supersedes(other));
        entries.make_room();
        entries.by_key.insert(key.clone(), (value.clone(), now));
        Ok(value)
    }
}

impl<K: Key, V> Entries<K, V> {
    /// Drops the one that was used the longest ago.
    fn make_room(&mut self) {
        if self.by_key.len() < MOST {
            return;
        }
        let oldest = self.by_key.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest {
            self.by_key.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;

    use super::*;

    impl Key for (u64, usize) {
        fn supersedes(&self, other: &Self) -> bool {
            self.0 > other.0
        }
    }

    fn made(number: usize) -> Result<Arc<usize>, Infallible> {
        Ok(Arc::new(number))
    }

    #[test]
    fn makes_one_value_of_a_key() {
        let cache = Cache::default();
        let Ok(first) = cache.take_or_make(&(1, 0), || made(1));
        let Ok(second) = cache.take_or_make(&(1, 0), || made(2));
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[test]
    fn keeps_what_is_used_and_stays_bounded() {
        let cache = Cache::default();
        for number in 0..MOST * 2 {
            let Ok(_) = cache.take_or_make(&(1, number), || made(number));
            let Ok(zero) = cache.take_or_make(&(1, 0), || made(usize::MAX));
            assert_eq!(*zero, 0);
        }
        assert_eq!(cache.entries.lock().unwrap().by_key.len(), MOST);
    }

    #[test]
    fn keeps_nothing_that_could_not_be_made() {
        let cache = Cache::default();
        assert_eq!(cache.take_or_make(&(1, 0), || Err("no")), Err::<u8, _>("no"));
        assert_eq!(cache.take_or_make(&(1, 0), || Ok::<_, &str>(1)), Ok(1));
    }

    #[test]
    fn drops_what_a_reload_has_left_behind() {
        let cache = Cache::default();
        for number in 0..3 {
            let Ok(_) = cache.take_or_make(&(1, number), || made(number));
        }
        let Ok(_) = cache.take_or_make(&(2, 0), || made(0));
        let Ok(_) = cache.take_or_make(&(1, 0), || made(0));
        assert_eq!(cache.entries.lock().unwrap().by_key.len(), 2, "who comes late is served, too");
    }
}
