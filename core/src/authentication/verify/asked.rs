//! What the library asks the name system while it judges SPF. It looks into a cache first, and this cache only takes
//! notes: what the library does not heed can be looked at afterwards, without another query, since the
//! resolver keeps its answers.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use mail_auth::ResolverCache;

/// The most lookups without an answer (RFC 7208 section 4.6.4).
const VOID: usize = 2;

/// The notes, by the kind of record.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) texts: Notes,
    pub(super) hosts: Notes,
    pub(super) four: Notes,
    pub(super) six: Notes,
}

/// How often was asked, and for which names there was an answer.
#[derive(Debug, Default)]
pub(super) struct Notes {
    asked: AtomicUsize,
    answered: Mutex<Vec<String>>,
}

impl Asked {
    /// The names of which there are texts, in the order in which they were asked for.
    pub(super) fn texts(&self) -> Vec<String> {
        self.texts.answered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether too many names of hosts had nothing. `exists` asks for addresses of both kinds at once, and is told apart
    /// by that: it is not counted, since its answer is not noted.
    pub(super) fn is_void(&self) -> bool {
        let addresses = self.four.asked().abs_diff(self.six.asked());
        let answered = self.four.answered() + self.six.answered();
        let void =
            addresses.saturating_sub(answered) + self.hosts.asked().saturating_sub(self.hosts.answered());
        void > VOID
    }
}

impl Notes {
    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    fn answered(&self) -> usize {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl<V> ResolverCache<Box<str>, V> for Notes {
    fn get<Q>(&self, _: &Q) -> Option<V>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.asked.fetch_add(1, Ordering::Relaxed);
        None
    }

    fn remove<Q>(&self, _: &Q) -> Option<V>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, name: Box<str>, _: V, _: Instant) {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).push(name.into());
    }
}
