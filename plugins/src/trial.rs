//! A trial: every hook of a script or plugin is asked on facts as they are met every day.

use std::sync::Arc;

use crate::decider::Decider;
use crate::decision::{Answer, Outcome};
use crate::facts::{Client, Host, Nothing, Row, canonical};
use crate::hooks::{Direction, Hook, incoming, outgoing};

/// After so many failures a hook is asked no more: nothing new would be learnt, and one that runs too
/// long takes all its time whenever it is asked.
const FAILURES: usize = 8;

/// Who sees what a trial comes to.
pub(crate) trait Witness {
    /// A hook was asked: `None` for no opinion.
    fn see<H: Hook>(&mut self, answer: Option<Answer<H::Verdict>>);
}

/// Asks every hook that it has in this direction, with each of these rows.
pub(crate) fn run(decider: &Decider, direction: Direction, rows: &[Arc<Row>], witness: &mut impl Witness) {
    match direction {
        Direction::Incoming => {
            let clients = shared(rows.iter().flat_map(canonical::clients));
            try_incoming(decider, &clients, witness);
        }
        Direction::Outgoing => {
            let hosts = shared(rows.iter().flat_map(canonical::hosts));
            try_outgoing(decider, &hosts, witness);
        }
    }
}

/// The row of a policy that no row names: what it is tried with.
pub(crate) fn example_row(policy: &str) -> Arc<Row> {
    Arc::new(Row {
        pattern: "example.org".to_owned(),
        policy: policy.to_owned(),
        place: "domains.rhai:1:1".to_owned(),
        ..Row::default()
    })
}

fn try_incoming(decider: &Decider, clients: &[Arc<Client>], witness: &mut impl Witness) {
    let nothing = shared([Nothing {}]);
    try_hook::<incoming::Connect>(decider, clients, &nothing, witness);
    try_hook::<incoming::Ehlo>(decider, clients, &nothing, witness);
    try_hook::<incoming::Offer>(decider, clients, &nothing, witness);
    try_hook::<incoming::Start>(decider, clients, &nothing, witness);
    try_hook::<incoming::Cipher>(decider, clients, &shared(canonical::hellos()), witness);
    try_hook::<incoming::Certificate>(decider, clients, &shared(canonical::certificates()), witness);
    try_hook::<incoming::Mail>(decider, clients, &shared(canonical::mails()), witness);
    try_hook::<incoming::Rcpt>(decider, clients, &shared(canonical::recipients()), witness);
    try_hook::<incoming::Message>(decider, clients, &shared(canonical::messages()), witness);
}

fn try_outgoing(decider: &Decider, hosts: &[Arc<Host>], witness: &mut impl Witness) {
    let nothing = shared([Nothing {}]);
    try_hook::<outgoing::Route>(decider, hosts, &shared(canonical::mails()), witness);
    try_hook::<outgoing::Offer>(decider, hosts, &nothing, witness);
    try_hook::<outgoing::Start>(decider, hosts, &nothing, witness);
    try_hook::<outgoing::Cipher>(decider, hosts, &shared(canonical::handshakes()), witness);
    try_hook::<outgoing::Certificate>(decider, hosts, &shared(canonical::certificates()), witness);
    try_hook::<outgoing::Mail>(decider, hosts, &shared(canonical::mails()), witness);
    let reports = shared(canonical::reports());
    try_hook::<outgoing::Delivered>(decider, hosts, &reports, witness);
    try_hook::<outgoing::Deferred>(decider, hosts, &reports, witness);
    try_hook::<outgoing::Failed>(decider, hosts, &reports, witness);
}

fn try_hook<H: Hook>(
    decider: &Decider,
    peers: &[Arc<H::Peer>],
    subjects: &[Arc<H::Subject>],
    witness: &mut impl Witness,
) {
    if !decider.has(H::DIRECTION, H::NAME) {
        return;
    }
    let mut failures = 0;
    for (peer, subject) in peers.iter().flat_map(|peer| subjects.iter().map(move |subject| (peer, subject))) {
        let answer = decider.try_out::<H>(peer, subject);
        let failed = matches!(&answer, Some(Answer { outcome: Outcome::Failure(_), .. }));
        witness.see::<H>(answer);
        failures += usize::from(failed);
        if failures == FAILURES {
            return;
        }
    }
}

fn shared<T>(facts: impl IntoIterator<Item = T>) -> Vec<Arc<T>> {
    facts.into_iter().map(Arc::new).collect()
}
