//! The listeners: they accept connections, within limits, until the relay stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use waxseal_plugins::hooks::Direction;
use waxseal_plugins::table;
use waxseal_plugins::verdicts::EnhancedCode;

use super::admission::{Admission, TooMany};
use super::driver;
use super::facts::Peer;
use super::hooks::BundleHooks;
use super::milters;
use super::session::{Session, Settings};
use super::turned_away::Lines;
use crate::config::{Listener, ListenerMode};
use crate::observe::SessionId;
use crate::observe::trace::What;
use crate::relay::Services;
use crate::smtp::reply::Reply;
use crate::tls::ask::Asker;

/// How long to wait when the system gives no more sockets: those in use must end first.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// A bound listener.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    mode: ListenerMode,
}

impl Server {
    /// Binds a listener.
    ///
    /// # Errors
    ///
    /// The address is taken, or not ours.
    pub async fn bind(listener: &Listener) -> io::Result<Self> {
        let mode = listener.mode;
        let listener = TcpListener::bind(listener.address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, mode })
    }

    /// The bound address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts connections until the relay is stopping. Sessions run as tasks of the relay's
    /// tracker.
    pub async fn run(self, services: Arc<Services>) {
        let settings = Arc::new(Settings::of(&services.config));
        loop {
            let accepted = tokio::select! {
                biased;
                () = services.stopping.cancelled() => return,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((socket, client)) => self.admit(socket, client, &services, &settings),
                Err(error) if is_exhaustion(&error) => {
                    tracing::error!(%error, listener = %self.address, "no more connections can be accepted");
                    tokio::time::sleep(EXHAUSTED).await;
                }
                // The client was gone before it was accepted.
                Err(error) => tracing::debug!(%error, listener = %self.address, "accept failed"),
            }
        }
    }

    fn admit(
        &self,
        socket: TcpStream,
        client: SocketAddr,
        services: &Arc<Services>,
        settings: &Arc<Settings>,
    ) {
        let client = SocketAddr::new(client.ip().to_canonical(), client.port());
        match services.sessions.admit(client.ip(), &services.config.limits) {
            Ok(admission) => {
                let (services, settings, mode) = (Arc::clone(services), Arc::clone(settings), self.mode);
                let tasks = services.tasks.clone();
                tasks.spawn(serve(socket, (client, self.address), mode, services, settings, admission));
            }
            Err(too_many) => turn_away(&socket, client, self.mode, too_many),
        }
    }
}

/// Serves a client, with the bundle that is in force now.
async fn serve(
    socket: TcpStream,
    (client, bound): (SocketAddr, SocketAddr),
    mode: ListenerMode,
    services: Arc<Services>,
    settings: Arc<Settings>,
    _admission: Admission,
) {
    // Replies are small and the client waits for each.
    let _ = socket.set_nodelay(true);
    // Only where all addresses are listened on must the system say which it was.
    let listener = if bound.ip().is_unspecified() { socket.local_addr() } else { Ok(bound) };
    let Ok(listener) = listener else { return };
    let _counted = services.observer.metrics().session(Direction::Incoming);
    let bundle = services.live.current();
    let row = bundle.table().incoming(client.ip(), table::today());
    let peer = Peer::new(client, listener, mode, row);
    let asker = Asker { bundle, observer: services.observer.clone(), session: SessionId::next() };
    let milters = milters::chain(&services, &asker.session, &peer, listener);
    let teller = asker.teller(Direction::Incoming);
    teller.step(|| What::Connected { client, listener });
    let hooks = BundleHooks { asker, services, teller, lines: Lines::default() };
    let session = Session::open(hooks, milters, settings, peer).await;
    driver::serve(socket, session).await;
}

/// Says so without waiting for the client: what does not fit into the socket's buffer is lost. On
/// an implicit-TLS connection there is nothing that could be said.
fn turn_away(socket: &TcpStream, client: SocketAddr, mode: ListenerMode, too_many: TooMany) {
    tracing::info!(%client, reason = %too_many, "turned away");
    if mode == ListenerMode::StartTls {
        let reply = Reply::new(421, Some(EnhancedCode::new(4, 7, 0)), format!("{too_many}; try again later"));
        let _ = socket.try_write(reply.to_wire().as_bytes());
    }
}

/// Out of files or memory, by the errno of POSIX: ENOMEM, ENFILE, EMFILE.
fn is_exhaustion(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(12 | 23 | 24)) || error.kind() == io::ErrorKind::OutOfMemory
}
