//! Waiting for what must happen, never for time to pass.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use tokio::time::{sleep, timeout};

/// How long anything may take before a test says that it will not happen.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Looks again and again until there is a value; panics, saying what was awaited, when patience
/// ends. For what can only be looked at, a file or another process; all else is awaited.
pub async fn until<T>(awaited: impl Display, mut look: impl FnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(value) = look() {
                return value;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    soon(awaited, looking).await
}

/// Awaits; panics, saying what was awaited, when patience ends.
pub async fn soon<T>(awaited: impl Display, future: impl Future<Output = T>) -> T {
    match timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{} s have passed without {awaited}", PATIENCE.as_secs()),
    }
}
