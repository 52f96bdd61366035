//! What scripts and plugins remember: key and value, for each one's name. It survives instances, reloads
//! and, where there is a directory, restarts.

mod file;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use super::Clock;
use crate::spoken::clean;

/// Octets of a key, and of a value.
pub(super) const KEY: usize = 256;
const VALUE: usize = 64 << 10;
/// Entries of a script or plugin, and octets of all of them.
const ENTRIES: usize = 10_000;
const OCTETS: usize = 8 << 20;
/// Of so many entries one is forgotten where there is no room: it is looked for once for many.
const FORGOTTEN: usize = 100;

/// How often what has changed is written: so much may be forgotten if the machine fails.
const PACE: Duration = Duration::from_secs(1);

/// What all scripts and plugins of a relay remember.
#[derive(Debug)]
pub(crate) struct Memory {
    directory: Option<PathBuf>,
    clock: Arc<Clock>,
    all: Mutex<BTreeMap<Arc<str>, Arc<Kv>>>,
    /// The thread that writes, begun with the first that remembers something.
    writer: Once,
}

/// What one script or plugin remembers.
#[derive(Debug, Default)]
pub(crate) struct Kv {
    clock: Arc<Clock>,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    entries: HashMap<String, Entry>,
    octets: usize,
    /// Whether something has changed since it was written.
    changed: bool,
}

/// A value, and until when it holds, seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    value: Vec<u8>,
    until: Option<i64>,
}

impl Memory {
    /// A memory. Where there is a directory it is kept there, and the directory is made when there is
    /// something to keep; else it is lost with the process.
    pub(super) fn new(directory: Option<PathBuf>, clock: Arc<Clock>) -> Self {
        Self { directory, clock, all: Mutex::default(), writer: Once::new() }
    }

    /// What who has this name remembers.
    pub(super) fn of(self: &Arc<Self>, name: &Arc<str>) -> Arc<Kv> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kv) = all.get(name) {
            return Arc::clone(kv);
        }
        let entries = self.directory.as_deref().map(|directory| {
            self.writer.call_once(|| spawn_writer(Arc::downgrade(self)));
            file::read(directory, name)
        });
        let entries = Mutex::new(entries.unwrap_or_default());
        let kv = Arc::new(Kv { clock: Arc::clone(&self.clock), entries });
        all.insert(Arc::clone(name), Arc::clone(&kv));
        kv
    }

    /// Writes what has changed. Blocks. What cannot be written is logged, and tried again.
    pub(super) fn write(&self) {
        let Some(directory) = &self.directory else { return };
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (name, kv) in &all {
            if let Err(error) = kv.write(directory, name) {
                tracing::error!(%name, %error, "what a script or plugin remembers cannot be written");
            }
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.write();
    }
}

/// Writes now and then, as long as the memory lives.
fn spawn_writer(memory: Weak<Memory>) {
    let write = move || {
        loop {
            thread::sleep(PACE);
            let Some(memory) = memory.upgrade() else { return };
            memory.write();
        }
    };
    if let Err(error) = thread::Builder::new().name("memory".to_owned()).spawn(write) {
        tracing::error!(%error, "what scripts and plugins remember is only written when the relay stops");
    }
}

impl Kv {
    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<Vec<u8>> {
        let now = self.clock.now();
        self.entries().entries.get(key).filter(|entry| entry.holds(now)).map(|entry| entry.value.clone())
    }

    /// Puts a value.
    ///
    /// # Errors
    ///
    /// It is beyond a bound.
    pub(crate) fn set(&self, key: &str, value: Vec<u8>, time: Option<Duration>) -> Result<(), String> {
        self.entries().set(key, value, time, self.clock.now())
    }

    /// Puts a value where the present one is the expected one, and says whether it was.
    ///
    /// # Errors
    ///
    /// It is beyond a bound.
    pub(crate) fn replace(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: Vec<u8>,
        time: Option<Duration>,
    ) -> Result<bool, String> {
        let (mut entries, now) = (self.entries(), self.clock.now());
        let present = entries.entries.get(key).filter(|entry| entry.holds(now));
        if present.map(|entry| entry.value.as_slice()) != expected {
            return Ok(false);
        }
        entries.set(key, value, time, now).map(|()| true)
    }

    /// Puts a value for a time. Where there is no room, those are forgotten whose time is over first;
    /// says how many.
    ///
    /// # Errors
    ///
    /// Key or value are too long, or nothing that is remembered has an end.
    pub(crate) fn remember(&self, key: &str, value: Vec<u8>, time: Duration) -> Result<usize, String> {
        self.entries().remember(key, value, time, self.clock.now())
    }

    /// The same where the key has no value; `None` where it has one.
    ///
    /// # Errors
    ///
    /// As of [`remember`](Self::remember).
    pub(crate) fn remember_first(
        &self,
        key: &str,
        value: Vec<u8>,
        time: Duration,
    ) -> Result<Option<usize>, String> {
        let (mut entries, now) = (self.entries(), self.clock.now());
        if entries.entries.get(key).is_some_and(|entry| entry.holds(now)) {
            return Ok(None);
        }
        entries.remember(key, value, time, now).map(Some)
    }

    /// Adds to the number of a key, which is 0 where it has none, for a time that begins anew: the sum, and how many were
    /// forgotten for its room. Of many that add at once none is lost.
    ///
    /// # Errors
    ///
    /// As of [`remember`](Self::remember); something else than a number is there, or the sum has no room in 64 bits.
    pub(crate) fn add(&self, key: &str, amount: i64, time: Duration) -> Result<(i64, usize), String> {
        let (mut entries, now) = (self.entries(), self.clock.now());
        let present = entries.entries.get(key).filter(|entry| entry.holds(now));
        let number = present.map_or(Ok(0), |entry| {
            serde_json::from_slice::<i64>(&entry.value)
                .map_err(|_| format!("what is remembered under `{}` is no number", clean(key)))
        })?;
        let sum = number
            .checked_add(amount)
            .ok_or_else(|| format!("{number} and {amount} are more than a number can be"))?;
        let forgotten = entries.remember(key, sum.to_string().into_bytes(), time, now)?;
        Ok((sum, forgotten))
    }

    /// Forgets a key.
    pub(crate) fn remove(&self, key: &str) {
        self.entries().remove(key);
    }

    fn write(&self, directory: &Path, name: &str) -> std::io::Result<()> {
        // Taken under the lock, written without it: calls must not wait for the disk.
        let entries = {
            let mut entries = self.entries();
            if !std::mem::take(&mut entries.changed) {
                return Ok(());
            }
            entries.forget_what_is_over(self.clock.now());
            entries.entries.clone()
        };
        file::write(directory, name, &entries).inspect_err(|_| self.entries().changed = true)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn set(&mut self, key: &str, value: Vec<u8>, time: Option<Duration>, now: i64) -> Result<(), String> {
        check(key, &value)?;
        let adds = key.len() + value.len();
        if self.entries.len() >= ENTRIES || self.octets + adds > OCTETS {
            self.forget_what_is_over(now);
        }
        self.has_room(key, adds)?;
        self.remove(key);
        let until = time.map(|time| now.saturating_add(i64::try_from(time.as_secs()).unwrap_or(i64::MAX)));
        self.octets += adds;
        self.entries.insert(key.to_owned(), Entry { value, until });
        self.changed = true;
        Ok(())
    }

    fn remember(&mut self, key: &str, value: Vec<u8>, time: Duration, now: i64) -> Result<usize, String> {
        check(key, &value)?;
        let (adds, mut forgotten) = (key.len() + value.len(), 0);
        if self.has_room(key, adds).is_err() {
            self.forget_what_is_over(now);
        }
        while let Err(full) = self.has_room(key, adds) {
            match self.forget_the_next() {
                0 => return Err(full),
                some => forgotten += some,
            }
        }
        self.set(key, value, Some(time), now).map(|()| forgotten)
    }

    fn has_room(&self, key: &str, adds: usize) -> Result<(), String> {
        let replaced = self.entries.get(key).map(|entry| key.len() + entry.value.len());
        if replaced.is_none() && self.entries.len() >= ENTRIES {
            return Err(format!("it remembers {ENTRIES} entries already"));
        }
        if self.octets + adds - replaced.unwrap_or(0) > OCTETS {
            return Err(format!("it remembers {OCTETS} octets already"));
        }
        Ok(())
    }

    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.entries.remove(key) {
            self.octets -= key.len() + entry.value.len();
            self.changed = true;
        }
    }

    /// Forgets some of those whose time is over next, and says how many. What holds for ever stays.
    fn forget_the_next(&mut self) -> usize {
        let mut ends: Vec<_> =
            self.entries.iter().filter_map(|(key, entry)| Some((entry.until?, key.clone()))).collect();
        let count = ends.len().div_ceil(FORGOTTEN);
        if count < ends.len() {
            ends.select_nth_unstable(count);
        }
        for (_, key) in ends.iter().take(count) {
            self.remove(key);
        }
        count
    }

    fn forget_what_is_over(&mut self, now: i64) {
        self.entries.retain(|_, entry| entry.holds(now));
        self.octets = self.entries.iter().map(|(key, entry)| key.len() + entry.value.len()).sum();
    }
}

fn check(key: &str, value: &[u8]) -> Result<(), String> {
    if key.is_empty() || key.len() > KEY {
        return Err(format!("a key has 1 to {KEY} octets, not {}", key.len()));
    }
    if value.len() > VALUE {
        return Err(format!("a value has at most {VALUE} octets, not {}", value.len()));
    }
    Ok(())
}

impl Entry {
    fn holds(&self, now: i64) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
mod tests;
