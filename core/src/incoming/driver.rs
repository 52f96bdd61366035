//! The thin driver of a session: reads lines, writes replies, and waits for the client. What a
//! command comes to is the [session](super::session)'s.

use std::sync::Arc;

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::chunks;
use super::hooks::BundleHooks;
use super::receive;
use super::replies;
use super::session::{Session, Step};
use super::starttls;
use crate::config::ListenerMode;
use crate::net::{Connection, ReadError, Stream};
use crate::observe::trace::What;
use crate::relay::Services;
use crate::smtp::command::{Command, InvalidCommand, LINE_LIMIT};
use crate::smtp::reply::Reply;
use crate::tls::failure::HandshakeFailure;
use crate::tls::start;

/// Replies to pipelined commands wait for each other up to so many octets (RFC 2920).
const BATCH: usize = 16 * 1024;

/// The reply to QUIT (RFC 5321 section 4.1.1.10).
const GOODBYE: u16 = 221;

/// Why a session ended, other than by QUIT.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    /// The client is gone, was too slow, or the socket failed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The handshake failed, or a hook refused it.
    #[error(transparent)]
    Handshake(HandshakeFailure),
    /// Something was sent ahead of the handshake.
    #[error("commands were sent ahead of the handshake")]
    Injected,
    /// A hook did not let the connection begin, where nothing could be said in clear.
    #[error("turned away: {0}")]
    TurnedAway(Reply),
}

/// Serves a client to the end.
pub(super) async fn serve(socket: TcpStream, session: Box<Session<BundleHooks>>) {
    let (id, client) = (session.hooks.asker.session.clone(), session.peer.address);
    let teller = session.hooks.teller.clone();
    let ended = begin(socket, session).await;
    teller.step(|| What::Ended {
        reason: ended.as_ref().map_or_else(ToString::to_string, |()| "closed".to_owned()),
    });
    match ended {
        Ok(()) => tracing::debug!(session = %id, %client, "session ended"),
        // Clients that just go away are too many to be told of.
        Err(ended @ Ended::Read(_)) => {
            tracing::debug!(session = %id, %client, reason = %ended, "session cut");
        }
        Err(ended) => tracing::info!(session = %id, %client, reason = %ended, "session ended early"),
    }
}

async fn begin(socket: TcpStream, session: Box<Session<BundleHooks>>) -> Result<(), Ended> {
    let (connection, session) = match session.peer.mode {
        ListenerMode::StartTls => (Connection::new(Stream::Clear(socket)), session),
        ListenerMode::Implicit => Box::pin(implicit(socket, session)).await?,
    };
    let services = Arc::clone(&session.hooks.services);
    Box::new(Driver { connection, session, services, output: Vec::new() }).run().await
}

/// TLS from the first byte, RFC 8314 section 3.3. Whom a hook does not want is closed on without a
/// word: in clear there is nobody to say it to.
async fn implicit(
    socket: TcpStream,
    session: Box<Session<BundleHooks>>,
) -> Result<(Connection, Box<Session<BundleHooks>>), Ended> {
    if let Some(reply) = session.turned_away() {
        return Err(Ended::TurnedAway(reply.clone()));
    }
    match session.start().await {
        start::Incoming::Go(plan) => starttls::handshake(socket, session, plan).await,
        start::Incoming::Refuse(reply) => Err(Ended::TurnedAway(reply)),
    }
}

struct Driver {
    connection: Connection,
    session: Box<Session<BundleHooks>>,
    services: Arc<Services>,
    output: Vec<u8>,
}

/// Whether the session goes on.
enum Flow {
    Continue(Box<Driver>),
    End,
}

impl Driver {
    async fn run(mut self: Box<Self>) -> Result<(), Ended> {
        let mut step = self.session.greet();
        loop {
            self = match self.act(step).await? {
                Flow::Continue(driver) => driver,
                Flow::End => return Ok(()),
            };
            step = self.next().await?;
        }
    }

    /// Does what a command came to.
    async fn act(mut self: Box<Self>, step: Step) -> Result<Flow, Ended> {
        match step {
            Step::Reply(reply) => self.say(&reply),
            Step::Close(reply) => {
                self.say(&reply);
                // QUIT is a client's last word: nothing of his is lost with the connection.
                if reply.code == GOODBYE && self.connection.ahead() == 0 {
                    let wait = self.services.config.timeouts.command;
                    self.connection.close_saying(&self.output, wait).await?;
                } else {
                    self.flush().await?;
                    self.connection.close_after_reply().await;
                }
                return Ok(Flow::End);
            }
            Step::StartTls(plan) => {
                self.flush().await?;
                let Self { connection, session, services, output } = *self;
                let (connection, session) = Box::pin(starttls::upgrade(connection, session, plan)).await?;
                return Ok(Flow::Continue(Box::new(Self { connection, session, services, output })));
            }
            Step::Receive => {
                let Self { connection, session, output, .. } = &mut *self;
                let received = Box::pin(receive::receive(connection, session, output)).await;
                return Box::pin(self.received(received)).await;
            }
            Step::Chunk(chunk) => {
                self.flush_ahead_of(chunk.size).await?;
                let received =
                    Box::pin(chunks::receive(&mut self.connection, &mut self.session, chunk)).await;
                return Box::pin(self.received(received)).await;
            }
            Step::Skip(size, reply) => {
                self.flush_ahead_of(size).await?;
                let skipped = chunks::skip(&mut self.connection, &self.session, size, reply).await;
                return Box::pin(self.received(skipped)).await;
            }
        }
        Ok(Flow::Continue(self))
    }

    /// Does what the end of a message, or of a chunk of it, came to.
    async fn received(self: Box<Self>, received: Result<Step, ReadError>) -> Result<Flow, Ended> {
        let step = match received {
            Err(ReadError::Timeout(_)) => Step::Close(replies::timed_out()),
            received => received?,
        };
        self.tell_of_end(&step);
        self.act(step).await
    }

    /// Replies wait no longer where the client's next octets are waited for.
    async fn flush_ahead_of(&mut self, size: u64) -> Result<(), ReadError> {
        if (self.connection.ahead() as u64) < size { self.flush().await } else { Ok(()) }
    }

    /// The next command, and what it comes to.
    async fn next(&mut self) -> Result<Step, Ended> {
        if !self.connection.has_line() || self.output.len() > BATCH {
            self.flush().await?;
        }
        let Some(line) = self.line().await else {
            return Ok(Step::Close(replies::closing()));
        };
        if matches!(line, Err(ReadError::Timeout(_) | ReadError::Closed | ReadError::Io(_))) {
            self.session.cut();
        }
        Ok(match line {
            // Boxed: an idle session must not carry the size of a question.
            Ok(line) => Box::pin(self.obey(&line)).await,
            Err(ReadError::TooLong(_)) => self.session.garbled(replies::line_too_long()),
            // Whoever ends lines otherwise may also see other messages than we do.
            Err(ReadError::BareNewline) => Step::Close(replies::bare_newline()),
            Err(ReadError::Timeout(_)) => Step::Close(replies::timed_out()),
            Err(gone) => return Err(gone.into()),
        })
    }

    /// What a command comes to.
    async fn obey(&mut self, line: &[u8]) -> Step {
        let command = Command::parse(line);
        let teller = &self.session.hooks.teller;
        teller.client(line);
        let mut is_open = self.session.transaction.is_some();
        if let (false, Ok(Command::Mail(mail))) = (is_open, &command) {
            is_open = true;
            teller.step(|| What::Transaction { sender: mail.sender.to_string(), recipients: None });
        }
        if let Err(InvalidCommand::Unknown | InvalidCommand::NotImplemented) = command
            && let Err(reply) = self.session.milters_at_unknown(line).await
        {
            return self.session.garbled(reply);
        }
        let step = self.session.command(command, Instant::now()).await;
        if is_open {
            self.tell_of_end(&step);
        }
        step
    }

    /// Tells those who follow that a transaction has ended, if it has.
    fn tell_of_end(&self, step: &Step) {
        if self.session.transaction.is_none() {
            self.session.hooks.teller.step(|| What::TransactionEnded { outcome: said(step) });
        }
    }

    /// The next line; `None` where the relay stops and no transaction is open.
    async fn line(&mut self) -> Option<Result<Bytes, ReadError>> {
        let wait = self.services.config.timeouts.command;
        let wait = self.session.patience().map_or(wait, |patience| patience.min(wait));
        let idle = self.session.transaction.is_none();
        tokio::select! {
            biased;
            () = self.services.stopping.cancelled(), if idle => None,
            line = self.connection.read_line(LINE_LIMIT, wait) => Some(line),
        }
    }

    fn say(&mut self, reply: &Reply) {
        self.session.hooks.teller.server(reply);
        self.output.extend_from_slice(reply.to_wire().as_bytes());
    }

    async fn flush(&mut self) -> Result<(), ReadError> {
        if self.output.is_empty() {
            return Ok(());
        }
        // Taken, so that an idle session holds no buffer.
        let output = std::mem::take(&mut self.output);
        self.connection.write(&output, self.services.config.timeouts.command).await
    }
}

/// What is said at the end of a step.
fn said(step: &Step) -> String {
    match step {
        Step::Reply(reply) | Step::Close(reply) | Step::Skip(_, reply) => reply.to_string(),
        Step::StartTls(_) | Step::Receive | Step::Chunk(_) => String::new(),
    }
}
