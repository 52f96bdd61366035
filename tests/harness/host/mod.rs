//! Scripted receiving hosts: our stand-in for the world's mail servers.
//!
//! A host does what its [`Mode`] says at STARTTLS and what its [`Taking`] says to mail, and records
//! every session, so that a test can assert what crossed in clear and what did not.

mod record;
mod session;

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub use self::record::{Message, Session, TlsSeen};
use self::session::Recorder;
use crate::ca::Identity;
use crate::tls::{self, Versions};
use crate::wait;

/// What a host does about STARTTLS.
#[derive(Clone, Debug)]
pub enum Mode {
    /// It does not offer it.
    NoStartTls,
    /// It makes the handshake.
    Tls(Arc<ServerConfig>),
    /// It offers it, and answers `454 4.7.0` to it.
    Refuse454,
    /// It answers the ClientHello with text.
    GarbageAfter220,
    /// It closes the connection instead of the handshake.
    CloseAfter220,
    /// It says nothing more.
    SilentAfter220,
    /// It answers any ClientHello with the alert `protocol_version`, as a host does that has
    /// nothing newer than TLS 1.0.
    OnlyTls10,
    /// It glues a forged EHLO reply to the 220, then makes the handshake: what an attacker on the
    /// way does, hoping that it is read after the handshake.
    InjectRepliesAfter220(Arc<ServerConfig>),
    /// It closes the connection right after the handshake.
    CloseAfterHandshake(Arc<ServerConfig>),
}

impl Mode {
    /// A host that makes the handshake with this certificate.
    pub fn tls(identity: &Identity) -> Self {
        Self::Tls(tls::server(identity, Versions::Modern))
    }

    /// A host that has nothing newer than TLS 1.2.
    pub fn only_tls12(identity: &Identity) -> Self {
        Self::Tls(tls::server(identity, Versions::Only12))
    }

    /// A host whose 220 is followed by forged replies.
    pub fn inject(identity: &Identity) -> Self {
        Self::InjectRepliesAfter220(tls::server(identity, Versions::Modern))
    }
}

/// What a host does about mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Taking {
    /// It takes it.
    #[default]
    Accept,
    /// It knows no recipient whose local part begins with `unknown`: `550 5.1.1`.
    RejectUnknown,
    /// It says `451 4.3.0` to every recipient.
    Defer,
    /// It closes the connection in the middle of DATA.
    DropMidData,
    /// It takes one mail, and closes the connection.
    AcceptOne,
    /// It takes one mail a connection, and says `451 4.7.1` to every recipient after it.
    AcceptFirst,
    /// It takes it in chunks, and closes the connection instead of saying so.
    Unconfirmed,
    /// It takes it, and has no extension but STARTTLS.
    Plainly,
    /// It takes it, and needs 10 ms to confirm each.
    Slowly,
    /// It takes it, in chunks too (RFC 3030).
    Chunks,
    /// Likewise, and knows no `unknown`.
    ChunksForKnown,
    /// It says `421 4.3.2` to every sender, and closes the connection.
    TooBusy,
    /// It knows no `unknown`, and offers DSN (RFC 3461).
    WithDsn,
}

/// A receiving host on a loopback address. Dropped: gone, with its sessions.
#[derive(Debug)]
pub struct Host {
    /// Where it listens.
    pub address: SocketAddr,
    script: Arc<Mutex<(Mode, Taking)>>,
    sessions: watch::Receiver<Vec<Session>>,
    accepting: JoinHandle<()>,
}

impl Host {
    /// A host that takes all mail.
    pub async fn start(mode: Mode) -> Self {
        Self::start_at("127.0.0.1:0", mode, Taking::Accept).await
    }

    /// A host at an address of one's choice.
    pub async fn start_at(address: &str, mode: Mode, taking: Taking) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free loopback address");
        let address = listener.local_addr().expect("a bound address");
        let script = Arc::new(Mutex::new((mode, taking)));
        let (record, sessions) = watch::channel(Vec::new());
        let accepting = tokio::spawn(accept(listener, Arc::clone(&script), record));
        Self { address, script, sessions, accepting }
    }

    /// From the next connection on, it does otherwise.
    pub fn change(&self, mode: Mode, taking: Taking) {
        *self.script.lock().expect("no test thread has panicked with it") = (mode, taking);
    }

    /// The sessions so far.
    pub fn sessions(&self) -> Vec<Session> {
        self.sessions.borrow().clone()
    }

    /// The messages so far, in the order in which they were taken, over whatever connection.
    pub fn messages(&self) -> Vec<Message> {
        let sessions = self.sessions.borrow();
        let mut messages: Vec<_> = sessions.iter().flat_map(|session| session.messages.clone()).collect();
        messages.sort_by_key(|message| message.taken);
        messages
    }

    /// Awaits what `look` finds in the sessions.
    pub async fn until<T>(&self, awaited: impl Display, mut look: impl FnMut(&[Session]) -> Option<T>) -> T {
        let mut sessions = self.sessions.clone();
        let finding = async {
            loop {
                if let Some(found) = look(&sessions.borrow_and_update()) {
                    return found;
                }
                sessions.changed().await.expect("the host runs as long as the test holds it");
            }
        };
        wait::soon(awaited, finding).await
    }

    /// Awaits so many messages, and gives all there are.
    pub async fn messages_until(&self, count: usize) -> Vec<Message> {
        let awaited = format!("{count} messages at {}", self.address);
        self.until(awaited, |sessions| {
            (sessions.iter().map(|session| session.messages.len()).sum::<usize>() >= count).then_some(())
        })
        .await;
        self.messages()
    }

    /// Awaits a session, the so-many-th from 1, to have ended.
    pub async fn ended(&self, count: usize) -> Session {
        let awaited = format!("the end of session {count} at {}", self.address);
        self.until(awaited, |sessions| sessions.get(count - 1).filter(|session| session.ended).cloned()).await
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    script: Arc<Mutex<(Mode, Taking)>>,
    record: watch::Sender<Vec<Session>>,
) {
    let record = Arc::new(record);
    let mut running = JoinSet::new();
    while let Ok((socket, peer)) = listener.accept().await {
        // Replies are small, and several may go out one by one.
        socket.set_nodelay(true).expect("a socket that was just accepted");
        let (mode, taking) = script.lock().expect("no test thread has panicked with it").clone();
        let recorder = Recorder::begin(Arc::clone(&record), peer);
        running.spawn(session::serve(socket, mode, taking, recorder));
        while running.try_join_next().is_some() {}
    }
}
