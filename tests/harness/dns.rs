//! A name server on loopback, over UDP and TCP, with a zone written in the test.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::name::{CNAME, PTR};
use hickory_proto::rr::rdata::{MX, SOA, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::wait::soon;

/// How long answers may be kept, seconds.
const TTL: u32 = 60;

/// How many aliases are followed in one answer.
const ALIASES: usize = 8;

/// What the name server knows. A name it has never heard of does not exist (NXDOMAIN); a name that
/// has no record of the type asked for has none (NODATA).
#[derive(Clone, Debug, Default)]
pub struct Zone {
    names: HashMap<String, Known>,
    held: HashMap<String, Held>,
}

/// An answer that is held back until it is released.
#[derive(Clone, Debug)]
pub struct Held(watch::Sender<Stage>);

/// How far a held answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Unasked,
    Asked,
    Released,
}

#[derive(Clone, Debug)]
enum Known {
    Records(Vec<RData>),
    ServFail,
    Silence,
}

impl Zone {
    /// A mail host (MX) of a domain.
    #[must_use]
    pub fn mx(self, domain: &str, preference: u16, host: &str) -> Self {
        self.with(domain, RData::MX(MX::new(preference, name(host))))
    }

    /// A domain that takes no mail (RFC 7505).
    #[must_use]
    pub fn null_mx(self, domain: &str) -> Self {
        self.with(domain, RData::MX(MX::new(0, Name::root())))
    }

    /// An address, A or AAAA.
    #[must_use]
    pub fn address(self, host: &str, address: impl Into<IpAddr>) -> Self {
        self.with(host, RData::from(address.into()))
    }

    /// An alias (CNAME).
    #[must_use]
    pub fn alias(self, from: &str, to: &str) -> Self {
        self.with(from, RData::CNAME(CNAME(name(to))))
    }

    /// A text, in as many strings as its record has.
    #[must_use]
    pub fn txt(self, of: &str, strings: &[&str]) -> Self {
        let strings = strings.iter().map(ToString::to_string).collect();
        self.with(of, RData::TXT(TXT::new(strings)))
    }

    /// The name of an address (PTR).
    #[must_use]
    pub fn pointer(self, address: impl Into<IpAddr>, host: &str) -> Self {
        let of = Name::from(address.into());
        self.with(&of.to_ascii(), RData::PTR(PTR(name(host))))
    }

    /// A name of which the server says SERVFAIL.
    #[must_use]
    pub fn fails(mut self, of: &str) -> Self {
        self.names.insert(key(&name(of)), Known::ServFail);
        self
    }

    /// A name of which the server says nothing at all.
    #[must_use]
    pub fn silent(mut self, of: &str) -> Self {
        self.names.insert(key(&name(of)), Known::Silence);
        self
    }

    /// A name of which the server says what it knows only when it may.
    #[must_use]
    pub fn held(mut self, of: &str, held: &Held) -> Self {
        self.held.insert(key(&name(of)), held.clone());
        self
    }

    fn with(mut self, of: &str, data: RData) -> Self {
        let known = self.names.entry(key(&name(of))).or_insert_with(|| Known::Records(Vec::new()));
        match known {
            Known::Records(records) => records.push(data),
            Known::ServFail | Known::Silence => panic!("{of} is to fail, and has records"),
        }
        self
    }

    /// The answer to a query; `None` for silence.
    async fn answer(&self, query: &[u8]) -> Option<Vec<u8>> {
        let query = Message::from_vec(query).ok()?;
        let question = query.queries.first()?.clone();
        if let Some(held) = self.held.get(&key(question.name())) {
            held.wait().await;
        }
        let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
        answer.metadata.recursion_desired = query.metadata.recursion_desired;
        answer.metadata.recursion_available = true;
        answer.add_query(question.clone());
        let mut owner = question.name().clone();
        for _ in 0..ALIASES {
            match self.names.get(&key(&owner)) {
                Some(Known::Silence) => return None,
                Some(Known::ServFail) => answer.metadata.response_code = ResponseCode::ServFail,
                None => answer.metadata.response_code = ResponseCode::NXDomain,
                Some(Known::Records(records)) => {
                    if let Some(next) = collect(&mut answer, &owner, records, question.query_type()) {
                        owner = next;
                        continue;
                    }
                }
            }
            break;
        }
        if answer.answers.is_empty() {
            answer.add_authority(start_of_authority());
        }
        answer.to_vec().ok()
    }
}

impl Held {
    /// Awaits the question.
    pub async fn asked(&self) {
        let mut stage = self.0.subscribe();
        let asked = stage.wait_for(|stage| *stage != Stage::Unasked);
        soon("a question to the name server", asked).await.expect("a sender that is held");
    }

    /// The answer may be given, now and from now on.
    pub fn release(&self) {
        self.0.send_replace(Stage::Released);
    }

    async fn wait(&self) {
        let asks = |stage: &mut Stage| {
            let first = *stage == Stage::Unasked;
            if first {
                *stage = Stage::Asked;
            }
            first
        };
        self.0.send_if_modified(asks);
        // Its sender is here.
        let _ = self.0.subscribe().wait_for(|stage| *stage == Stage::Released).await;
    }
}

impl Default for Held {
    fn default() -> Self {
        Self(watch::Sender::new(Stage::Unasked))
    }
}

/// A running name server. Dropped: gone.
#[derive(Debug)]
pub struct NameServer {
    /// Where it answers.
    pub address: SocketAddr,
    serving: [JoinHandle<()>; 2],
}

impl NameServer {
    /// Starts it with a zone.
    pub async fn start(zone: Zone) -> Self {
        let zone = Arc::new(zone);
        let (udp, tcp) = bind().await;
        let address = udp.local_addr().expect("a bound address");
        let serving = [tokio::spawn(serve_udp(udp, Arc::clone(&zone))), tokio::spawn(serve_tcp(tcp, zone))];
        Self { address, serving }
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.serving.iter().for_each(JoinHandle::abort);
    }
}

/// The same port for both; another where it is taken for one of them.
async fn bind() -> (UdpSocket, TcpListener) {
    for _ in 0..20 {
        let udp = UdpSocket::bind("127.0.0.1:0").await.expect("a free loopback port");
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().expect("a bound address")).await {
            return (udp, tcp);
        }
    }
    panic!("no loopback port is free for UDP and TCP alike");
}

/// Answers each query by itself: one whose answer is held back holds up no other.
async fn serve_udp(socket: UdpSocket, zone: Arc<Zone>) {
    let socket = Arc::new(socket);
    let mut answering = JoinSet::new();
    let mut query = [0; 4096];
    while let Ok((length, from)) = socket.recv_from(&mut query).await {
        let (socket, zone, query) = (Arc::clone(&socket), Arc::clone(&zone), query[..length].to_vec());
        answering.spawn(async move {
            if let Some(answer) = zone.answer(&query).await {
                // Who asked may be gone.
                let _ = socket.send_to(&answer, from).await;
            }
        });
        while answering.try_join_next().is_some() {}
    }
}

async fn serve_tcp(listener: TcpListener, zone: Arc<Zone>) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(answer_stream(socket, Arc::clone(&zone)));
    }
}

/// Over TCP each message follows its length (RFC 1035 section 4.2.2).
async fn answer_stream(mut socket: TcpStream, zone: Arc<Zone>) -> io::Result<()> {
    loop {
        let mut query = vec![0; usize::from(socket.read_u16().await?)];
        socket.read_exact(&mut query).await?;
        let Some(answer) = zone.answer(&query).await else { continue };
        let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
        socket.write_u16(length).await?;
        socket.write_all(&answer).await?;
    }
}

/// Adds what fits the question; gives the next name where there is only an alias.
fn collect(answer: &mut Message, owner: &Name, records: &[RData], wanted: RecordType) -> Option<Name> {
    let mut next = None;
    for data in records {
        let alias = match data {
            RData::CNAME(CNAME(to)) if wanted != RecordType::CNAME => Some(to.clone()),
            _ => None,
        };
        if alias.is_some() || data.record_type() == wanted {
            answer.add_answer(Record::from_rdata(owner.clone(), TTL, data.clone()));
        }
        next = next.or(alias);
    }
    next
}

/// A denial carries one, so that it can be kept (RFC 2308 section 3).
fn start_of_authority() -> Record {
    let soa = SOA::new(name("ns.example"), name("hostmaster.example"), 1, 3600, 600, 86_400, 1);
    Record::from_rdata(Name::root(), TTL, RData::SOA(soa))
}

fn name(text: &str) -> Name {
    let mut name = Name::from_ascii(text).expect("a domain name");
    name.set_fqdn(true);
    name
}

fn key(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}
