//! Who shows a wrong token waits for the answer, longer each time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

/// The wait after the first wrong token of late.
const FIRST: Duration = Duration::from_millis(250);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(8);
/// After so long without a wrong one it begins anew.
const FORGOTTEN: Duration = Duration::from_secs(60);
/// How many may wait at once: more are told to come later.
const WAITING: usize = 32;

/// Wrong tokens of late. A right one never waits, so nobody can keep an administrator out.
#[derive(Debug)]
pub struct Guesses {
    late: Mutex<Option<(Instant, u32)>>,
    waiting: Semaphore,
}

/// Too many wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

impl Default for Guesses {
    fn default() -> Self {
        Self { late: Mutex::default(), waiting: Semaphore::new(WAITING) }
    }
}

impl Guesses {
    /// A wrong token was shown: waits.
    ///
    /// # Errors
    ///
    /// Too many wait already.
    pub async fn wrong(&self) -> Result<(), TooMany> {
        let _place = self.waiting.try_acquire().map_err(|_| TooMany)?;
        sleep(self.count()).await;
        Ok(())
    }

    /// How long this one waits.
    fn count(&self) -> Duration {
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        let before = late.filter(|(last, _)| last.elapsed() < FORGOTTEN).map_or(0, |(_, count)| count);
        *late = Some((Instant::now(), before.saturating_add(1)));
        FIRST.saturating_mul(1 << before.min(16)).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_waits_longer_and_a_minute_forgets() {
        let guesses = Guesses::default();
        for expected in [250, 500, 1000, 2000, 4000, 8000, 8000] {
            let before = Instant::now();
            guesses.wrong().await.unwrap();
            assert_eq!(before.elapsed(), Duration::from_millis(expected));
        }
        tokio::time::advance(FORGOTTEN).await;
        assert_eq!(guesses.count(), FIRST);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_wait() {
        let guesses = Guesses::default();
        let places = guesses.waiting.try_acquire_many(32).unwrap();
        assert_eq!(guesses.wrong().await, Err(TooMany));
        drop(places);
        assert_eq!(guesses.wrong().await, Ok(()));
    }
}
