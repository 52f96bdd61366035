//! STARTTLS as a client, RFC 3207: the one transition into TLS. It consumes what was known in
//! clear, so that nothing of it survives.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use waxseal_plugins::facts::{Certificate, Host};
use waxseal_plugins::hooks::Direction;
use waxseal_plugins::verdicts::Floor;

use super::dialogue::{Broken, Dialogue};
use super::facts;
use super::mail::{Crossing, Secured};
use super::problem::Problem;
use super::session::{Greeted, Session, say_ehlo};
use super::witness::{Event, Witness};
use crate::config::Config;
use crate::net::{Connection, NotClear, ReadError};
use crate::observe::trace::{self, What};
use crate::smtp::reply::Reply;
use crate::tls::ask::Asker;
use crate::tls::client::{ClientPlan, Connected};
use crate::tls::failure::{self, FailureKind, HandshakeFailure};
use crate::tls::judgement::{Expected, Usage};
use crate::tls::{Tls, certificate, cipher};

/// What the transition needs of the relay.
#[derive(Clone, Copy)]
pub(super) struct Means<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The handshakes.
    pub tls: &'a Tls,
    /// The hooks.
    pub asker: &'a Asker,
    /// Who looks on.
    pub witness: &'a dyn Witness,
}

/// What stood in the way.
#[derive(Debug)]
pub(super) enum Hindrance {
    /// The host refused STARTTLS; the connection is as it was.
    Refused(Box<Greeted>, Reply),
    /// The handshake failed, or broke before the EHLO reply inside TLS; the connection is closed.
    Failed(HandshakeFailure),
    /// A hook said no, or something that is not TLS's fault broke; the connection is closed.
    Forbidden(Problem),
}

/// Sends STARTTLS, makes the handshake, asks the cipher and certificate hooks before any SMTP octet
/// crosses it, and says EHLO again.
pub(super) async fn start_tls(
    means: Means<'_>,
    mut greeted: Greeted,
    plan: &ClientPlan,
    floor: Floor,
) -> Result<Session, Hindrance> {
    means.witness.sees(Event::Starts(plan));
    let reply = greeted.dialogue.ask("STARTTLS").await.map_err(|broken| before_handshake(&broken))?;
    match reply.code {
        220 => {}
        // The host closes the connection (RFC 5321 section 3.8): nothing can go on over it.
        421 => return Err(closing(greeted, &reply).await),
        _ => return Err(Hindrance::Refused(Box::new(greeted), reply)),
    }
    let socket = greeted.dialogue.into_connection().into_clear().map_err(injected)?;
    let within = means.config.timeouts.handshake;
    // The future of a handshake is large, and an attempt waits elsewhere most of its time.
    let began = Instant::now();
    let connected = Box::pin(means.tls.connect(socket, within, plan)).await;
    tell(means.asker, plan, &connected, began.elapsed());
    let connected = connected.map_err(Hindrance::Failed)?;
    means.witness.sees(Event::Connected(&connected));
    accept(means, facts::encrypted(greeted.host, &connected.handshake), connected, plan, floor).await
}

/// Tells those who follow.
fn tell(asker: &Asker, plan: &ClientPlan, connected: &Result<Connected, HandshakeFailure>, took: Duration) {
    asker.step(Direction::Outgoing, || match connected {
        Ok(connected) => What::Handshake(trace::Handshake::of(&connected.handshake, &plan.server_name, took)),
        Err(failure) => What::handshake_failed(failure, took),
    });
}

/// The handshake is done: the hooks are asked, then EHLO is said again, of which only the reply
/// inside TLS counts (RFC 3207 section 4.2).
async fn accept(
    means: Means<'_>,
    host: Host,
    connected: Connected,
    plan: &ClientPlan,
    floor: Floor,
) -> Result<Session, Hindrance> {
    let host = Arc::new(host);
    let tls = Secured {
        certificate: Arc::new(judge(means.tls, &host, (&connected.chain, connected.possession), plan)),
        handshake: Arc::new(connected.handshake),
    };
    let teller = means.asker.teller(Direction::Outgoing);
    let mut dialogue = Dialogue::new(Connection::new(connected.stream), &means.config.timeouts, teller);
    if let Err(problem) = ask(means.asker, &host, &tls, plan).await {
        // Not even QUIT: no SMTP octet crosses a connection that was not accepted.
        dialogue.close().await;
        return Err(Hindrance::Forbidden(problem.at(&host.name)));
    }
    let capabilities = match say_ehlo(&mut dialogue, &means.config.hostname).await {
        Ok(Ok(capabilities)) => capabilities,
        Ok(Err(reply)) => {
            dialogue.quit().await;
            return Err(Hindrance::Forbidden(Problem::of_reply("EHLO inside TLS", &reply).at(&host.name)));
        }
        Err(broken) => return Err(after_handshake(&broken, &host)),
    };
    let host = Arc::new(facts::greeted_again(Arc::unwrap_or_clone(host), &capabilities));
    let crossing = Crossing { host, floor, tls: Some(tls) };
    Ok(Session { dialogue, capabilities, crossing, grounds: None })
}

/// Judges a host's chain as this plan and the host's row want it.
pub(super) fn judge(
    tls: &Tls,
    host: &Host,
    (chain, possession): (&[CertificateDer<'_>], bool),
    plan: &ClientPlan,
) -> Certificate {
    let expected = Expected {
        usage: Usage::Host,
        names: &certificate::host_names(host),
        roots: plan.terms.roots.as_ref(),
        pins: &host.row.pins,
        possession,
    };
    tls.judge(chain, &expected, Timestamp::now())
}

/// Asks the cipher and certificate hooks, and holds the plan's terms.
pub(super) async fn ask(
    asker: &Asker,
    host: &Arc<Host>,
    tls: &Secured,
    plan: &ClientPlan,
) -> Result<(), Problem> {
    passed(cipher::outgoing(asker, host, &tls.handshake, plan).await)?;
    passed(certificate::outgoing(asker, host, &tls.certificate).await)
}

fn passed(answer: cipher::Outgoing) -> Result<(), Problem> {
    match answer {
        cipher::Outgoing::Accept => Ok(()),
        cipher::Outgoing::Defer(denied) => Err(Problem::deferred(&denied)),
        cipher::Outgoing::Refuse(denied) => Err(Problem::refused(&denied)),
    }
}

async fn closing(greeted: Greeted, reply: &Reply) -> Hindrance {
    greeted.dialogue.close().await;
    let detail = format!("on STARTTLS: {reply}");
    Hindrance::Failed(HandshakeFailure { kind: FailureKind::Closed, detail })
}

/// The connection broke on the STARTTLS command: some middleboxes answer it so.
fn before_handshake(broken: &Broken) -> Hindrance {
    let kind = match broken {
        Broken::Read(ReadError::Timeout(_)) => FailureKind::Timeout,
        Broken::Read(ReadError::Closed) => FailureKind::Closed,
        Broken::Read(ReadError::Io(_)) => FailureKind::Reset,
        Broken::Read(_) | Broken::Reply(_) => FailureKind::Garbage,
    };
    Hindrance::Failed(HandshakeFailure { kind, detail: format!("on STARTTLS: {broken}") })
}

/// Octets behind the 220 were sent by somebody who can write into the connection before TLS
/// (CVE-2021-38371): it is given up.
fn injected(ahead: NotClear) -> Hindrance {
    Hindrance::Failed(HandshakeFailure { kind: FailureKind::Injected, detail: ahead.to_string() })
}

/// A TLS 1.3 host tells us only now that it does not like our certificate, or the lack of one.
fn after_handshake(broken: &Broken, host: &Host) -> Hindrance {
    let failure = match broken {
        Broken::Read(ReadError::Io(error)) => failure::of_io(error),
        Broken::Read(ReadError::Closed) => Some(HandshakeFailure {
            kind: FailureKind::Closed,
            detail: "the host closed the connection right after the handshake".to_owned(),
        }),
        _ => None,
    };
    match failure {
        Some(failure) => Hindrance::Failed(failure),
        None => Hindrance::Forbidden(broken.problem("saying EHLO inside TLS").at(&host.name)),
    }
}
