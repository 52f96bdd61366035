//! A client that hands mail to the relay.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, TlsStream};

use super::certificates::RELAY;
use super::mails::{Handover, Mail};
use crate::net::{Connection, Stream};

const PATIENCE: Duration = Duration::from_secs(20);

/// RFC 5321 section 4.5.3.1.5 allows 512; enhanced codes and long reasons need more room.
const LINE: usize = 2048;

/// The client.
#[derive(Clone)]
pub(super) struct Sender {
    relay: SocketAddr,
    tls: TlsConnector,
}

/// What the relay said to a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It took responsibility.
    Taken,
    /// Its last reply, no 2xx or 3xx.
    Refused(String),
}

impl Sender {
    pub(super) fn new(relay: SocketAddr, tls: Arc<ClientConfig>) -> Self {
        Self { relay, tls: TlsConnector::from(tls) }
    }

    /// Hands over a mail.
    pub(super) async fn send(&self, mail: &Mail) -> anyhow::Result<Answer> {
        let socket = TcpStream::connect(self.relay).await.context("the relay does not answer")?;
        let mut connection = Connection::new(Stream::Clear(socket));
        let mut answer = reply(&mut connection).await?;
        let hello = "EHLO client.demo.example";
        if mail.by == Handover::StartTls {
            for command in [hello, "STARTTLS"] {
                answer = answer.or_send(&mut connection, command).await?;
            }
            if answer == Answer::Taken {
                connection = self.start_tls(connection).await?;
            }
        }
        let envelope =
            [hello.to_owned(), format!("MAIL FROM:<{}>", mail.from), format!("RCPT TO:<{}>", mail.to)];
        for command in envelope.iter().map(String::as_str).chain(["DATA"]) {
            answer = answer.or_send(&mut connection, command).await?;
        }
        answer = answer.or_send(&mut connection, &format!("{}.", mail.message())).await?;
        // The mail is decided: how the session ends changes nothing.
        let _ = connection.write(b"QUIT\r\n", PATIENCE).await;
        connection.close().await;
        Ok(answer)
    }

    async fn start_tls(&self, connection: Connection) -> anyhow::Result<Connection> {
        let socket = connection.into_clear()?;
        let stream = self.tls.connect(ServerName::try_from(RELAY)?, socket).await;
        let stream = stream.context("the handshake with the relay failed")?;
        Ok(Connection::new(Stream::Tls(Box::new(TlsStream::Client(stream)))))
    }
}

impl Answer {
    /// Sends the next line, unless a reply has ended the mail already.
    async fn or_send(self, connection: &mut Connection, line: &str) -> anyhow::Result<Self> {
        if self != Self::Taken {
            return Ok(self);
        }
        connection.write(format!("{line}\r\n").as_bytes(), PATIENCE).await?;
        reply(connection).await
    }
}

/// Reads a reply to its last line.
async fn reply(connection: &mut Connection) -> anyhow::Result<Answer> {
    loop {
        let line = connection.read_line(LINE, PATIENCE).await.context("reading the relay's reply")?;
        let line = String::from_utf8_lossy(&line).into_owned();
        match (line.as_bytes().first(), line.as_bytes().get(3)) {
            (_, Some(b'-')) => {}
            (Some(b'2' | b'3'), _) => return Ok(Answer::Taken),
            (Some(b'4' | b'5'), _) => return Ok(Answer::Refused(line)),
            _ => return Err(anyhow!("the relay said `{line}`, which is no SMTP reply")),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::cli::demo::certificates::Certificates;
    use crate::cli::demo::host::{Arrival, Host};
    use crate::cli::demo::mails::MAILS;

    /// The sender and the host speak the same protocol, with no relay between them.
    #[tokio::test]
    async fn a_mail_arrives_as_it_was_sent() {
        let certificates = Certificates::make().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sender = Sender::new(listener.local_addr().unwrap(), certificates.sender().unwrap());
        let (host, mut arrivals) = Host::new(certificates.host_named(RELAY).unwrap());
        tokio::spawn(host.serve(listener));
        for mail in MAILS {
            assert_eq!(sender.send(&mail).await.unwrap(), Answer::Taken);
            let Arrival { to, tls } = arrivals.recv().await.unwrap();
            assert_eq!(to, mail.to);
            assert_eq!(tls.is_some(), mail.by == Handover::StartTls);
        }
    }

    #[tokio::test]
    async fn a_refusal_is_handed_back() {
        let certificates = Certificates::make().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sender = Sender::new(listener.local_addr().unwrap(), certificates.sender().unwrap());
        let (host, _arrivals) = Host::new(certificates.host().unwrap());
        tokio::spawn(host.without_tls().serve(listener));
        let over_tls = MAILS.iter().find(|mail| mail.by == Handover::StartTls).unwrap();
        let Answer::Refused(reply) = sender.send(over_tls).await.unwrap() else { panic!("it was taken") };
        assert!(reply.starts_with("502 "), "{reply}");
    }
}
