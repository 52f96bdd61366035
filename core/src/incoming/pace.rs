//! How long a message may take to come.

use std::time::Duration;

use tokio::time::Instant;

/// The least average, octets a second: slower than any line that still carries mail. Without it a
/// client that sends an octet before each timeout would hold a session, and a body that is being
/// written, for as long as it likes.
const LEAST: u64 = 1024;

/// So many waits between chunks are free of it: RFC 5321 section 4.5.3.2.5 lets a client pause.
const PAUSES: u32 = 2;

/// The pace of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    begun: Instant,
    wait: Duration,
}

impl Pace {
    /// A message that begins to come now; `wait` is the longest wait between two chunks.
    pub(super) fn begin(wait: Duration) -> Self {
        Self { begun: Instant::now(), wait }
    }

    /// How long to wait for the next chunk, after so many octets.
    pub(super) fn patience(&self, read: u64) -> Duration {
        let allowed = self.wait.saturating_mul(PAUSES) + Duration::from_secs(read / LEAST);
        allowed.saturating_sub(self.begun.elapsed()).min(self.wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(300);

    #[tokio::test(start_paused = true)]
    async fn a_message_that_comes_along_has_all_the_time_between_chunks() {
        let pace = Pace::begin(WAIT);
        for minutes in 0..100 {
            assert_eq!(pace.patience(minutes * 60 * LEAST), WAIT);
            tokio::time::advance(Duration::from_secs(60)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_drips_comes_to_an_end() {
        let pace = Pace::begin(WAIT);
        let mut read = 0;
        while !pace.patience(read).is_zero() {
            read += 1;
            tokio::time::advance(pace.patience(read).min(WAIT - Duration::from_secs(1))).await;
        }
        assert_eq!(pace.begun.elapsed(), WAIT * PAUSES);
    }
}
