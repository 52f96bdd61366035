//! One session of a host: the dialogue, and what becomes of STARTTLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ServerConfig;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::record::{Message, Session, TlsSeen};
use super::{Mode, Taking};
use crate::wire::Wire;

/// An alert record: fatal, protocol_version (RFC 5246 section 7.2), in the record version of a
/// host that has TLS 1.0.
const ALERT_PROTOCOL_VERSION: [u8; 7] = [21, 3, 1, 0, 2, 2, 70];

/// Writes into the record of one session.
pub(super) struct Recorder {
    record: Arc<watch::Sender<Vec<Session>>>,
    number: usize,
}

impl Recorder {
    pub(super) fn begin(record: Arc<watch::Sender<Vec<Session>>>, peer: SocketAddr) -> Self {
        let mut number = 0;
        record.send_modify(|sessions| {
            number = sessions.len();
            sessions.push(Session::begin(peer));
        });
        Self { record, number }
    }

    fn note(&self, change: impl FnOnce(&mut Session)) {
        self.record.send_modify(|sessions| change(&mut sessions[self.number]));
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.note(|session| session.ended = true);
    }
}

/// Serves one connection to its end. That a relay goes away in the middle is its right; the record
/// says how far it went.
pub(super) async fn serve(socket: TcpStream, mode: Mode, taking: Taking, recorder: Recorder) {
    let _ = dialogue(socket, &mode, taking, &recorder).await;
}

async fn dialogue(socket: TcpStream, mode: &Mode, taking: Taking, recorder: &Recorder) -> io::Result<()> {
    let mut wire = Wire::new(socket);
    wire.write("220 host.example ESMTP\r\n").await?;
    let offers_tls = !matches!(mode, Mode::NoStartTls);
    let mut talk = Talk {
        wire,
        recorder,
        taking,
        offers_tls,
        encrypted: false,
        envelope: Envelope::default(),
        taken: 0,
    };
    if let Ended::StartTls = talk.run(mode).await? {
        return start_tls(talk.wire, mode, taking, recorder).await;
    }
    talk.wire.into_parts().0.shutdown().await
}

async fn start_tls(mut wire: Wire, mode: &Mode, taking: Taking, recorder: &Recorder) -> io::Result<()> {
    let ready = "220 2.0.0 Ready to start TLS\r\n";
    match mode {
        Mode::Tls(config) => {
            wire.write(ready).await?;
            encrypted(wire, Arc::clone(config), taking, recorder).await
        }
        Mode::InjectRepliesAfter220(config) => {
            wire.write(format!("{ready}250-forged.example\r\n250 PIPELINING\r\n")).await?;
            encrypted(wire, Arc::clone(config), taking, recorder).await
        }
        Mode::CloseAfterHandshake(config) => {
            wire.write(ready).await?;
            handshake(wire, Arc::clone(config), recorder).await.map(drop)
        }
        Mode::OnlyTls10 => {
            wire.write(ready).await?;
            answer_hello(wire, &ALERT_PROTOCOL_VERSION, recorder).await
        }
        Mode::GarbageAfter220 => {
            wire.write(ready).await?;
            answer_hello(wire, b"500 5.5.1 What was that?\r\n", recorder).await
        }
        Mode::SilentAfter220 => {
            wire.write(ready).await?;
            record_rest(wire, recorder).await
        }
        Mode::CloseAfter220 => wire.write(ready).await,
        Mode::NoStartTls | Mode::Refuse454 => unreachable!("the dialogue answers STARTTLS itself"),
    }
}

async fn answer_hello(mut wire: Wire, answer: &[u8], recorder: &Recorder) -> io::Result<()> {
    let hello = wire.chunk().await?;
    recorder.note(|session| session.clear.extend_from_slice(&hello));
    wire.write(answer).await?;
    record_rest(wire, recorder).await
}

/// Whatever still arrives was sent in clear.
async fn record_rest(mut wire: Wire, recorder: &Recorder) -> io::Result<()> {
    loop {
        let chunk = wire.chunk().await?;
        if chunk.is_empty() {
            return Ok(());
        }
        recorder.note(|session| session.clear.extend_from_slice(&chunk));
    }
}

async fn encrypted(
    wire: Wire,
    config: Arc<ServerConfig>,
    taking: Taking,
    recorder: &Recorder,
) -> io::Result<()> {
    let wire = handshake(wire, config, recorder).await?;
    let mut talk = Talk {
        wire,
        recorder,
        taking,
        offers_tls: false,
        encrypted: true,
        envelope: Envelope::default(),
        taken: 0,
    };
    talk.run(&Mode::NoStartTls).await?;
    talk.wire.into_parts().0.shutdown().await
}

async fn handshake(wire: Wire, config: Arc<ServerConfig>, recorder: &Recorder) -> io::Result<Wire> {
    let (io, ahead) = wire.into_parts();
    recorder.note(|session| session.clear.extend_from_slice(&ahead));
    let stream = TlsAcceptor::from(config).accept(io).await?;
    let seen = TlsSeen::of(stream.get_ref().1);
    recorder.note(|session| session.tls = Some(seen));
    Ok(Wire::new(stream))
}

/// How a dialogue ended.
enum Ended {
    Closed,
    StartTls,
}

/// A dialogue over one stream: nothing of it outlives a handshake.
struct Talk<'a> {
    wire: Wire,
    recorder: &'a Recorder,
    taking: Taking,
    offers_tls: bool,
    encrypted: bool,
    envelope: Envelope,
    /// The messages that were taken.
    taken: usize,
}

#[derive(Default)]
struct Envelope {
    sender: String,
    recipients: Vec<String>,
    /// What came in chunks so far.
    content: Vec<u8>,
}

impl Talk<'_> {
    async fn run(&mut self, mode: &Mode) -> io::Result<Ended> {
        loop {
            let line = self.read().await?;
            let command = String::from_utf8_lossy(&line).trim_end().to_owned();
            self.recorder.note(|session| session.commands.push(command.clone()));
            let verb = command.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "" if line.is_empty() => return Ok(Ended::Closed),
                "STARTTLS" if self.offers_tls && !matches!(mode, Mode::Refuse454) => {
                    return Ok(Ended::StartTls);
                }
                "DATA" if self.taking == Taking::DropMidData => return self.drop_mid_data().await,
                "DATA" => {
                    self.data().await?;
                    if self.taking == Taking::AcceptOne {
                        return Ok(Ended::Closed);
                    }
                }
                "BDAT" if self.takes_chunks() => {
                    self.chunk(&command).await?;
                    if self.taking == Taking::Unconfirmed {
                        return Ok(Ended::Closed);
                    }
                }
                "MAIL" if self.taking == Taking::TooBusy => {
                    self.wire.write("421 4.3.2 Too many messages\r\n").await?;
                    return Ok(Ended::Closed);
                }
                "QUIT" => {
                    self.wire.write("221 2.0.0 Bye\r\n").await?;
                    return Ok(Ended::Closed);
                }
                _ => {
                    let reply = self.reply(&verb, &command);
                    self.wire.write(reply).await?;
                }
            }
        }
    }

    fn takes_chunks(&self) -> bool {
        matches!(self.taking, Taking::Chunks | Taking::ChunksForKnown | Taking::Unconfirmed)
    }

    fn reply(&mut self, verb: &str, command: &str) -> &'static str {
        match verb {
            "EHLO" if self.takes_chunks() => {
                "250-host.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 CHUNKING\r\n"
            }
            "EHLO" if self.taking == Taking::Plainly && self.offers_tls => {
                "250-host.example\r\n250 STARTTLS\r\n"
            }
            "EHLO" if self.taking == Taking::Plainly => "250 host.example\r\n",
            "EHLO" if self.taking == Taking::WithDsn => {
                "250-host.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 DSN\r\n"
            }
            "EHLO" if self.offers_tls => {
                "250-host.example\r\n250-PIPELINING\r\n250-SIZE 100000000\r\n250-8BITMIME\r\n250-STARTTLS\r\n250 ENHANCEDSTATUSCODES\r\n"
            }
            "EHLO" => {
                "250-host.example\r\n250-PIPELINING\r\n250-SIZE 100000000\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
            }
            "STARTTLS" if self.offers_tls => "454 4.7.0 TLS is not available for a while\r\n",
            "MAIL" => {
                self.envelope = Envelope { sender: path(command), ..Envelope::default() };
                "250 2.1.0 Sender ok\r\n"
            }
            "RCPT" => self.recipient(path(command)),
            "HELO" | "RSET" | "NOOP" => "250 2.0.0 Ok\r\n",
            _ => "502 5.5.1 Not known here\r\n",
        }
    }

    fn recipient(&mut self, recipient: String) -> &'static str {
        match self.taking {
            Taking::Defer => return "451 4.3.0 Come back later\r\n",
            Taking::AcceptFirst if self.taken > 0 => return "451 4.7.1 Come back later\r\n",
            Taking::RejectUnknown | Taking::WithDsn | Taking::ChunksForKnown
                if recipient.starts_with("unknown") =>
            {
                return "550 5.1.1 No such user here\r\n";
            }
            _ => self.envelope.recipients.push(recipient),
        }
        "250 2.1.5 Recipient ok\r\n"
    }

    async fn data(&mut self) -> io::Result<()> {
        if self.envelope.recipients.is_empty() {
            return self.wire.write("554 5.5.1 No recipients\r\n").await;
        }
        self.wire.write("354 Go on\r\n").await?;
        let mut content = Vec::new();
        loop {
            let line = self.read().await?;
            match line.as_slice() {
                [] => return Ok(()),
                b".\r\n" => break,
                [b'.', rest @ ..] => content.extend_from_slice(rest),
                line => content.extend_from_slice(line),
            }
        }
        self.take(content).await
    }

    /// A chunk, `BDAT 86 LAST`: its octets follow whatever is said to it.
    async fn chunk(&mut self, command: &str) -> io::Result<()> {
        let size = command.split(' ').nth(1).and_then(|size| size.parse().ok()).unwrap_or_default();
        let chunk = self.wire.octets(size).await?;
        if self.envelope.recipients.is_empty() {
            return self.wire.write("503 5.5.1 No recipients\r\n").await;
        }
        self.envelope.content.extend_from_slice(&chunk);
        if command.to_ascii_uppercase().ends_with(" LAST") {
            let content = std::mem::take(&mut self.envelope.content);
            return self.take(content).await;
        }
        self.wire.write("250 2.0.0 Go on\r\n").await
    }

    async fn take(&mut self, content: Vec<u8>) -> io::Result<()> {
        let Envelope { sender, recipients, .. } = std::mem::take(&mut self.envelope);
        self.taken += 1;
        let (encrypted, taken) = (self.encrypted, Instant::now());
        let message = Message { sender, recipients, content, encrypted, taken };
        self.recorder.note(|session| session.messages.push(message));
        if self.taking == Taking::Slowly {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if self.taking == Taking::Unconfirmed {
            return Ok(());
        }
        self.wire.write("250 2.0.0 Taken\r\n").await
    }

    async fn drop_mid_data(&mut self) -> io::Result<Ended> {
        self.wire.write("354 Go on\r\n").await?;
        self.read().await?;
        Ok(Ended::Closed)
    }

    async fn read(&mut self) -> io::Result<Vec<u8>> {
        let line = self.wire.line().await?;
        if !self.encrypted {
            self.recorder.note(|session| session.clear.extend_from_slice(&line));
        }
        Ok(line)
    }
}

/// What stands between the angle brackets of MAIL FROM and RCPT TO.
fn path(command: &str) -> String {
    let inside = command.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(path, _)| path.to_owned())
}
