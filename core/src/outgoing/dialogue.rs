//! Commands out, replies in: the dialogue with a host, with its timeouts.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::problem::Problem;
use crate::config::Timeouts;
use crate::net::{Connection, ReadError};
use crate::smtp::reply::{InvalidReply, LINE_LIMIT, Reply, ReplyParser};
use waxseal_plugins::verdicts::EnhancedCode;

/// How long a host may take to say goodbye: nothing depends on it.
const GOODBYE: Duration = Duration::from_secs(2);

/// A connection to a host, on which commands and replies take turns.
#[derive(Debug)]
pub(super) struct Dialogue {
    connection: Connection,
    timeouts: Timeouts,
}

/// Why the dialogue cannot go on. The connection is of no use then.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The socket said so.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The host does not speak SMTP.
    #[error(transparent)]
    Reply(#[from] InvalidReply),
}

impl Dialogue {
    /// A dialogue over a connection on which nothing was said yet.
    pub(super) fn new(connection: Connection, timeouts: &Timeouts) -> Self {
        Self { connection, timeouts: timeouts.clone() }
    }

    /// Sends a command, without its CRLF, and reads the reply.
    pub(super) async fn ask(&mut self, command: &str) -> Result<Reply, Broken> {
        self.send(&[command]).await?;
        self.reply().await
    }

    /// Sends commands at once, without their CRLF (RFC 2920).
    pub(super) async fn send<S: AsRef<str>>(&mut self, commands: &[S]) -> Result<(), Broken> {
        let wire: String = commands.iter().flat_map(|command| [command.as_ref(), "\r\n"]).collect();
        Ok(self.connection.write(wire.as_bytes(), self.timeouts.reply).await?)
    }

    /// Sends a piece of a message.
    pub(super) async fn send_data(&mut self, data: &[u8]) -> Result<(), Broken> {
        Ok(self.connection.write(data, self.timeouts.reply).await?)
    }

    /// The next reply. All its lines together are bounded by the time, so that a host cannot hold
    /// us by saying one more line each minute.
    pub(super) async fn reply(&mut self) -> Result<Reply, Broken> {
        self.reply_within(self.timeouts.reply).await
    }

    /// The reply to the final dot: the host may take long (RFC 5321 section 4.5.3.2.6).
    pub(super) async fn final_reply(&mut self) -> Result<Reply, Broken> {
        self.reply_within(self.timeouts.data_end).await
    }

    /// Whether the host has said more than was read.
    pub(super) fn was_told_more(&self) -> bool {
        self.connection.ahead() > 0
    }

    /// Whether the host is silent and still there, as far as is known here.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.connection.is_quiet()
    }

    /// Says goodbye and closes.
    pub(super) async fn quit(mut self) {
        if self.send(&["QUIT"]).await.is_ok() {
            // What the host says to it, if it says anything, changes nothing.
            let _ = self.reply_within(GOODBYE).await;
        }
        self.connection.close().await;
    }

    /// Closes without a word: what follows a verdict before the first octet inside TLS.
    pub(super) async fn close(self) {
        self.connection.close().await;
    }

    /// The connection, for STARTTLS: what was read ahead goes with it, and is found there.
    pub(super) fn into_connection(self) -> Connection {
        self.connection
    }

    async fn reply_within(&mut self, wait: Duration) -> Result<Reply, Broken> {
        timeout(wait, self.lines(wait)).await.unwrap_or(Err(ReadError::Timeout(wait).into()))
    }

    async fn lines(&mut self, wait: Duration) -> Result<Reply, Broken> {
        let mut parser = ReplyParser::default();
        loop {
            let line: Bytes = self.connection.read_line(LINE_LIMIT, wait).await?;
            if let Some(reply) = parser.push(&line)? {
                return Ok(reply);
            }
        }
    }
}

impl Broken {
    /// As a problem: `during` says what was being done, as in "waiting for the greeting".
    pub(super) fn problem(&self, during: &str) -> Problem {
        let code = match self {
            Self::Read(ReadError::Closed | ReadError::Io(_) | ReadError::Timeout(_)) => {
                EnhancedCode::new(4, 4, 2)
            }
            Self::Read(ReadError::TooLong(_) | ReadError::BareNewline) | Self::Reply(_) => {
                EnhancedCode::new(4, 5, 0)
            }
        };
        Problem::temporary(code, format!("{self}, {during}"))
    }
}
