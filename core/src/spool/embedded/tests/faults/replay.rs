//! The log of a disk, and what is left of it when the power goes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What happened on the disk.
pub(super) struct Entry {
    kind: u8,
    inode: u64,
    number: u64,
    data: Vec<u8>,
}

pub(super) fn read(log: &Path) -> Vec<Entry> {
    let log = fs::read(log).unwrap();
    let (mut entries, mut rest) = (Vec::new(), log.as_slice());
    while let Some((head, after)) = rest.split_first_chunk::<21>() {
        let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap());
        let length = u32::from_le_bytes(head[17..].try_into().unwrap()) as usize;
        let (data, after) = after.split_at(length);
        entries.push(Entry { kind: head[0], inode: number(1), number: number(9), data: data.to_vec() });
        rest = after;
    }
    entries
}

/// What is on the disk, and what may be.
#[derive(Default)]
pub(super) struct Disk {
    files: BTreeMap<u64, File>,
    names: BTreeMap<PathBuf, u64>,
    /// Names that may be there already, or still be: no folder was synced since.
    renamed: Vec<(usize, PathBuf, Option<u64>)>,
    /// Syncs that have begun: their tokens, and when.
    begun: BTreeMap<u64, usize>,
    /// What was said until now.
    pub(super) said: String,
    now: usize,
}

#[derive(Default)]
struct File {
    synced: Vec<u8>,
    later: Vec<(usize, Change)>,
}

enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

impl Disk {
    /// Lets something happen.
    pub(super) fn happen(&mut self, entry: &Entry) {
        self.now += 1;
        let path = || PathBuf::from(String::from_utf8(entry.data.clone()).unwrap());
        let number = usize::try_from(entry.number).unwrap_or(usize::MAX);
        match entry.kind {
            b'A' => self.said.push_str(&String::from_utf8_lossy(&entry.data)),
            b'C' => {
                self.files.insert(entry.inode, File::default());
                self.renamed.push((self.now, path(), Some(entry.inode)));
            }
            b'N' => self.renamed.push((self.now, path(), None)),
            b'W' => self.change(entry.inode, Change::Write(number, entry.data.clone())),
            b'T' => self.change(entry.inode, Change::Truncate(number)),
            b'B' => {
                self.begun.insert(entry.number, self.now);
            }
            // What was not synced is lost: the kernel takes it for written, and will not write it.
            b'L' => {
                self.files.entry(entry.inode).or_default().later.clear();
            }
            b'E' => self.synced(entry.inode, entry.number, &path()),
            other => panic!("{other}"),
        }
    }

    fn change(&mut self, inode: u64, change: Change) {
        let now = self.now;
        self.files.entry(inode).or_default().later.push((now, change));
    }

    /// What was written before a sync began is on the disk once it has ended.
    fn synced(&mut self, inode: u64, token: u64, path: &Path) {
        let begun = self.begun.remove(&token).unwrap();
        let is_before = |when: &usize| *when < begun;
        if let Some(file) = self.files.get_mut(&inode) {
            let (before, after) =
                std::mem::take(&mut file.later).into_iter().partition(|(when, _)| is_before(when));
            file.later = after;
            let before: Vec<(usize, Change)> = before;
            before.iter().for_each(|(_, change)| change.apply(&mut file.synced, usize::MAX));
        }
        let (before, after): (Vec<_>, Vec<_>) = std::mem::take(&mut self.renamed)
            .into_iter()
            .partition(|(when, name, _)| is_before(when) && name.parent() == Some(path));
        self.renamed = after;
        for (_, name, inode) in before {
            match inode {
                Some(inode) => self.names.insert(name, inode),
                None => self.names.remove(&name),
            };
        }
    }

    /// The power goes: what is left, in another folder. Of what was not synced some is there, some is
    /// not, and some is torn.
    pub(super) fn lose_power(&self, from: &Path, to: &Path, chance: &mut Chance) {
        let mut names = self.names.clone();
        for (_, name, inode) in self.renamed.iter().filter(|_| chance.one_in(2)) {
            match inode {
                Some(inode) => names.insert(name.clone(), *inode),
                None => names.remove(name),
            };
        }
        for folder in ["small", "big"] {
            fs::create_dir_all(to.join(folder)).unwrap();
        }
        for (name, inode) in names {
            let file = &self.files[&inode];
            let mut content = file.synced.clone();
            for (_, change) in &file.later {
                match chance.below(3) {
                    0 => {}
                    1 => change.apply(&mut content, usize::MAX),
                    _ => change.apply(&mut content, chance.below(9000)),
                }
            }
            fs::write(to.join(name.strip_prefix(from).unwrap()), content).unwrap();
        }
    }
}

impl Change {
    /// Only so many octets of it.
    fn apply(&self, content: &mut Vec<u8>, octets: usize) {
        match self {
            Self::Truncate(length) => content.resize(*length, 0),
            Self::Write(offset, data) => {
                let data = &data[..data.len().min(octets)];
                if content.len() < offset + data.len() {
                    content.resize(offset + data.len(), 0);
                }
                content[*offset..offset + data.len()].copy_from_slice(data);
            }
        }
    }
}

/// Chance that can be repeated: xorshift.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    pub(super) fn one_in(&mut self, limit: usize) -> bool {
        self.below(limit) == 0
    }
}
