//! How the spool is: after a failed write nothing is accepted until a restart.
//!
//! A failed sync is never tried again: the kernel may have dropped the pages that it could not
//! write, and would answer the second time that all is well. Only a restart, which reads what is
//! really on the disk, can tell.

use std::io;
use std::sync::{Mutex, PoisonError};

use rusqlite::ErrorCode;

use crate::spool::{Health, SpoolError};

/// The health, shared by all that write.
#[derive(Debug)]
pub(super) struct Condition(Mutex<Health>);

impl Condition {
    pub(super) fn good() -> Self {
        Self(Mutex::new(Health::Good))
    }

    pub(super) fn health(&self) -> Health {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An error once a write has failed. A full spool may be tried again.
    pub(super) fn check(&self) -> Result<(), SpoolError> {
        match self.health() {
            Health::Good | Health::Full => Ok(()),
            Health::Failed(reason) => Err(SpoolError::Failed(reason)),
        }
    }

    /// A write has succeeded: there is space.
    pub(super) fn record_success(&self) {
        self.turn(Health::Good);
    }

    /// A write to the database has failed.
    pub(super) fn record_sql(&self, error: &rusqlite::Error) -> SpoolError {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => self.full(),
            _ => self.fail(format!("cannot write to the database: {error}")),
        }
    }

    /// The database's log could not be written back.
    pub(super) fn record_checkpoint(&self, error: &rusqlite::Error) -> SpoolError {
        match error.sqlite_error_code() {
            // Nothing is lost, and nothing was synced in vain: later there may be space again.
            Some(ErrorCode::DiskFull) => self.full(),
            _ => self.fail(format!("cannot write the database's log back: {error}")),
        }
    }

    /// A write to a file has failed, or a file could not be made.
    pub(super) fn record_io(&self, what: &str, error: &io::Error) -> SpoolError {
        if error.get_ref().and_then(|cause| cause.downcast_ref::<Scarce>()).is_some() {
            // Nothing was written, and nothing is known to be wrong with the disk.
            tracing::warn!(%error, "cannot make {what}: mail is refused meanwhile");
            return SpoolError::Full;
        }
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => self.full(),
            _ => self.fail(format!("cannot write {what}: {error}")),
        }
    }

    fn full(&self) -> SpoolError {
        self.turn(Health::Full);
        SpoolError::Full
    }

    fn fail(&self, reason: String) -> SpoolError {
        tracing::error!(reason, "the spool has failed: nothing is accepted until a restart");
        self.turn(Health::Failed(reason.clone()));
        SpoolError::Failed(reason)
    }

    /// The first failure stays.
    fn turn(&self, to: Health) {
        let mut health = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*health, &to) {
            (Health::Failed(_), _) => {}
            (Health::Good, Health::Full) => {
                tracing::warn!("the spool is full: mail is refused until there is space");
                *health = to;
            }
            _ => *health = to,
        }
    }
}

/// The machine or the process has too much open, or too little memory, to open one file more. That
/// passes.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Scarce(io::Error);

/// Marks an error of opening or making a file if it passes. A write or a sync is not asked about: what
/// they left is not known.
pub(super) fn of_opening(error: io::Error) -> io::Error {
    use rustix::io::Errno;
    match Errno::from_io_error(&error) {
        Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM) => io::Error::other(Scarce(error)),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_too_many_passes_but_only_where_it_is_opened() {
        let condition = Condition::good();
        let too_many = of_opening(io::Error::from_raw_os_error(24));
        assert!(matches!(condition.record_io("a file", &too_many), SpoolError::Full));
        assert_eq!(condition.health(), Health::Good);
        let read_only = of_opening(io::Error::from_raw_os_error(30));
        assert!(matches!(condition.record_io("a file", &read_only), SpoolError::Failed(_)));
        let written = Condition::good().record_io("a file", &io::Error::from_raw_os_error(12));
        assert!(matches!(written, SpoolError::Failed(_)));
    }

    #[test]
    fn a_full_disk_passes_but_a_failed_write_stays() {
        let condition = Condition::good();
        let full = condition.record_io("a file", &io::ErrorKind::StorageFull.into());
        assert!(matches!(full, SpoolError::Full));
        assert_eq!((condition.health(), condition.check().is_ok()), (Health::Full, true));
        condition.record_success();
        assert_eq!(condition.health(), Health::Good);

        let failed = condition.record_io("a file", &io::Error::from_raw_os_error(5));
        assert!(failed.to_string().contains("cannot write a file: Input/output error"), "{failed}");
        condition.record_success();
        condition.record_io("a file", &io::ErrorKind::StorageFull.into());
        assert!(matches!(condition.health(), Health::Failed(_)), "only a restart helps");
        assert!(condition.check().is_err());
    }
}
