//! From clear to encrypted, with nothing of before: RFC 3207 section 4.2.
//!
//! The clear connection and the session are consumed. What was read ahead of the handshake could
//! have been put there by anyone, and is never taken for something said inside TLS.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::net::TcpStream;
use waxseal_plugins::facts;
use waxseal_plugins::hooks::Direction;

use super::driver::Ended;
use super::facts::TlsRecord;
use super::hooks::{BundleHooks, Hooks};
use super::replies;
use super::session::Session;
use crate::net::Connection;
use crate::observe::trace;
use crate::relay::Services;
use crate::smtp::reply::Reply;
use crate::tls::failure::HandshakeFailure;
use crate::tls::server::{Accepted, AtHello, ServerPlan};
use crate::tls::{certificate, cipher};

/// Answers STARTTLS with 220, and makes the handshake.
///
/// # Errors
///
/// [`Ended::Injected`] where something was sent ahead: told before any 220, and closed.
pub(super) async fn upgrade(
    mut connection: Connection,
    session: Box<Session<BundleHooks>>,
    plan: ServerPlan,
) -> Result<(Connection, Box<Session<BundleHooks>>), Ended> {
    let wait = session.hooks.services.config.timeouts.command;
    let teller = session.hooks.teller.clone();
    let say = async |connection: &mut Connection, reply: Reply| {
        teller.server(&reply);
        connection.write(reply.to_wire().as_bytes(), wait).await
    };
    if connection.ahead() > 0 {
        say(&mut connection, replies::injected()).await?;
        connection.close_after_reply().await;
        return Err(Ended::Injected);
    }
    say(&mut connection, replies::go_ahead_with_tls()).await?;
    // Nothing was read since, so this cannot fail; it is what proves that nothing survives.
    let socket = connection.into_clear().map_err(|_| Ended::Injected)?;
    handshake(socket, session, plan).await
}

/// Makes the handshake, and begins the session inside TLS.
///
/// # Errors
///
/// [`Ended::Handshake`]; nothing can be said to the client then.
pub(super) async fn handshake(
    socket: TcpStream,
    session: Box<Session<BundleHooks>>,
    plan: ServerPlan,
) -> Result<(Connection, Box<Session<BundleHooks>>), Ended> {
    let services = Arc::clone(&session.hooks.services);
    let address = session.peer.address.ip();
    let client = Arc::new(session.client());
    let (asker, planned) = (session.hooks.asker.clone(), plan.clone());
    let mut seen = Seen { hello: Arc::default(), plan: plan.clone() };
    let began = Instant::now();
    let accepted = services.tls.accept(socket, services.config.timeouts.handshake, async |hello| {
        seen.hello = hello;
        let answer = cipher::incoming(&asker, &client, &seen.hello, planned).await;
        if let AtHello::Proceed(plan) = &answer {
            seen.plan = plan.clone();
        }
        answer
    });
    let metrics = services.observer.metrics();
    let accepted = accepted.await;
    tell(&session, &accepted, began.elapsed());
    match accepted {
        Ok(accepted) => {
            let result = if accepted.handshake.resumed { "resumed" } else { "full" };
            metrics.handshake(Direction::Incoming, result);
            session.hooks.forget(address);
            let (connection, record) = record(accepted, seen, &session);
            Ok((connection, session.secured(record, &plan).await))
        }
        Err(failure) => {
            metrics.handshake(Direction::Incoming, failure.kind.word());
            remember(&services, address, &failure);
            Err(Ended::Handshake(failure))
        }
    }
}

/// Tells those who follow.
fn tell(session: &Session<BundleHooks>, accepted: &Result<Accepted, HandshakeFailure>, took: Duration) {
    session.hooks.teller.step(|| match accepted {
        Ok(Accepted { handshake, server_name, .. }) => {
            trace::What::Handshake(trace::Handshake::of(handshake, server_name, took))
        }
        Err(failure) => trace::What::handshake_failed(failure, took),
    });
}

/// What was seen at the ClientHello.
struct Seen {
    hello: Arc<facts::Hello>,
    plan: ServerPlan,
}

fn record(accepted: Accepted, seen: Seen, session: &Session<BundleHooks>) -> (Connection, TlsRecord) {
    let Accepted { stream, handshake, server_name, chain, own, possession } = accepted;
    let services = &session.hooks.services;
    let names = certificate::own_names(&services.config, &server_name);
    let own = services.tls.judge_own(&own, names, Timestamp::now());
    let offered = session.is_offered();
    let ServerPlan { terms, filters, .. } = seen.plan;
    let hello = seen.hello;
    let record = TlsRecord { handshake, hello, server_name, chain, possession, own, terms, filters, offered };
    (Connection::new(stream), record)
}

/// What we did ourselves is not remembered: a verdict or a failed hook never leads to clear.
fn remember(services: &Services, client: IpAddr, failure: &HandshakeFailure) {
    if failure.kind.is_of_the_wire() {
        services.tls.incoming_memory.failed(&client, &failure.to_string());
    }
}
