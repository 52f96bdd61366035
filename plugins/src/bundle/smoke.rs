//! The smoke run: every hook of every script and plugin is asked on facts as they are met every day.
//! What fails there would fail on real mail.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Bundle;
use crate::decider::Decider;
use crate::decision::Outcome;
use crate::diagnostic::Diagnostic;
use crate::facts::{Client, Host, Nothing, Row, canonical};
use crate::hooks::{Direction, Hook, incoming, outgoing};
use crate::place::Place;

/// With how many different rows of the table a script is tried in each direction.
const ROWS: usize = 8;

/// Asks everything; a failure is an error at its place.
pub(super) fn run(bundle: &Bundle, findings: &mut Vec<Diagnostic>) {
    let mut failures = BTreeMap::new();
    for (direction, rows) in [Direction::Incoming, Direction::Outgoing].map(|one| (one, rows(bundle, one))) {
        for (name, policy) in bundle.policies(direction) {
            let own: Vec<_> = rows.iter().filter(|row| row.policy == name).cloned().collect();
            let unnamed = || Arc::new(Row { policy: name.to_owned(), ..example() });
            let own = if own.is_empty() { vec![unnamed()] } else { own };
            try_decider(policy, direction, &own, &mut failures);
        }
        for filter in bundle.filters() {
            try_decider(filter, direction, &rows, &mut failures);
        }
    }
    findings.extend(failures.into_iter().map(|(place, message)| {
        let source = bundle.files().get(&place.path).cloned().unwrap_or_default();
        Diagnostic::error("B009", place, message).within(source)
    }));
}

/// The first rows that differ in what a script may look at.
fn rows(bundle: &Bundle, direction: Direction) -> Vec<Arc<Row>> {
    let mut seen: BTreeMap<&str, Vec<Arc<Row>>> = BTreeMap::new();
    for entry in bundle.table().entries().iter().filter(|entry| entry.direction == direction) {
        let rows = seen.entry(&entry.row.policy).or_default();
        if rows.len() < ROWS && !rows.iter().any(|row| is_alike(row, &entry.row)) {
            rows.push(entry.row.clone());
        }
    }
    seen.into_values().flatten().collect()
}

/// Whether two rows differ only in whom they are about.
fn is_alike(one: &Row, other: &Row) -> bool {
    let rest = |row: &Row| Row { pattern: String::new(), place: String::new(), ..row.clone() };
    rest(one) == rest(other)
}

fn example() -> Row {
    Row { pattern: "example.org".to_owned(), place: "domains.rhai:1:1".to_owned(), ..Row::default() }
}

/// The failures, by place.
type Failures = BTreeMap<Place, String>;

fn try_decider(decider: &Decider, direction: Direction, rows: &[Arc<Row>], failures: &mut Failures) {
    for row in rows {
        match direction {
            Direction::Incoming => try_incoming(decider, &shared(canonical::clients(row)), failures),
            Direction::Outgoing => try_outgoing(decider, &shared(canonical::hosts(row)), failures),
        }
    }
}

fn try_incoming(decider: &Decider, clients: &[Arc<Client>], failures: &mut Failures) {
    let nothing = shared(vec![Nothing {}]);
    try_hook::<incoming::Connect>(decider, clients, &nothing, failures);
    try_hook::<incoming::Offer>(decider, clients, &nothing, failures);
    try_hook::<incoming::Start>(decider, clients, &nothing, failures);
    try_hook::<incoming::Cipher>(decider, clients, &shared(canonical::hellos()), failures);
    try_hook::<incoming::Certificate>(decider, clients, &shared(canonical::certificates()), failures);
    try_hook::<incoming::Mail>(decider, clients, &shared(canonical::mails()), failures);
    try_hook::<incoming::Rcpt>(decider, clients, &shared(canonical::recipients()), failures);
}

fn try_outgoing(decider: &Decider, hosts: &[Arc<Host>], failures: &mut Failures) {
    let nothing = shared(vec![Nothing {}]);
    try_hook::<outgoing::Offer>(decider, hosts, &nothing, failures);
    try_hook::<outgoing::Start>(decider, hosts, &nothing, failures);
    try_hook::<outgoing::Cipher>(decider, hosts, &shared(canonical::handshakes()), failures);
    try_hook::<outgoing::Certificate>(decider, hosts, &shared(canonical::certificates()), failures);
    try_hook::<outgoing::Mail>(decider, hosts, &shared(canonical::mails()), failures);
}

fn try_hook<H: Hook>(
    decider: &Decider,
    peers: &[Arc<H::Peer>],
    subjects: &[Arc<H::Subject>],
    failures: &mut Failures,
) {
    if !decider.has(H::DIRECTION, H::NAME) {
        return;
    }
    for (peer, subject) in peers.iter().flat_map(|peer| subjects.iter().map(move |subject| (peer, subject))) {
        let Some(answer) = decider.try_out::<H>(peer, subject) else { continue };
        if let Outcome::Failure(failure) = answer.outcome {
            let message = format!("`{}` fails on ordinary facts: {failure}", H::NAME);
            failures.entry(answer.place).or_insert(message);
        }
    }
}

fn shared<T>(facts: Vec<T>) -> Vec<Arc<T>> {
    facts.into_iter().map(Arc::new).collect()
}
