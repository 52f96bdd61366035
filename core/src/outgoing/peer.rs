//! A host for the tests: it plays a script, and remembers what it heard.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use waxseal_plugins::facts::Row;
use waxseal_plugins::hooks::Direction;
use waxseal_plugins::verdicts::Floor;

use super::facts;
use super::hosts::{Endpoint, FoundBy};
use super::session::{Session, connect, depart, greet};
use super::way::USUAL;
use crate::config::{Allowance, Config, Delivery, Timeouts};
use crate::observe::trace::Teller;
use crate::observe::{Observer, SessionId};

/// What the host does on one connection: it waits for a line that begins so, then says something.
///
/// An empty wait is none; `END` takes all up to the line `end`; `>` takes data up to the final dot; `TLS` makes a handshake; `OCTETS` takes
/// anything. After the last step it closes.
pub(super) type Script = Vec<(&'static str, &'static str)>;

/// A host that plays.
pub(super) struct Peer {
    /// Where it is.
    pub endpoint: Endpoint,
    heard: JoinHandle<Vec<Vec<String>>>,
}

impl Peer {
    /// Plays a script on each connection, one after the other.
    pub(super) async fn playing(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = tokio::spawn(async move {
            let mut heard = vec![];
            for script in scripts {
                heard.push(play(listener.accept().await.unwrap().0, script).await);
            }
            heard
        });
        let endpoint = Endpoint { name: "mx.example.org".to_owned(), address, found_by: FoundBy::Route };
        Self { endpoint, heard }
    }

    /// What it heard, a list of lines for each connection. All scripts must be played to the end,
    /// or their connections closed.
    pub(super) async fn heard(self) -> Vec<Vec<String>> {
        tokio::time::timeout(Duration::from_secs(20), self.heard)
            .await
            .expect("a connection is missing")
            .unwrap()
    }

    /// Whether it waits for a further connection.
    pub(super) fn is_waiting(&self) -> bool {
        !self.heard.is_finished()
    }
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

async fn play(socket: TcpStream, script: Script) -> Vec<String> {
    let mut socket: BufReader<Box<dyn Io>> = BufReader::new(Box::new(socket));
    let mut heard = vec![];
    for (awaited, reply) in script {
        if awaited == "TLS" {
            match TlsAcceptor::from(self_signed()).accept(socket.into_inner()).await {
                Ok(stream) => socket = BufReader::new(Box::new(stream)),
                Err(_) => return heard,
            }
        } else if awaited == "OCTETS" {
            let octets = socket.fill_buf().await.map_or(0, <[u8]>::len);
            socket.consume(octets);
        } else if !awaited.is_empty() && !hear(&mut socket, awaited, &mut heard).await {
            return heard;
        }
        if socket.write_all(reply.as_bytes()).await.is_err() || socket.flush().await.is_err() {
            return heard;
        }
    }
    heard
}

/// Reads up to the awaited line; false at the end of the connection.
async fn hear(socket: &mut BufReader<Box<dyn Io>>, awaited: &str, heard: &mut Vec<String>) -> bool {
    loop {
        let mut line = String::new();
        if socket.read_line(&mut line).await.unwrap_or(0) == 0 {
            return false;
        }
        let line = line.trim_end_matches("\r\n").to_owned();
        let is_end = match awaited {
            ">" => line == ".",
            "END" => line == "end",
            _ => line.starts_with(awaited),
        };
        heard.push(line);
        if is_end {
            return true;
        }
        assert!([">", "END"].contains(&awaited), "heard {heard:?}");
    }
}

/// A certificate that nobody vouches for.
fn self_signed() -> Arc<ServerConfig> {
    let made = rcgen::generate_simple_self_signed(vec!["mx.example.org".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    Arc::new(config)
}

/// A session in clear with a host, over a new connection.
pub(super) async fn session_with(endpoint: &Endpoint) -> Session {
    let host = facts::host(endpoint, "example.org", &Arc::new(Row::default()), 0);
    let socket = connect(depart(endpoint, &USUAL).unwrap(), endpoint, &timeouts()).await.unwrap();
    let teller = Teller::new(Observer::off(), SessionId::next(), Direction::Outgoing);
    let greeted = greet(socket, endpoint, host, ("relay.example.net", &timeouts()), teller).await.unwrap();
    greeted.in_clear("test", Floor::None)
}

/// How mail is delivered, with so many connections to a host.
pub(super) fn delivery(connections: usize) -> Delivery {
    Delivery {
        port: 25,
        retry: vec![Duration::from_secs(60)],
        expire: Duration::from_secs(3600),
        warn: None,
        connections_total: 100,
        connections_per_host: connections,
        allowance: Allowance { connections: 100, messages: None, new_connections: None },
        limits: vec![],
    }
}

/// Timeouts that no test waits for.
pub(super) fn timeouts() -> Timeouts {
    let long = Duration::from_secs(20);
    Timeouts { command: long, handshake: long, connect: long, reply: long, data_end: long, stop: long }
}

/// A configuration in a directory, with TLS on or off.
pub(super) fn config(directory: &Path, tls: &str) -> Config {
    let file = directory.join("waxseal.toml");
    let text = format!(
        "hostname = \"relay.example.net\"\ndata_dir = \"{0}/data\"\npolicies = \"{0}/policies\"\n\n\
         [[listener]]\naddress = \"127.0.0.1:0\"\n\n[tls]\n{tls}\n",
        directory.display()
    );
    std::fs::create_dir_all(directory.join("policies")).unwrap();
    std::fs::write(&file, text).unwrap();
    let (config, _) = Config::load(&file).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    Config { timeouts: timeouts(), ..config }
}
