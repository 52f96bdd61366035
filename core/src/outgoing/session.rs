//! A connection to a host: greeting, EHLO, and then ready for mail.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use waxseal_plugins::facts::Host;
use waxseal_plugins::verdicts::{EnhancedCode, Floor};

use super::dialogue::{Broken, Dialogue};
use super::facts;
use super::grounds::Grounds;
use super::hosts::Endpoint;
use super::mail::Crossing;
use super::problem::Problem;
use super::way::Departure;
use crate::config::Timeouts;
use crate::net::{Connection, Stream};
use crate::observe::trace::Teller;
use crate::smtp::capabilities::Capabilities;
use crate::smtp::reply::Reply;

/// A host that has answered EHLO, in clear; nothing about TLS is decided yet.
#[derive(Debug)]
pub(super) struct Greeted {
    /// The dialogue, at the start of a command.
    pub dialogue: Dialogue,
    /// What the host can do.
    pub capabilities: Capabilities,
    /// What the hooks are told of it.
    pub host: Host,
}

/// A connection that envelopes may be asked to cross.
#[derive(Debug)]
pub(super) struct Session {
    /// The dialogue, at the start of a command.
    pub dialogue: Dialogue,
    /// What the host can do, by its last EHLO reply.
    pub capabilities: Capabilities,
    /// What the mail hook is told of the connection.
    pub crossing: Crossing,
    /// What it rests on; `None` for one in clear after TLS was wanted, or avoided since
    /// it failed before: that is not kept.
    pub grounds: Option<Grounds>,
}

impl Session {
    /// On these grounds.
    pub(super) fn on(self, grounds: Grounds) -> Self {
        Self { grounds: Some(grounds), ..self }
    }
}

/// A socket for a connection to this address. Nothing is sent.
///
/// # Errors
///
/// We have no such address to come from, which is our own mistake, and may be mended in time.
pub(super) fn depart(endpoint: &Endpoint, departure: &Departure) -> Result<TcpSocket, Problem> {
    let socket = || match (endpoint.address.is_ipv4(), departure.source) {
        (true, None) => TcpSocket::new_v4(),
        (false, None) => TcpSocket::new_v6(),
        (is_ipv4, Some(source)) => {
            let socket = if is_ipv4 { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            socket.bind(SocketAddr::new(source, 0))?;
            Ok(socket)
        }
    };
    socket().map_err(|error: io::Error| {
        let from = departure.source.map(|source| format!(" from {source}")).unwrap_or_default();
        let reason = format!("this relay cannot connect{from} to {}: {error}", endpoint.name);
        Problem::temporary(EnhancedCode::new(4, 3, 5), reason).at(&endpoint.name)
    })
}

/// Connects.
///
/// # Errors
///
/// The host cannot be reached.
pub(super) async fn connect(
    socket: TcpSocket,
    endpoint: &Endpoint,
    timeouts: &Timeouts,
) -> Result<TcpStream, Problem> {
    let unreached = |why: String| {
        let reason = format!("{} ({}) could not be reached: {why}", endpoint.name, endpoint.address);
        Problem::temporary(EnhancedCode::new(4, 4, 1), reason).at(&endpoint.name)
    };
    let connecting = timeout(timeouts.connect, socket.connect(endpoint.address)).await;
    let socket = connecting
        .map_err(|_| unreached(format!("no answer within {} s", timeouts.connect.as_secs())))?
        .map_err(|error| unreached(error.to_string()))?;
    // Commands are small and wait for their replies: Nagle's algorithm would only delay them.
    // Without it mail crosses as well.
    let _ = socket.set_nodelay(true);
    Ok(socket)
}

/// Waits for the greeting, and says EHLO, over a connection that was just made.
///
/// # Errors
///
/// The host does not want us; the connection is closed.
pub(super) async fn greet(
    socket: TcpStream,
    endpoint: &Endpoint,
    host: Host,
    (ourselves, timeouts): (&str, &Timeouts),
    teller: Teller,
) -> Result<Greeted, Problem> {
    let mut dialogue = Dialogue::new(Connection::new(Stream::Clear(socket)), timeouts, teller);
    let at = |problem: Problem| problem.at(&endpoint.name);
    let greeting = dialogue.reply().await.map_err(|broken| at(broken.problem("waiting for the greeting")))?;
    if !greeting.is_success() {
        dialogue.quit().await;
        return Err(at(Problem::of_reply("the connection", &greeting)));
    }
    match say_ehlo(&mut dialogue, ourselves).await {
        Ok(Ok(capabilities)) => {
            Ok(Greeted { host: facts::greeted(host, &capabilities), dialogue, capabilities })
        }
        Ok(Err(reply)) => {
            dialogue.quit().await;
            Err(at(Problem::of_reply("EHLO and HELO", &reply)))
        }
        Err(broken) => Err(at(broken.problem("saying EHLO"))),
    }
}

/// Says EHLO, and HELO to a host that does not know it (RFC 5321 section 3.2).
pub(super) async fn say_ehlo(
    dialogue: &mut Dialogue,
    ourselves: &str,
) -> Result<Result<Capabilities, Reply>, Broken> {
    let reply = dialogue.ask(&format!("EHLO {ourselves}")).await?;
    if reply.is_success() {
        return Ok(Ok(Capabilities::of(&reply)));
    }
    if !reply.is_permanent() {
        return Ok(Err(reply));
    }
    let reply = dialogue.ask(&format!("HELO {ourselves}")).await?;
    Ok(if reply.is_success() { Ok(Capabilities::of_helo(&reply)) } else { Err(reply) })
}

impl Greeted {
    /// Ready for mail in clear; `why` is in words, for the hook and the bounce.
    pub(super) fn in_clear(self, why: &str, floor: Floor) -> Session {
        let host = Arc::new(facts::in_clear(self.host, why));
        let crossing = Crossing { host, floor, tls: None };
        Session { dialogue: self.dialogue, capabilities: self.capabilities, crossing, grounds: None }
    }
}
