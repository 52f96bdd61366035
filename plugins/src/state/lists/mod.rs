//! Lists: files of domains, addresses, networks or other texts, `lists/NAME.txt` beside the policies.
//!
//! They are no part of the bundle: a list of millions may change each minute. A changed file is read
//! beside the list in force, and takes its place if all of it is good; else the last good one stays.

mod entries;
mod findings;
mod keep;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;
use std::{fs, io, thread};

use crate::bundle::is_stem;
use crate::outside::{OfList, Outside};
use crate::suggest;

pub(crate) use read::Broken;

use entries::{Entries, Entry};
use keep::Kept;
use read::Stamp;

/// The folder, in the policies' directory.
pub const FOLDER: &str = "lists";

/// Lists of a folder.
const LISTS: usize = 256;

/// How often the files are looked at. A file is read when it has not changed between two looks.
const PACE: Duration = Duration::from_secs(1);

/// The lists of a folder.
#[derive(Debug)]
pub(crate) struct Lists {
    /// `None` where there is no folder, and so no list.
    folder: Option<PathBuf>,
    /// Where good ones are kept for the next start, if they are.
    kept: Option<Kept>,
    lists: RwLock<BTreeMap<String, List>>,
    /// The names that were asked for, where every list is imagined.
    imagined: Option<Mutex<BTreeSet<String>>>,
}

/// One list.
#[derive(Clone, Debug, Default)]
struct List {
    /// The last good one.
    entries: Option<Arc<Entries>>,
    /// What is wrong with the file as it is now.
    broken: Option<Broken>,
    /// The file that was read last.
    read: Option<Stamp>,
    /// The file as it was at the last look, if it was another.
    seen: Option<Stamp>,
}

impl Lists {
    /// No lists.
    pub(crate) fn none() -> Arc<Self> {
        Arc::new(Self { folder: None, kept: None, lists: RwLock::default(), imagined: None })
    }

    /// Every list that is asked for, and nothing in any of them.
    pub(crate) fn imagined() -> Arc<Self> {
        Arc::new(Self {
            folder: None,
            kept: None,
            lists: RwLock::default(),
            imagined: Some(Mutex::default()),
        })
    }

    /// Reads all lists of a folder. Blocks.
    pub(crate) fn open(folder: &Path) -> Arc<Self> {
        Arc::new(Self::read(folder, None))
    }

    /// The same, and keeps those that are good in another folder; one whose file is gone or broken is as it
    /// was kept there. Blocks.
    pub(crate) fn open_keeping(folder: &Path, kept: &Path) -> Arc<Self> {
        let lists = Self::read(folder, Some(Kept::in_folder(kept.to_owned())));
        for name in files_in(kept).into_keys() {
            lists.use_kept(&name);
        }
        Arc::new(lists)
    }

    fn read(folder: &Path, kept: Option<Kept>) -> Self {
        let lists = Self { folder: Some(folder.to_owned()), kept, lists: RwLock::default(), imagined: None };
        for (name, path) in lists.files() {
            let stamp = Stamp::of(&path).ok();
            lists.take(&name, &path, stamp);
        }
        lists
    }

    /// Looks at the files now and then, for as long as somebody has the lists.
    pub(crate) fn watch(self: &Arc<Self>, outside: Arc<dyn Outside>) {
        let lists: Weak<Self> = Arc::downgrade(self);
        self.tell(&*outside);
        let look = move || {
            loop {
                thread::sleep(PACE);
                let Some(lists) = lists.upgrade() else { return };
                if lists.look() {
                    lists.tell(&*outside);
                }
            }
        };
        if let Err(error) = thread::Builder::new().name("lists".to_owned()).spawn(look) {
            tracing::error!(%error, "lists cannot be watched: changes of them are not noticed");
        }
    }

    /// Whether a text is in a list: itself; an address of mail also by its domain; a domain also by one
    /// above it that stands with a dot before it; an IP address by its network.
    ///
    /// # Errors
    ///
    /// There is no such list, or it could never be read.
    pub(crate) fn contains(&self, list: &str, text: &str) -> Result<bool, String> {
        let lists = self.lists.read().unwrap_or_else(PoisonError::into_inner);
        let Some(found) = lists.get(list) else {
            return if self.imagines(list) { Ok(false) } else { Err(missing(&lists, list)) };
        };
        match (&found.entries, &found.broken) {
            (Some(entries), _) => Ok(finds(entries, text)),
            (None, Some(broken)) => Err(format!("the list `{list}` cannot be used: {}", broken.why)),
            (None, None) => Err(format!("the list `{list}` has never been read")),
        }
    }

    /// The lists that were asked for and are only imagined.
    pub(crate) fn imagined_names(&self) -> Vec<String> {
        let names = self.imagined.as_ref().map(|names| names.lock().unwrap_or_else(PoisonError::into_inner));
        names.iter().flat_map(|names| names.iter().cloned()).collect()
    }

    /// Whether a list is imagined: its name could be a list's, and there are not too many.
    fn imagines(&self, list: &str) -> bool {
        let Some(names) = &self.imagined else { return false };
        let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
        names.contains(list) || is_stem(list) && names.len() < LISTS && names.insert(list.to_owned())
    }

    /// What is wrong with a list that is asked for by this name; `None` where it is good.
    pub(crate) fn wrong(&self, list: &str) -> Option<Wrong> {
        let lists = self.lists.read().unwrap_or_else(PoisonError::into_inner);
        match lists.get(list) {
            None => Some(Wrong::Missing(suggest::help(
                list,
                &lists.keys().map(String::as_str).collect::<Vec<_>>(),
            ))),
            Some(List { entries: None, broken, .. }) => broken.clone().map(Wrong::Broken),
            Some(_) => None,
        }
    }

    /// Reads what has changed and come to rest, and says whether anything has. Blocks.
    fn look(&self) -> bool {
        let mut changed = false;
        let files = self.files();
        for (name, path) in &files {
            let stamp = Stamp::of(path).ok();
            let known = self.list(name);
            if stamp == known.read {
                continue;
            }
            if stamp == known.seen {
                self.take(name, path, stamp);
                changed = true;
            } else {
                self.with(name, |list| list.seen = stamp);
            }
        }
        changed | self.note_the_lost(&files)
    }

    /// Reads a file, and swaps if it is good.
    fn take(&self, name: &str, path: &Path, stamp: Option<Stamp>) {
        let had = self.list(name).entries;
        let emptied = stamp.is_some_and(|stamp| stamp.is_empty()) && had.is_some_and(|had| had.len() > 0);
        let read = if emptied {
            let why = "it has become empty: a list that is meant to be empty has a comment".to_owned();
            Err(Broken { line: 0, why })
        } else {
            read::read(path)
        };
        match &read {
            Ok(entries) => tracing::info!(list = name, entries = entries.len(), "a list was read"),
            Err(Broken { line, why }) => {
                tracing::error!(list = name, line, why, "ALARM: the list is broken, and stays as it was");
            }
        }
        if let (Ok(_), Some(stamp), Some(kept)) = (&read, &stamp, &self.kept)
            && let Err(error) = kept.keep(name, path, stamp)
        {
            tracing::error!(list = name, %error, "the list cannot be kept on disk: a start without its file would miss it");
        }
        self.with(name, |list| {
            (list.read, list.seen) = (stamp, stamp);
            match read {
                Ok(entries) => (list.entries, list.broken) = (Some(Arc::new(entries)), None),
                Err(broken) => list.broken = Some(broken),
            }
        });
    }

    /// A list that could not be read is as it was kept.
    fn use_kept(&self, name: &str) {
        let Some(kept) = self.kept.as_ref().filter(|_| self.list(name).entries.is_none()) else { return };
        let Ok(entries) = read::read(&kept.path(name)) else { return };
        self.with(name, |list| {
            let broken = list.broken.get_or_insert_with(Broken::gone);
            tracing::error!(
                list = name,
                why = broken.why,
                "ALARM: the list is the one that was kept from before"
            );
            list.entries = Some(Arc::new(entries));
        });
    }

    /// Forgets lists whose files are gone and that nobody names: that they vanished is meant.
    pub(crate) fn forget_lost(&self, named: &BTreeSet<String>, outside: &dyn Outside) {
        let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
        lists.retain(|name, list| {
            let stays = !list.is_lost() || named.contains(name);
            if !stays {
                tracing::info!(list = name, "the list is forgotten, as its file is gone");
                self.kept.iter().for_each(|kept| kept.forget(name));
                outside.list(name, OfList { entries: 0, is_broken: false });
            }
            stays
        });
    }

    /// A file that is gone leaves its list as it was.
    fn note_the_lost(&self, files: &BTreeMap<String, PathBuf>) -> bool {
        let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
        let lost = lists.iter_mut().filter(|(name, list)| list.read.is_some() && !files.contains_key(*name));
        let mut any = false;
        for (name, list) in lost {
            tracing::error!(list = name, "ALARM: the file of the list is gone, and the list stays as it was");
            list.read = None;
            list.broken = Some(Broken::gone());
            any = true;
        }
        any
    }

    fn tell(&self, outside: &dyn Outside) {
        for (name, list) in &*self.lists.read().unwrap_or_else(PoisonError::into_inner) {
            let entries = list.entries.as_ref().map_or(0, |entries| entries.len());
            outside.list(name, OfList { entries, is_broken: list.broken.is_some() });
        }
    }

    fn list(&self, name: &str) -> List {
        let lists = self.lists.read().unwrap_or_else(PoisonError::into_inner);
        lists.get(name).cloned().unwrap_or_default()
    }

    fn with(&self, name: &str, change: impl FnOnce(&mut List)) {
        let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
        change(lists.entry(name.to_owned()).or_default());
    }

    /// The files of lists, by their names.
    fn files(&self) -> BTreeMap<String, PathBuf> {
        self.folder.as_deref().map(files_in).unwrap_or_default()
    }
}

impl List {
    /// Whether it was read, and its file is gone.
    fn is_lost(&self) -> bool {
        self.read.is_none() && self.broken.as_ref() == Some(&Broken::gone())
    }
}

fn files_in(folder: &Path) -> BTreeMap<String, PathBuf> {
    let read = || -> io::Result<BTreeMap<String, PathBuf>> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(folder)?.take(LISTS * 4) {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".txt"));
            if let Some(name) = name.filter(|name| is_stem(name) && files.len() < LISTS) {
                files.insert(name.to_owned(), path);
            }
        }
        Ok(files)
    };
    read().unwrap_or_default()
}

/// Why a list cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// There is none of this name; what was probably meant.
    Missing(String),
    /// Its file is broken.
    Broken(Broken),
}

fn missing(lists: &BTreeMap<String, List>, list: &str) -> String {
    let known: Vec<_> = lists.keys().map(String::as_str).collect();
    format!("there is no list `{list}`; {}", suggest::help(list, &known))
}

fn finds(entries: &Entries, text: &str) -> bool {
    // Each dot costs a look at all that follows it.
    if text.len() > read::LINE {
        return false;
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return entries.has_address(address);
    }
    let text = read::plain(text);
    let domain = text.rsplit_once('@').map(|(_, domain)| domain);
    if entries.has(Entry::Text(&text)) || domain.is_some_and(|domain| entries.has(Entry::Text(domain))) {
        return true;
    }
    let mut below = domain.unwrap_or(&text);
    while let Some((_, parent)) = below.split_once('.') {
        if entries.has(Entry::Below(parent)) {
            return true;
        }
        below = parent;
    }
    false
}

#[cfg(test)]
mod tests;
