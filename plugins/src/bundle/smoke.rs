//! The smoke run: every hook of every script and plugin is asked on facts as they are met every day.
//! What fails there would fail on real mail.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Bundle;
use crate::decision::{Answer, Outcome};
use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::Row;
use crate::hooks::{Direction, Hook};
use crate::place::Place;
use crate::trial::{self, Witness};

/// With how many different rows of the table a script is tried in each direction.
const ROWS: usize = 8;

/// Asks everything; a failure is an error at its place.
pub(super) fn run(bundle: &Bundle, findings: &mut Vec<Diagnostic>) {
    let mut failures = Failures::default();
    for (direction, rows) in [Direction::Incoming, Direction::Outgoing].map(|one| (one, rows(bundle, one))) {
        for (name, policy) in bundle.policies(direction) {
            let own: Vec<_> = rows.iter().filter(|row| row.policy == name).cloned().collect();
            let own = if own.is_empty() { vec![trial::example_row(name)] } else { own };
            trial::run(policy, direction, &own, &mut failures);
        }
        for filter in bundle.filters() {
            trial::run(filter, direction, &rows, &mut failures);
        }
    }
    // What is known to be wrong at a place is not said twice.
    failures.0.retain(|place, _| {
        !findings.iter().any(|one| one.place == *place && one.severity == Severity::Error)
    });
    findings.extend(failures.0.into_iter().map(|(place, message)| {
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

/// The failures, by place.
#[derive(Default)]
struct Failures(BTreeMap<Place, String>);

impl Witness for Failures {
    fn see<H: Hook>(&mut self, answer: Option<Answer<H::Verdict>>) {
        let Some(Answer { outcome: Outcome::Failure(failure), place }) = answer else { return };
        let message = format!("`{}` fails on ordinary facts: {failure}", H::NAME);
        self.0.entry(place).or_insert(message);
    }
}
