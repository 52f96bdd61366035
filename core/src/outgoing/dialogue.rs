//! Commands out, replies in: the dialogue with a host, with its timeouts.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::problem::Problem;
use crate::config::Timeouts;
use crate::net::{Connection, ReadError};
use crate::observe::trace::Teller;
use crate::smtp::reply::{InvalidReply, LINE_LIMIT, Reply, ReplyParser};
use waxseal_plugins::verdicts::EnhancedCode;

/// How long a host may take to say goodbye: nothing depends on it.
const GOODBYE: Duration = Duration::from_secs(2);

/// A connection to a host, on which commands and replies take turns.
#[derive(Debug)]
pub(super) struct Dialogue {
    connection: Connection,
    timeouts: Timeouts,
    teller: Teller,
    /// How much content has gone out since the last reply, octets.
    content: u64,
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
    pub(super) fn new(connection: Connection, timeouts: &Timeouts, teller: Teller) -> Self {
        Self { connection, timeouts: timeouts.clone(), teller, content: 0 }
    }

    /// From now on it is a dialogue of this attempt.
    pub(super) fn is_of(&mut self, teller: Teller) {
        self.teller = teller;
    }

    /// Sends a command, without its CRLF, and reads the reply.
    pub(super) async fn ask(&mut self, command: &str) -> Result<Reply, Broken> {
        self.send(&[command]).await?;
        self.reply().await
    }

    /// Sends commands at once, without their CRLF (RFC 2920).
    pub(super) async fn send<S: AsRef<str>>(&mut self, commands: &[S]) -> Result<(), Broken> {
        let wire: String = commands.iter().flat_map(|command| [command.as_ref(), "\r\n"]).collect();
        commands.iter().for_each(|command| self.teller.client(command.as_ref().as_bytes()));
        Ok(self.connection.write(wire.as_bytes(), self.timeouts.reply).await?)
    }

    /// Sends commands with what belongs to them, as it goes over the wire: a group of them (RFC 2920), a
    /// chunk behind its BDAT.
    pub(super) async fn send_group(&mut self, wire: &[u8]) -> Result<(), Broken> {
        for piece in pieces(wire) {
            match piece {
                Piece::Command(line) => self.teller.client(line),
                Piece::Content(octets) => self.content += octets,
            }
        }
        Ok(self.connection.write(wire, self.timeouts.reply).await?)
    }

    /// Sends a piece of a message.
    pub(super) async fn send_data(&mut self, data: &[u8]) -> Result<(), Broken> {
        self.content += data.len() as u64;
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
        match std::mem::take(&mut self.content) {
            0 => {}
            octets => self.teller.content(octets),
        }
        let reply = timeout(wait, self.lines(wait)).await.unwrap_or(Err(ReadError::Timeout(wait).into()))?;
        self.teller.server(&reply);
        Ok(reply)
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

/// A piece of what is sent at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// A command, without its CRLF.
    Command(&'a [u8]),
    /// So many octets of content.
    Content(u64),
}

/// The pieces of what is sent at once: content stands behind BDAT alone.
fn pieces(mut wire: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    let mut chunk = 0;
    std::iter::from_fn(move || {
        if wire.is_empty() {
            return None;
        }
        if chunk > 0 {
            let (content, rest) = wire.split_at(chunk.min(wire.len()));
            (wire, chunk) = (rest, 0);
            return Some(Piece::Content(content.len() as u64));
        }
        let end = memchr::memmem::find(wire, b"\r\n").unwrap_or(wire.len());
        let (line, rest) = wire.split_at(end);
        wire = rest.get(2..).unwrap_or_default();
        chunk = chunk_size(line);
        Some(Piece::Command(line))
    })
}

/// How much content stands behind a command of ours.
fn chunk_size(line: &[u8]) -> usize {
    let size = line.strip_prefix(b"BDAT ").and_then(|rest| rest.split(|byte| *byte == b' ').next());
    size.and_then(|size| std::str::from_utf8(size).ok()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_told_from_commands() {
        let wire = b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nBDAT 6 LAST\r\nDATA\r\nQUIT\r\n";
        let told: Vec<Piece<'_>> = pieces(wire).collect();
        let command = |line| Piece::Command(line);
        assert_eq!(
            told,
            [
                command(&b"MAIL FROM:<a@a.example>"[..]),
                command(b"RCPT TO:<b@b.example>"),
                command(b"BDAT 6 LAST"),
                Piece::Content(6),
                command(b"QUIT"),
            ]
        );
        assert_eq!(pieces(b"BDAT 0 LAST\r\n").count(), 1);
    }
}
