//! The offer hook: offer TLS to the client? the host offers it or not, what now?

use std::sync::Arc;

use waxseal_plugins::decision::Outcome;
use waxseal_plugins::facts::{Client, Host, Nothing};
use waxseal_plugins::hooks;
use waxseal_plugins::verdicts::incoming::Offer as Answer;
use waxseal_plugins::verdicts::outgoing::Offer as HostAnswer;
use waxseal_plugins::verdicts::{EnhancedCode, Floor};

use super::ask::Asker;
use super::denied::{self, Denied};
use crate::smtp::reply::Reply;

/// What follows at an incoming offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// Advertise STARTTLS.
    Advertise,
    /// Do not.
    Withhold,
    /// This is the reply to EHLO, and to all but QUIT.
    Refuse(Reply),
    /// The policy failed: advertise STARTTLS; this is the reply to every MAIL of the connection,
    /// inside TLS too.
    Fail(Reply),
}

/// What follows at an outgoing offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// It is offered: ask [`start`](super::start). The floor holds from now on.
    StartTls(Floor),
    /// It should start, but is not offered: the mail hook decides. The floor holds from now on.
    NotOffered(Floor),
    /// Stay in clear, even where it is offered.
    StayClear,
    /// Not this host, now.
    Defer(Denied),
    /// Not this host.
    Refuse(Denied),
}

/// EHLO or HELO is to be answered on a clear connection.
pub async fn incoming(asker: &Asker, client: &Arc<Client>) -> Incoming {
    let decision = asker.ask::<hooks::incoming::Offer>("", client, &Arc::new(Nothing {})).await;
    match decision.outcome() {
        Outcome::Verdict(Answer::Advertise) => Incoming::Advertise,
        Outcome::Verdict(Answer::Withhold) => Incoming::Withhold,
        Outcome::Verdict(Answer::Refuse(said)) => {
            Incoming::Refuse(denied::reply(554, EnhancedCode::new(5, 7, 1), said))
        }
        Outcome::Failure(_) => Incoming::Fail(denied::failed(451, EnhancedCode::new(4, 3, 0))),
    }
}

/// The host's EHLO reply is read.
pub async fn outgoing(asker: &Asker, host: &Arc<Host>) -> Outgoing {
    let decision = asker.ask::<hooks::outgoing::Offer>(&host.domain, host, &Arc::new(Nothing {})).await;
    match decision.outcome() {
        Outcome::Verdict(HostAnswer::StartTls { floor }) if host.offers_tls => Outgoing::StartTls(*floor),
        Outcome::Verdict(HostAnswer::StartTls { floor }) => Outgoing::NotOffered(*floor),
        Outcome::Verdict(HostAnswer::StayClear) => Outgoing::StayClear,
        Outcome::Verdict(HostAnswer::Defer(said)) => {
            Outgoing::Defer(Denied::by(&decision, said, EnhancedCode::new(4, 7, 4)))
        }
        Outcome::Verdict(HostAnswer::Refuse(said)) => {
            Outgoing::Refuse(Denied::by(&decision, said, EnhancedCode::new(5, 7, 4)))
        }
        Outcome::Failure(_) => Outgoing::Defer(Denied::failed(&decision)),
    }
}
