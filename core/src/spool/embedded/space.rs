//! Whether the disk has space left: asked now and then, not for each message.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::folder::Folder;

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
            _ => {
                let has_room = self.folder.has_room(self.reserve);
                let left = if has_room { Left::Enough } else { Left::TooLittle };
                *last = Some((Instant::now(), left));
                left
            }
        }
    }
}
