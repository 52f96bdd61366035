//! Whether the disk has space left: asked now and then, not for each message.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::folder::Folder;
use crate::spool::DiskSpace;

/// How long an answer holds. At a gigabyte a second it is wrong by a hundred megabytes at most, and
/// writing says so too.
const HOLDS: Duration = Duration::from_millis(100);

/// Whether the disk has space left.
#[derive(Debug)]
pub(super) struct Space {
    folder: Folder,
    /// Octets that must be left.
    reserve: u64,
    last: Mutex<Option<(Instant, Left)>>,
}

/// Whether there is space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    Enough,
    TooLittle,
}

impl Space {
    pub(super) fn new(folder: Folder, reserve: u64) -> Self {
        Self { folder, reserve, last: Mutex::new(None) }
    }

    /// Whether there is space for what comes in.
    pub(super) fn left(&self) -> Left {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match *last {
            Some((asked, left)) if asked.elapsed() < HOLDS => left,
            before => {
                // Where the disk does not say so, writing will.
                let free = self.folder.free().unwrap_or(u64::MAX);
                let left = if free >= self.reserve { Left::Enough } else { Left::TooLittle };
                self.say(before.map_or(Left::Enough, |(_, left)| left), left, free);
                *last = Some((Instant::now(), left));
                left
            }
        }
    }

    /// How much the disk has left, and must have.
    pub(super) fn of_disk(&self) -> Option<DiskSpace> {
        self.folder.free().map(|free| DiskSpace { free, needed: self.reserve })
    }

    /// A change is said once.
    fn say(&self, before: Left, now: Left, free: u64) {
        match (before, now) {
            (Left::Enough, Left::TooLittle) => tracing::error!(
                free,
                needed = self.reserve,
                "the disk of the queue has too few octets left: all mail is refused until there are more"
            ),
            (Left::TooLittle, Left::Enough) => {
                tracing::info!(free, "the disk of the queue has room again: mail is accepted");
            }
            _ => {}
        }
    }
}
