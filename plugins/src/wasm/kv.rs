//! What plugins remember: key and value, for each plugin's name. It survives instances, reloads and,
//! where there is a directory, restarts.

mod file;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

/// Octets of a key, and of a value.
const KEY: usize = 256;
const VALUE: usize = 64 << 10;
/// Entries of a plugin, and octets of all of them.
const ENTRIES: usize = 10_000;
const OCTETS: usize = 8 << 20;

/// How often what has changed is written: so much may be forgotten if the machine fails.
const PACE: Duration = Duration::from_secs(1);

/// What all plugins of a relay remember.
#[derive(Debug)]
pub(super) struct Memory {
    directory: Option<PathBuf>,
    plugins: Mutex<BTreeMap<Arc<str>, Arc<Kv>>>,
    /// The thread that writes, begun with the first plugin that remembers something.
    writer: Once,
}

/// What one plugin remembers.
#[derive(Debug, Default)]
pub(super) struct Kv(Mutex<Entries>);

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
    pub(super) fn new(directory: Option<PathBuf>) -> Self {
        Self { directory, plugins: Mutex::default(), writer: Once::new() }
    }

    /// What a plugin of this name remembers.
    pub(super) fn of(self: &Arc<Self>, name: &Arc<str>) -> Arc<Kv> {
        let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kv) = plugins.get(name) {
            return Arc::clone(kv);
        }
        let entries = self.directory.as_deref().map(|directory| {
            self.writer.call_once(|| spawn_writer(Arc::downgrade(self)));
            file::read(directory, name)
        });
        let kv = Arc::new(Kv(Mutex::new(entries.unwrap_or_default())));
        plugins.insert(Arc::clone(name), Arc::clone(&kv));
        kv
    }

    /// Writes what has changed. Blocks. What cannot be written is logged, and tried again.
    pub(super) fn write(&self) {
        let Some(directory) = &self.directory else { return };
        let plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (name, kv) in &plugins {
            if let Err(error) = kv.write(directory, name) {
                tracing::error!(plugin = %name, %error, "what the plugin remembers cannot be written");
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
    if let Err(error) = thread::Builder::new().name("plugin-memory".to_owned()).spawn(write) {
        tracing::error!(%error, "what plugins remember is only written when the relay stops");
    }
}

impl Kv {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<Vec<u8>> {
        let entries = self.entries();
        entries.entries.get(key).filter(|entry| entry.holds(now())).map(|entry| entry.value.clone())
    }

    /// Puts a value.
    ///
    /// # Errors
    ///
    /// It is beyond a bound.
    pub(super) fn set(&self, key: &str, value: Vec<u8>, time: Option<Duration>) -> Result<(), String> {
        self.entries().set(key, value, time)
    }

    /// Puts a value where the present one is the expected one, and says whether it was.
    ///
    /// # Errors
    ///
    /// It is beyond a bound.
    pub(super) fn replace(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: Vec<u8>,
        time: Option<Duration>,
    ) -> Result<bool, String> {
        let mut entries = self.entries();
        let present = entries.entries.get(key).filter(|entry| entry.holds(now()));
        if present.map(|entry| entry.value.as_slice()) != expected {
            return Ok(false);
        }
        entries.set(key, value, time).map(|()| true)
    }

    /// Forgets a key.
    pub(super) fn remove(&self, key: &str) {
        self.entries().remove(key);
    }

    fn write(&self, directory: &Path, name: &str) -> std::io::Result<()> {
        // Taken under the lock, written without it: calls must not wait for the disk.
        let entries = {
            let mut entries = self.entries();
            if !std::mem::take(&mut entries.changed) {
                return Ok(());
            }
            entries.forget_what_is_over();
            entries.entries.clone()
        };
        file::write(directory, name, &entries).inspect_err(|_| self.entries().changed = true)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn set(&mut self, key: &str, value: Vec<u8>, time: Option<Duration>) -> Result<(), String> {
        if key.is_empty() || key.len() > KEY {
            return Err(format!("a key has 1 to {KEY} octets, not {}", key.len()));
        }
        if value.len() > VALUE {
            return Err(format!("a value has at most {VALUE} octets, not {}", value.len()));
        }
        let adds = key.len() + value.len();
        if self.entries.len() >= ENTRIES || self.octets + adds > OCTETS {
            self.forget_what_is_over();
        }
        if !self.entries.contains_key(key) && self.entries.len() >= ENTRIES {
            return Err(format!("it remembers {ENTRIES} entries already"));
        }
        let replaced = self.entries.get(key).map_or(0, |entry| key.len() + entry.value.len());
        if self.octets + adds - replaced > OCTETS {
            return Err(format!("it remembers {OCTETS} octets already"));
        }
        self.remove(key);
        let until = time.map(|time| now().saturating_add(i64::try_from(time.as_secs()).unwrap_or(i64::MAX)));
        self.octets += adds;
        self.entries.insert(key.to_owned(), Entry { value, until });
        self.changed = true;
        Ok(())
    }

    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.entries.remove(key) {
            self.octets -= key.len() + entry.value.len();
            self.changed = true;
        }
    }

    fn forget_what_is_over(&mut self) {
        let now = now();
        self.entries.retain(|_, entry| entry.holds(now));
        self.octets = self.entries.iter().map(|(key, entry)| key.len() + entry.value.len()).sum();
    }
}

impl Entry {
    fn holds(&self, now: i64) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

#[cfg(test)]
mod tests;
