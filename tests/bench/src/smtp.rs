//! The client's side of a session: no more of SMTP than a generator needs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context as _, bail, ensure};
use clap::ValueEnum;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::letter::Letter;
use crate::tls;

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Security {
    /// It is not.
    Clear,
    /// STARTTLS.
    Starttls,
    /// TLS from the first octet.
    Implicit,
}

/// Where sessions go, and how.
#[derive(Clone)]
pub(crate) struct Target {
    address: SocketAddr,
    security: Security,
    config: Arc<ClientConfig>,
}

/// A session, ready for mail.
pub(crate) struct Session {
    stream: BufReader<Box<dyn Io>>,
    line: Vec<u8>,
    pipelining: bool,
}

pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

impl Target {
    /// Sessions at this address.
    pub(crate) fn new(address: SocketAddr, security: Security) -> anyhow::Result<Self> {
        Ok(Self { address, security, config: tls::client()? })
    }

    /// Opens a session: greeting, EHLO, and TLS if it is to be.
    pub(crate) async fn open(&self) -> anyhow::Result<Session> {
        let mut session = self.greet().await?;
        session.hello().await?;
        if self.security == Security::Starttls {
            session.ask("STARTTLS\r\n").await.context("STARTTLS")?;
            session.stream = BufReader::new(self.handshake(session.stream.into_inner()).await?);
            session.hello().await?;
        }
        Ok(session)
    }

    /// Opens a connection and reads the greeting.
    pub(crate) async fn greet(&self) -> anyhow::Result<Session> {
        let socket = TcpStream::connect(self.address).await?;
        socket.set_nodelay(true)?;
        let stream: Box<dyn Io> = match self.security {
            Security::Implicit => self.handshake(Box::new(socket)).await?,
            Security::Clear | Security::Starttls => Box::new(socket),
        };
        let mut session = Session { stream: BufReader::new(stream), line: Vec::new(), pipelining: false };
        session.reply().await.context("the greeting")?;
        Ok(session)
    }

    async fn handshake(&self, stream: Box<dyn Io>) -> anyhow::Result<Box<dyn Io>> {
        let name = ServerName::try_from(tls::NAME)?;
        let encrypted = TlsConnector::from(Arc::clone(&self.config)).connect(name, stream).await;
        Ok(Box::new(encrypted.context("the handshake")?))
    }
}

impl Session {
    /// Sends a letter; its reply is the acceptance. Sent, as the letter says, at this time.
    pub(crate) async fn send(&mut self, letter: &Letter, sent: SystemTime) -> anyhow::Result<()> {
        let envelope = letter.envelope();
        if self.pipelining {
            self.write(&envelope.concat()).await?;
            for _ in &envelope {
                self.reply().await?;
            }
        } else {
            for command in &envelope {
                self.ask(command).await?;
            }
        }
        self.ask(&letter.content(sent)).await?;
        Ok(())
    }

    /// Says goodbye.
    pub(crate) async fn quit(mut self) -> anyhow::Result<()> {
        self.ask("QUIT\r\n").await?;
        Ok(())
    }

    async fn hello(&mut self) -> anyhow::Result<()> {
        self.write("EHLO bench.example\r\n").await?;
        self.pipelining = false;
        while !self.read_line().await? {
            self.pipelining |= self.line.get(4..).is_some_and(|rest| rest.starts_with(b"PIPELINING"));
        }
        self.pipelining |= self.line.get(4..).is_some_and(|rest| rest.starts_with(b"PIPELINING"));
        Ok(())
    }

    async fn ask(&mut self, command: &str) -> anyhow::Result<()> {
        self.write(command).await?;
        self.reply().await
    }

    async fn write(&mut self, text: &str) -> anyhow::Result<()> {
        self.stream.write_all(text.as_bytes()).await?;
        Ok(self.stream.flush().await?)
    }

    async fn reply(&mut self) -> anyhow::Result<()> {
        while !self.read_line().await? {}
        let said = String::from_utf8_lossy(&self.line);
        ensure!(said.starts_with(['2', '3']), "the server said: {}", said.trim_end());
        Ok(())
    }

    /// Reads a line; whether it is a reply's last.
    async fn read_line(&mut self) -> anyhow::Result<bool> {
        self.line.clear();
        if self.stream.read_until(b'\n', &mut self.line).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(self.line.get(3) != Some(&b'-'))
    }
}
