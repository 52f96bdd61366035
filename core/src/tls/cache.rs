//! A bounded cache that never makes two values of one key.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

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

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    /// The value of the key, made if there is none. Making is cheap (microseconds), so the lock is
    /// held: two racing connections get the same value.
    pub(super) fn take_or_make<E>(&self, key: &K, make: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.uses += 1;
        let now = entries.uses;
        if let Some((value, used)) = entries.by_key.get_mut(key) {
            *used = now;
            return Ok(value.clone());
        }
        let value = make()?;
        entries.make_room();
        entries.by_key.insert(key.clone(), (value.clone(), now));
        Ok(value)
    }
}

impl<K: Eq + Hash + Clone, V> Entries<K, V> {
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

    fn made(number: usize) -> Result<Arc<usize>, Infallible> {
        Ok(Arc::new(number))
    }

    #[test]
    fn makes_one_value_of_a_key() {
        let cache = Cache::default();
        let Ok(first) = cache.take_or_make(&"key", || made(1));
        let Ok(second) = cache.take_or_make(&"key", || made(2));
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[test]
    fn keeps_what_is_used_and_stays_bounded() {
        let cache = Cache::default();
        for number in 0..MOST * 2 {
            let Ok(_) = cache.take_or_make(&number, || made(number));
            let Ok(zero) = cache.take_or_make(&0, || made(usize::MAX));
            assert_eq!(*zero, 0);
        }
        assert_eq!(cache.entries.lock().unwrap().by_key.len(), MOST);
    }

    #[test]
    fn keeps_nothing_that_could_not_be_made() {
        let cache = Cache::default();
        assert_eq!(cache.take_or_make(&"key", || Err("no")), Err::<u8, _>("no"));
        assert_eq!(cache.take_or_make(&"key", || Ok::<_, &str>(1)), Ok(1));
    }
}
