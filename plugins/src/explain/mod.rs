//! What would happen to mail, and why: for an administrator who asks, before any mail does.
//!
//! A domain, or a client, is led through all usual situations as [`conversation`](crate::conversation)
//! plays them; what comes out says which rows hold and which were passed over, what their policies are
//! about, how each situation ends, and the lines that decide.
//!
//! - [`outgoing`], [`incoming`]: from a bundle to an [`Explanation`]
//! - `rows`: the rows that hold, and those passed over
//! - `policies`: what policies and filters are about
//! - `deciding`: the lines that decide, with their excerpts

mod deciding;
mod policies;
mod rows;

#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::bundle::Bundle;
use crate::conversation::{Conversation, Delivery, Met, Reception, Situation, deliver, receive};
use crate::facts::Row;
use crate::hooks::Direction;

pub use deciding::Deciding;
pub use policies::About;
pub use rows::{Holding, PassedOver, When, Why};

/// What would happen to mail, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Its direction.
    pub direction: Direction,
    /// The rows that hold, in the order in which they are asked.
    pub rows: Vec<Holding>,
    /// Rows that do not, though they also match, or nearly do.
    pub passed_over: Vec<PassedOver>,
    /// The policies of the rows that hold.
    pub policies: Vec<About>,
    /// The filters, which are asked besides and may only tighten.
    pub filters: Vec<About>,
    /// How each situation ends.
    pub cases: Vec<Case>,
    /// The lines that decide how, each with the situations that it decides.
    pub deciding: Vec<Deciding>,
}

/// A situation, and how it ends.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// The situation.
    pub situation: Situation,
    /// What it is, for people.
    pub words: &'static str,
    /// What is asked in it, and how it ends.
    #[serde(flatten)]
    pub conversation: Conversation,
}

/// Explains mail that we send: to a host like the first of this delivery, in each situation.
pub fn outgoing(bundle: &Bundle, like: &Delivery) -> Explanation {
    let (rows, passed_over) = rows::outgoing(bundle.table(), &like.domain, like.today);
    let cases = cases(Direction::Outgoing, &rows, |situation| {
        let hosts = like.hosts.iter().take(1).map(|met| in_situation(met, situation)).collect();
        deliver(bundle, &Delivery { hosts, ..like.clone() })
    });
    explanation(bundle, Direction::Outgoing, (rows, passed_over), cases)
}

/// Explains mail that reaches us: from a client like that of this reception, in each situation.
pub fn incoming(bundle: &Bundle, like: &Reception) -> Explanation {
    let sender = like.sender.rsplit_once('@').map(|(_, domain)| domain);
    let (rows, passed_over) = rows::incoming(bundle.table(), like.address, sender, like.today);
    let cases = cases(Direction::Incoming, &rows, |situation| {
        receive(bundle, &Reception { client: in_situation(&like.client, situation), ..like.clone() })
    });
    explanation(bundle, Direction::Incoming, (rows, passed_over), cases)
}

fn explanation(
    bundle: &Bundle,
    direction: Direction,
    (rows, passed_over): (Vec<Holding>, Vec<PassedOver>),
    cases: Vec<Case>,
) -> Explanation {
    Explanation {
        direction,
        policies: policies::of_rows(bundle, direction, &rows),
        filters: policies::filters(bundle, direction),
        deciding: deciding::lines(bundle, &cases),
        rows,
        passed_over,
        cases,
    }
}

fn cases(
    direction: Direction,
    rows: &[Holding],
    mut play: impl FnMut(Situation) -> Conversation,
) -> Vec<Case> {
    let rows: Vec<&Row> = rows.iter().map(|holding| &*holding.row).collect();
    let usual = Situation::of(direction).filter(|situation| says_something(*situation, &rows));
    usual
        .map(|situation| Case { situation, words: situation.words(), conversation: play(situation) })
        .collect()
}

/// What the network decides alone says nothing of a policy, nor does another key where no row has pins.
fn says_something(situation: Situation, rows: &[&Row]) -> bool {
    match situation {
        Situation::Unreachable => false,
        Situation::OtherKey => rows.iter().any(|row| !row.pins.is_empty()),
        _ => true,
    }
}

fn in_situation(met: &Met, situation: Situation) -> Met {
    Met { situation, ..met.clone() }
}
