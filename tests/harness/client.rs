//! A scripted sending client.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, HandshakeKind, ProtocolVersion};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;

use crate::wait::soon;
use crate::wire::Wire;

/// A connection to the relay under test. A closed connection reads as the reply [`Reply::GONE`].
pub struct Client {
    wire: Wire,
    /// The greeting.
    pub greeting: Reply,
    /// What the handshake came to.
    pub tls: Option<Negotiated>,
}

/// What a handshake negotiated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// The chain that the relay presented, leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The version.
    pub version: Option<ProtocolVersion>,
    /// Whether the TLS session was resumed.
    pub resumed: bool,
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The code; 0 for a connection that was closed instead.
    pub code: u16,
    /// The lines of text, without the code.
    pub lines: Vec<String>,
}

impl Client {
    /// Connects, and reads the greeting.
    pub async fn connect(relay: SocketAddr) -> Self {
        Self::connect_from(IpAddr::from([127, 0, 0, 1]), relay).await
    }

    /// Connects from a loopback address of one's choice.
    pub async fn connect_from(source: IpAddr, relay: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::new(source, 0)).expect("a loopback address");
        let stream = socket.connect(relay).await.expect("the relay listens");
        stream.set_nodelay(true).expect("a connected socket");
        Self::greeted(Wire::new(stream), None).await
    }

    /// Connects to a listener that speaks TLS from the first byte.
    ///
    /// # Errors
    ///
    /// The handshake failed.
    pub async fn connect_implicit(relay: SocketAddr, config: &Arc<ClientConfig>) -> io::Result<Self> {
        let stream = TcpStream::connect(relay).await?;
        let (wire, negotiated) = handshake(Wire::new(stream), config).await?;
        Ok(Self::greeted(wire, Some(negotiated)).await)
    }

    /// Connects, says EHLO, and makes the handshake if there is a configuration for it.
    ///
    /// # Errors
    ///
    /// The handshake failed.
    pub async fn ready(
        source: IpAddr,
        relay: SocketAddr,
        config: Option<&Arc<ClientConfig>>,
    ) -> io::Result<Self> {
        let mut client = Self::connect_from(source, relay).await;
        client.ehlo().await;
        let Some(config) = config else { return Ok(client) };
        let mut client = client.start_tls(config).await?;
        client.ehlo().await;
        Ok(client)
    }

    async fn greeted(mut wire: Wire, tls: Option<Negotiated>) -> Self {
        let greeting = soon("a greeting", read_reply(&mut wire)).await;
        Self { wire, greeting, tls }
    }

    /// Sends octets as they are.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // The relay may have closed the connection already: the next reply then says so.
        let _ = self.wire.write(bytes).await;
    }

    /// Reads one reply.
    pub async fn reply(&mut self) -> Reply {
        soon("a reply", read_reply(&mut self.wire)).await
    }

    /// Reads all that still comes, until the relay closes the connection.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let reading = async {
            while let Ok(chunk) = self.wire.chunk().await {
                if chunk.is_empty() {
                    break;
                }
                rest.extend_from_slice(&chunk);
            }
        };
        soon("the end of the connection", reading).await;
        rest
    }

    /// Sends a command, and reads its reply.
    pub async fn say(&mut self, command: &str) -> Reply {
        self.send(format!("{command}\r\n")).await;
        self.reply().await
    }

    /// Says EHLO.
    pub async fn ehlo(&mut self) -> Reply {
        self.say("EHLO client.example").await
    }

    /// Says STARTTLS, and makes the handshake.
    ///
    /// # Errors
    ///
    /// The handshake failed.
    ///
    /// # Panics
    ///
    /// Where the relay does not say 220.
    pub async fn start_tls(mut self, config: &Arc<ClientConfig>) -> io::Result<Self> {
        let reply = self.say("STARTTLS").await;
        assert_eq!(reply.code, 220, "to STARTTLS the relay said {reply}");
        self.handshake(config).await
    }

    /// Makes the handshake, after a 220 to STARTTLS.
    ///
    /// # Errors
    ///
    /// The handshake failed.
    pub async fn handshake(self, config: &Arc<ClientConfig>) -> io::Result<Self> {
        let (wire, negotiated) = handshake(self.wire, config).await?;
        Ok(Self { wire, greeting: self.greeting, tls: Some(negotiated) })
    }

    /// Sends a message as one transaction, and gives the first reply that is no success, else that
    /// to the final dot. The content's lines end with CRLF.
    pub async fn mail(&mut self, sender: &str, recipients: &[&str], content: &str) -> Reply {
        let reply = self.envelope(sender, recipients).await;
        if reply.code != 354 {
            return reply;
        }
        self.send(content.replace("\r\n.", "\r\n..")).await;
        self.say(if content.ends_with("\r\n") { "." } else { "\r\n." }).await
    }

    /// Begins a transaction up to DATA, and gives the reply to it, or the first that is no success.
    pub async fn envelope(&mut self, sender: &str, recipients: &[&str]) -> Reply {
        let mut reply = self.say(&format!("MAIL FROM:<{sender}>")).await;
        for recipient in recipients {
            if reply.code != 250 {
                return reply;
            }
            reply = self.say(&format!("RCPT TO:<{recipient}>")).await;
        }
        if reply.code == 250 { self.say("DATA").await } else { reply }
    }
}

impl Reply {
    /// What a closed connection reads as.
    pub const GONE: Self = Self { code: 0, lines: Vec::new() };

    /// The text in one line.
    pub fn text(&self) -> String {
        self.lines.join(" ")
    }

    /// Code and enhanced code, as in `530 5.7.0`; the code alone where there is no enhanced one.
    pub fn codes(&self) -> String {
        let enhanced = self.lines.first().and_then(|line| line.split(' ').next()).filter(|word| {
            word.split('.').count() == 3 && word.chars().all(|char| char.is_ascii_digit() || char == '.')
        });
        enhanced.map_or_else(|| self.code.to_string(), |enhanced| format!("{} {enhanced}", self.code))
    }

    /// Whether an EHLO reply offers an extension.
    pub fn offers(&self, keyword: &str) -> bool {
        self.lines.iter().skip(1).any(|line| line.split(' ').next() == Some(keyword))
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text())
    }
}

/// A small message with this subject.
pub fn message(subject: &str) -> String {
    format!("From: <sender@client.example>\r\nSubject: {subject}\r\n\r\nSealed with wax.\r\n")
}

async fn handshake(wire: Wire, config: &Arc<ClientConfig>) -> io::Result<(Wire, Negotiated)> {
    let (io, ahead) = wire.into_parts();
    assert!(ahead.is_empty(), "the relay said something ahead of the handshake: {ahead:?}");
    let name = ServerName::try_from("relay.example").expect("a name");
    let connector = TlsConnector::from(Arc::clone(config));
    let stream = soon("a handshake", connector.connect(name, io)).await?;
    let connection = stream.get_ref().1;
    let chain = connection.peer_certificates().unwrap_or_default();
    let negotiated = Negotiated {
        chain: chain.iter().map(|certificate| certificate.clone().into_owned()).collect(),
        version: connection.protocol_version(),
        resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
    };
    Ok((Wire::new(stream), negotiated))
}

async fn read_reply(wire: &mut Wire) -> Reply {
    let mut lines = Vec::new();
    loop {
        let Ok(line) = wire.line().await else { return Reply::GONE };
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let Some((code, rest)) = line.split_at_checked(3) else { return Reply::GONE };
        let code = code.parse().unwrap_or_else(|_| panic!("`{line}` is no reply"));
        lines.push(rest.get(1..).unwrap_or_default().to_owned());
        if !rest.starts_with('-') {
            return Reply { code, lines };
        }
    }
}
