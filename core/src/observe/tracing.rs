//! The program's own log, on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::Subscriber;
use tracing_subscriber::util::TryInitError;

/// The environment variable that says what is logged, as in `waxseal=debug`.
pub const VARIABLE: &str = "WAXSEAL_LOG";

/// What is logged where nothing else is said.
const DEFAULT: &str = "info,hickory_resolver=warn,hickory_net=warn,hickory_proto=warn";

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

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

/// Starts the log, filtered as `WAXSEAL_LOG` says.
///
/// # Errors
///
/// The variable cannot be read, or a log was started before.
pub fn init(format: Format) -> Result<(), InitError> {
    use tracing_subscriber::util::SubscriberInitExt;

    let builder = Subscriber::builder().with_env_filter(filter()?).with_writer(io::stderr);
    match format {
        Format::Text => {
            builder.with_ansi(io::stderr().is_terminal()).with_target(false).finish().try_init()?
        }
        Format::Json => builder.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}

fn filter() -> Result<EnvFilter, InitError> {
    parse(std::env::var(VARIABLE).unwrap_or_default())
}

fn parse(filter: String) -> Result<EnvFilter, InitError> {
    let text = if filter.is_empty() { DEFAULT } else { &filter };
    EnvFilter::try_new(text).map_err(|source| InitError::Filter { filter, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_means_the_default() {
        assert_eq!(parse(String::new()).unwrap().to_string().matches("warn").count(), 3);
        assert_eq!(parse("waxseal=debug".to_owned()).unwrap().to_string(), "waxseal=debug");
    }

    #[test]
    fn a_bad_filter_is_an_error_that_quotes_it() {
        let error = parse("waxseal=loud".to_owned()).unwrap_err();
        assert!(error.to_string().starts_with("WAXSEAL_LOG is `waxseal=loud`"), "{error}");
    }
}
