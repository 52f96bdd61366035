//! One deadline for all parts of a handshake.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::failure::{self, FailureKind, HandshakeFailure};

/// When a handshake must have ended. Silence gives no error at all, so nothing else ends it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    at: Instant,
    within: Duration,
}

impl Deadline {
    pub(super) fn after(within: Duration) -> Self {
        Self { at: Instant::now() + within, within }
    }

    /// The same, but later: for the time that we took ourselves.
    pub(super) fn put_off(self, by: Duration) -> Self {
        Self { at: self.at + by, ..self }
    }

    /// The outcome of a part of the handshake, or that it came too late.
    pub(super) async fn bound<T>(
        self,
        part: impl Future<Output = io::Result<T>>,
    ) -> Result<T, HandshakeFailure> {
        match timeout_at(self.at, part).await {
            Ok(outcome) => outcome.map_err(|error| failure::in_handshake(&error)),
            Err(_) => {
                Err(HandshakeFailure::new(FailureKind::Timeout, format!("{} s", self.within.as_secs_f32())))
            }
        }
    }
}
