//! The program's own log, on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::Subscriber;
use tracing_subscriber::util::TryInitError;

use super::gathered::Gathered;
use crate::config::{Log, LogFormat};

/// The environment variable that says what is logged, as in `waxseal=debug`.
pub const VARIABLE: &str = "WAXSEAL_LOG";

/// What libraries say below a warning is of use to their developers only. To rustls everything odd
/// that a peer sends is a warning, without saying whose: we say it ourselves, with the session.
const LIBRARIES: &str = "hickory_resolver=warn,hickory_net=warn,hickory_proto=warn,rustls=error";

/// Why the log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The filter cannot be read.
    #[error("`{filter}` is no log filter: {source}; write a level, as in `info`, or `waxseal=debug`")]
    Filter {
        /// What the variable says.
        filter: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// There is no thread to be had that writes it.
    #[error("cannot start the log's thread: {0}")]
    Thread(#[source] io::Error),
    /// There is one already.
    #[error("cannot start the log: {0}")]
    Started(#[source] TryInitError),
}

/// The log that was started. Dropped at the end of the process: the last lines are written.
#[derive(Debug)]
pub struct Started(Gathered<io::Stderr>);

impl Drop for Started {
    fn drop(&mut self) {
        self.0.write();
    }
}

/// Starts the log, as the configuration says; the environment variable says more.
///
/// # Errors
///
/// The filter cannot be read, or a log was started before.
pub fn init(log: &Log) -> Result<Started, InitError> {
    use tracing_subscriber::util::SubscriberInitExt;

    let filter = parse(std::env::var(VARIABLE).unwrap_or_else(|_| log.level.clone()))?;
    let lines = Gathered::start(io::stderr()).map_err(InitError::Thread)?;
    let builder = Subscriber::builder().with_env_filter(filter).with_writer(lines.clone());
    match log.format {
        LogFormat::Text => {
            builder.with_ansi(io::stderr().is_terminal()).with_target(false).finish().try_init()
        }
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
    }
    .map_err(InitError::Started)?;
    Ok(Started(lines))
}

fn parse(filter: String) -> Result<EnvFilter, InitError> {
    let text = format!("{LIBRARIES},{filter}");
    EnvFilter::try_new(text).map_err(|source| InitError::Filter { filter, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_say_warnings_only() {
        let filter = parse("waxseal=debug".to_owned()).unwrap().to_string();
        assert!(filter.contains("waxseal=debug") && filter.contains("hickory_proto=warn"), "{filter}");
    }

    #[test]
    fn a_bad_filter_is_an_error_that_quotes_it() {
        let error = parse("waxseal=loud".to_owned()).unwrap_err();
        assert!(error.to_string().starts_with("`waxseal=loud` is no log filter"), "{error}");
    }
}
