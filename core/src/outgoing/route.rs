//! The route hook: which way does this message go? Asked of filters, once an attempt, before a host is
//! looked for.

use std::sync::Arc;

use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::facts::{Mail, Row};
use waxseal_plugins::hooks::outgoing::Route;
use waxseal_plugins::verdicts::outgoing;

use super::facts;
use super::problem::Problem;
use super::way::{Chosen, Way};
use crate::config::Config;
use crate::tls::ask::Asker;

/// Of what an attempt finds out about hosts, whom it concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Concerns {
    /// All mail of the destination: it all goes the same way.
    Destination,
    /// This message only: the next may go another way.
    Message,
}

impl Concerns {
    /// Where filters choose ways, nobody knows of a message which it goes before they are asked.
    pub(super) fn under(bundle: &Bundle) -> Self {
        if bundle.is_filtered::<Route>() { Self::Message } else { Self::Destination }
    }
}

/// The way of a message: the usual one where no filter has a word in it.
///
/// # Errors
///
/// It is not to be sent, or not now. So it is if the way that was chosen cannot be gone, which counts as a
/// failure of who chose it.
pub(super) async fn choose(
    asker: &Asker,
    config: &Config,
    (row, mail): (&Arc<Row>, &Arc<Mail>),
) -> Result<Chosen, Problem> {
    if !asker.bundle.is_filtered::<Route>() {
        return Ok(Chosen::default());
    }
    let (domain, mut way) = (&mail.recipient_domain, Way::default());
    let host = Arc::new(facts::unmet(domain, row));
    let follow = |said: &outgoing::Route| {
        let outgoing::Route::Accept(said) = said else { return Ok(()) };
        way = Way::of(said, &config.transports, config.delivery.port)?;
        Ok(())
    };
    let decision = asker.ask_to_follow::<Route>(domain, (&host, mail), follow).await;
    match Problem::of_decision(&decision) {
        Some(problem) => Err(problem),
        None => {
            let by = decision.outcome().way().map(|_| decision.answer.place.clone());
            Ok(Chosen { way: Arc::new(way), by })
        }
    }
}
