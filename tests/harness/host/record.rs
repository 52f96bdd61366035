//! What a host has seen.

use std::net::SocketAddr;
use std::time::Instant;

use rustls::pki_types::CertificateDer;
use rustls::{HandshakeKind, ProtocolVersion, ServerConnection};

/// A session, as the host saw it.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who connected.
    pub peer: SocketAddr,
    /// Every octet that arrived in clear, before, without or instead of a handshake.
    pub clear: Vec<u8>,
    /// The commands, in clear and inside TLS.
    pub commands: Vec<String>,
    /// What the handshake came to, if one was finished.
    pub tls: Option<TlsSeen>,
    /// The messages that were taken.
    pub messages: Vec<Message>,
    /// Whether the connection is closed.
    pub ended: bool,
}

/// A finished handshake.
#[derive(Clone, Debug)]
pub struct TlsSeen {
    /// The version.
    pub version: Option<ProtocolVersion>,
    /// The name that the client asked for (SNI).
    pub server_name: Option<String>,
    /// The client's chain, leaf first.
    pub client_chain: Vec<CertificateDer<'static>>,
    /// Whether the TLS session was resumed.
    pub resumed: bool,
}

/// A message that a host took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The reverse-path, without its brackets.
    pub sender: String,
    /// The forward-paths, without their brackets.
    pub recipients: Vec<String>,
    /// Header and body, dots removed (RFC 5321 section 4.5.2).
    pub content: Vec<u8>,
    /// Whether it came inside TLS.
    pub encrypted: bool,
    /// When it was taken.
    pub taken: Instant,
}

impl Session {
    /// Whether anything of a mail arrived in clear: an envelope, or what follows it.
    pub fn saw_mail_in_clear(&self) -> bool {
        let clear = String::from_utf8_lossy(&self.clear).to_ascii_uppercase();
        ["MAIL FROM", "RCPT TO", "\nDATA", "SUBJECT:"].iter().any(|word| clear.contains(word))
    }

    /// Whether a command was given, in clear or inside TLS.
    pub fn was_told(&self, verb: &str) -> bool {
        self.commands.iter().any(|command| command.to_ascii_uppercase().starts_with(verb))
    }

    pub(super) fn begin(peer: SocketAddr) -> Self {
        Self { peer, clear: Vec::new(), commands: Vec::new(), tls: None, messages: Vec::new(), ended: false }
    }
}

impl TlsSeen {
    pub(super) fn of(connection: &ServerConnection) -> Self {
        let client_chain = connection.peer_certificates().unwrap_or_default();
        Self {
            version: connection.protocol_version(),
            server_name: connection.server_name().map(str::to_owned),
            client_chain: client_chain.iter().map(|certificate| certificate.clone().into_owned()).collect(),
            resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }
}

impl Message {
    /// Header and body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.content).into_owned()
    }
}
