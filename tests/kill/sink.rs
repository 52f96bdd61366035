//! A host that writes into the ledger what it has taken, before it says so.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use waxseal_tests::wait::soon;
use waxseal_tests::wire::Wire;

use super::ledger::{Ledger, Word};

/// What it says to a mail that it has taken.
pub(super) const TAKEN: &str = "250 2.0.0 Taken\r\n";

/// How a host takes mail.
#[derive(Clone)]
pub(super) struct Manner {
    /// The domain whose host it is.
    pub(super) domain: &'static str,
    /// It offers STARTTLS.
    pub(super) tls: Option<Arc<ServerConfig>>,
    /// Its further extensions, as in `&["PIPELINING"]`.
    pub(super) extensions: &'static [&'static str],
    pub(super) dies: Dies,
}

/// When a host is gone amid its word on a mail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dies {
    Never,
    /// At each of the first so many that it takes: after none of its octets, then after one, and so on.
    First(usize),
    /// Each time that it has taken so many, likewise.
    Every(usize),
}

impl Dies {
    /// After how many octets of its word on this mail, the so-many-th from 0, it is gone.
    fn at(self, number: usize) -> Option<usize> {
        match self {
            Self::First(count) if number < count => Some(number % TAKEN.len()),
            Self::Every(count) if number % count == count - 1 => Some(number / count % TAKEN.len()),
            _ => None,
        }
    }
}

/// Listens until it is dropped.
pub(super) struct Sink {
    pub(super) address: SocketAddr,
    open: watch::Receiver<usize>,
    accepting: JoinHandle<()>,
}

struct Shared {
    manner: Manner,
    ledger: Ledger,
    taken: AtomicUsize,
    open: watch::Sender<usize>,
}

impl Sink {
    pub(super) async fn start(manner: Manner, ledger: Ledger) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free loopback address");
        let address = listener.local_addr().expect("a bound address");
        let (sender, open) = watch::channel(0);
        let shared = Arc::new(Shared { manner, ledger, taken: AtomicUsize::new(0), open: sender });
        Self { address, open, accepting: tokio::spawn(accept(listener, shared)) }
    }

    /// Awaits all sessions to have ended, so that nothing more comes of a relay that was killed.
    pub(super) async fn quiet(&self) {
        let mut open = self.open.clone();
        let ended = open.wait_for(|open| *open == 0);
        soon("the end of all sessions", ended).await.expect("the host runs as long as the test holds it");
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A session that is counted as long as it is open.
struct Open<'a>(&'a watch::Sender<usize>);

impl<'a> Open<'a> {
    fn count(open: &'a watch::Sender<usize>) -> Self {
        open.send_modify(|open| *open += 1);
        Self(open)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut sessions = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        sessions.spawn(async move {
            let _open = Open::count(&shared.open);
            socket.set_nodelay(true).expect("a socket that was just accepted");
            // That a relay goes away in the middle is what these tests are about.
            let _ = serve(socket, &shared).await;
        });
        while sessions.try_join_next().is_some() {}
    }
}

async fn serve(socket: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut talk = Talk { wire: Wire::new(socket), tls: shared.manner.tls.clone(), content: vec![], shared };
    talk.wire.write("220 host.example ESMTP\r\n").await?;
    loop {
        match talk.command().await? {
            Next::Command => {}
            Next::Handshake(config) => {
                let (io, _) = talk.wire.into_parts();
                let wire = Wire::new(TlsAcceptor::from(config).accept(io).await?);
                talk = Talk { wire, tls: None, content: vec![], shared };
            }
            Next::End => return Ok(()),
        }
    }
}

/// What follows a command.
enum Next {
    Command,
    Handshake(Arc<ServerConfig>),
    End,
}

struct Talk<'a> {
    wire: Wire,
    /// What is left to offer.
    tls: Option<Arc<ServerConfig>>,
    /// What came of a mail so far.
    content: Vec<u8>,
    shared: &'a Shared,
}

impl Talk<'_> {
    async fn command(&mut self) -> io::Result<Next> {
        let line = String::from_utf8_lossy(&self.wire.line().await?).into_owned();
        let mut words = line.split_whitespace();
        match words.next() {
            None | Some("QUIT") => return Ok(Next::End),
            Some("STARTTLS") => {
                self.wire.write("220 2.0.0 Go ahead\r\n").await?;
                return Ok(self.tls.take().map_or(Next::End, Next::Handshake));
            }
            Some("EHLO") => self.wire.write(self.hello()).await?,
            Some("RCPT") if line.contains("<unknown") => self.wire.write("550 5.1.1 Nobody here\r\n").await?,
            Some("DATA") => return self.data().await,
            Some("BDAT") => {
                let size = words.next().and_then(|size| size.parse().ok()).expect("a chunk's size");
                self.content.extend(self.wire.octets(size).await?);
                match words.next() {
                    Some(_) => return self.take().await,
                    None => self.wire.write("250 2.0.0 Go on\r\n").await?,
                }
            }
            Some(_) => {
                self.content.clear();
                self.wire.write("250 2.0.0 Ok\r\n").await?;
            }
        }
        Ok(Next::Command)
    }

    fn hello(&self) -> String {
        let starttls = self.tls.is_some().then_some("STARTTLS");
        let extensions = self.shared.manner.extensions.iter().copied().chain(starttls);
        let lines: String = extensions.map(|extension| format!("250-{extension}\r\n")).collect();
        format!("250-host.example\r\n{lines}250 8BITMIME\r\n")
    }

    async fn data(&mut self) -> io::Result<Next> {
        self.wire.write("354 Go on\r\n").await?;
        loop {
            let line = self.wire.line().await?;
            match line.as_slice() {
                [] => return Ok(Next::End),
                b".\r\n" => return self.take().await,
                [b'.', rest @ ..] => self.content.extend_from_slice(rest),
                line => self.content.extend_from_slice(line),
            }
        }
    }

    /// It has the mail, whatever becomes of its word.
    async fn take(&mut self) -> io::Result<Next> {
        let Shared { manner, ledger, taken, .. } = self.shared;
        let content = String::from_utf8(std::mem::take(&mut self.content)).expect("mail in ASCII");
        let number = taken.fetch_add(1, Ordering::Relaxed);
        let Some(said) = manner.dies.at(number) else {
            ledger.taken(manner.domain, &content, Word::Whole);
            self.wire.write(TAKEN).await?;
            return Ok(Next::Command);
        };
        ledger.taken(manner.domain, &content, Word::Cut);
        self.wire.write(&TAKEN[..said]).await?;
        Ok(Next::End)
    }
}
