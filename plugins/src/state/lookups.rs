//! How many lookups a call may make.

use std::time::{Duration, Instant};

/// Lookups of a call, and how long it may wait for them: a peer waits meanwhile, and has no patience
/// for more.
pub(crate) const LOOKUPS: u32 = 10;
pub(crate) const LOOKING_UP: Duration = Duration::from_secs(10);

/// Those of one call.
#[derive(Debug, Default)]
pub(crate) struct Lookups {
    made: u32,
    /// When the first was made.
    since: Option<Instant>,
}

impl Lookups {
    /// Whether one more may be made.
    pub(crate) fn may_look_up(&mut self) -> bool {
        let in_time = self.since.get_or_insert_with(Instant::now).elapsed() < LOOKING_UP;
        self.made = self.made.saturating_add(1);
        self.made <= LOOKUPS && in_time
    }
}
