//! The program's own log, on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::Subscriber;
use tracing_subscriber::util::TryInitError;

use crate::config::{Log, LogFormat};

/// The environment variable that says what is logged, as in `waxseal=debug`.
pub const VARIABLE: &str = "WAXSEAL_LOG";

/// What the resolver says of each query is for whoever asks for it.
const QUIET: &str = "hickory_resolver=warn,hickory_net=warn,hickory_proto=warn";

/// Why the log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The filter cannot be read.
    #[error(
        "{VARIABLE} is `{filter}`, which is no filter: {source}; write a level, as in `info`, or `waxseal=debug`"
    )]
    Filter {
        /// What the variable says.
        filter: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// There is one already.
    #[error("cannot start the log: {0}")]
    Started(#[from] TryInitError),
}

/// Starts the log, filtered as `WAXSEAL_LOG` says, else as the configuration does.
///
/// # Errors
///
/// The variable cannot be read, or a log was started before.
pub fn init(log: &Log) -> Result<(), InitError> {
    use tracing_subscriber::util::SubscriberInitExt;

    let builder = Subscriber::builder().with_env_filter(filter(&log.level)?).with_writer(io::stderr);
    match log.format {
        LogFormat::Text => {
            builder.with_ansi(io::stderr().is_terminal()).with_target(false).finish().try_init()?
        }
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}

fn filter(level: &str) -> Result<EnvFilter, InitError> {
    parse(std::env::var(VARIABLE).unwrap_or_default(), level)
}

fn parse(variable: String, level: &str) -> Result<EnvFilter, InitError> {
    let configured = format!("{QUIET},{level}");
    let text = if variable.is_empty() { &configured } else { &variable };
    EnvFilter::try_new(text).map_err(|source| InitError::Filter { filter: variable, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_goes_before_the_configuration() {
        assert_eq!(parse(String::new(), "info").unwrap().to_string().matches("warn").count(), 3);
        assert_eq!(parse("waxseal=debug".to_owned(), "info").unwrap().to_string(), "waxseal=debug");
    }

    #[test]
    fn a_bad_filter_is_an_error_that_quotes_it() {
        let error = parse("waxseal=loud".to_owned(), "info").unwrap_err();
        assert!(error.to_string().starts_with("WAXSEAL_LOG is `waxseal=loud`"), "{error}");
    }
}
