//! A receiving host: it takes every mail, keeps none, and tells how each came.

use std::sync::Arc;
use std::time::Duration;

use rustls::{ProtocolVersion, ServerConfig, ServerConnection};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::{TlsAcceptor, TlsStream};
use waxseal_plugins::verdicts::Suite;

use crate::net::{Connection, ReadError, Stream};

const PATIENCE: Duration = Duration::from_secs(60);

/// RFC 5321 section 4.5.3.1.6.
const LINE: usize = 1000;

/// The host.
#[derive(Clone)]
pub(super) struct Host {
    tls: Option<TlsAcceptor>,
    arrivals: mpsc::UnboundedSender<Arrival>,
}

/// A mail that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    /// The forward-path of its last recipient, as written.
    pub(super) to: String,
    /// The TLS version and suite that it crossed in; `None` for clear text.
    pub(super) tls: Option<String>,
}

/// A session's state.
#[derive(Default)]
struct Session {
    to: String,
    tls: Option<String>,
}

impl Host {
    /// A host with STARTTLS, and what arrives at it.
    pub(super) fn new(config: Arc<ServerConfig>) -> (Self, mpsc::UnboundedReceiver<Arrival>) {
        let (arrivals, receiver) = mpsc::unbounded_channel();
        (Self { tls: Some(TlsAcceptor::from(config)), arrivals }, receiver)
    }

    /// The same host, as it was before RFC 2487.
    pub(super) fn without_tls(self) -> Self {
        Self { tls: None, ..self }
    }

    /// Serves for ever.
    pub(super) async fn serve(self, listener: TcpListener) {
        while let Ok((socket, _)) = listener.accept().await {
            let host = self.clone();
            tokio::spawn(async move {
                // What the relay makes of a broken session is the relay's to say.
                let _ = host.session(Connection::new(Stream::Clear(socket))).await;
            });
        }
    }

    async fn session(self, mut connection: Connection) -> Result<(), ReadError> {
        let mut session = Session::default();
        say(&mut connection, "220 mx.demo.example ESMTP").await?;
        loop {
            let line = connection.read_line(LINE, PATIENCE).await?;
            let line = String::from_utf8_lossy(&line).into_owned();
            match verb(&line).as_str() {
                "EHLO" => say(&mut connection, self.extensions(&session)).await?,
                "STARTTLS" if self.tls.is_some() && session.tls.is_none() => {
                    say(&mut connection, "220 2.0.0 Go ahead").await?;
                    (connection, session) = self.start_tls(connection).await?;
                }
                "RCPT" => {
                    session.to = path(&line);
                    say(&mut connection, "250 2.1.5 Ok").await?;
                }
                "DATA" => self.data(&mut connection, &session).await?,
                "QUIT" => {
                    say(&mut connection, "221 2.0.0 Bye").await?;
                    connection.close().await;
                    return Ok(());
                }
                "HELO" | "MAIL" | "RSET" | "NOOP" => say(&mut connection, "250 2.0.0 Ok").await?,
                _ => say(&mut connection, "502 5.5.1 Not here").await?,
            }
        }
    }

    fn extensions(&self, session: &Session) -> &'static str {
        if self.tls.is_some() && session.tls.is_none() {
            "250-mx.demo.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-STARTTLS\r\n250 ENHANCEDSTATUSCODES"
        } else {
            "250-mx.demo.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES"
        }
    }

    /// A new connection and a new session: nothing from before the handshake is known any more
    /// (RFC 3207 section 4.2).
    async fn start_tls(&self, connection: Connection) -> Result<(Connection, Session), ReadError> {
        let acceptor = self.tls.as_ref().ok_or(ReadError::Closed)?;
        let socket = connection.into_clear().map_err(|_| ReadError::Closed)?;
        let stream = acceptor.accept(socket).await?;
        let tls = Some(protection(stream.get_ref().1));
        let session = Session { to: String::new(), tls };
        Ok((Connection::new(Stream::Tls(Box::new(TlsStream::Server(stream)))), session))
    }

    async fn data(&self, connection: &mut Connection, session: &Session) -> Result<(), ReadError> {
        say(connection, "354 Go ahead").await?;
        while connection.read_line(LINE, PATIENCE).await?.as_ref() != b"." {}
        // Told before the reply: whoever sees the mail settled can already see it arrived.
        let _ = self.arrivals.send(Arrival { to: session.to.clone(), tls: session.tls.clone() });
        say(connection, "250 2.0.0 Taken, and forgotten").await
    }
}

/// Version and suite by the names of RFC 8446 and IANA.
fn protection(tls: &ServerConnection) -> String {
    let version = match tls.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS 1.3",
    };
    let suite = tls.negotiated_cipher_suite().and_then(|suite| Suite::from_number(suite.suite().into()));
    suite.map_or_else(|| version.to_owned(), |suite| format!("{version}, {suite}"))
}

async fn say(connection: &mut Connection, reply: &str) -> Result<(), ReadError> {
    connection.write(format!("{reply}\r\n").as_bytes(), PATIENCE).await
}

fn verb(line: &str) -> String {
    line.split(' ').next().unwrap_or_default().to_ascii_uppercase()
}

fn path(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}
