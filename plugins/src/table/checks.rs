//! What the table as a whole must hold, and what its author should look at.

mod terms;

use jiff::ToSpan;
use jiff::civil::Date;

use super::Table;
use super::findings::Findings;
use super::pattern::Pattern;
use super::rows::Entry;
use super::syntax::Written;
use crate::diagnostic::Diagnostic;
use crate::facts::Row;
use crate::hooks::Direction;
use crate::place::Place;

/// How long before its end a row is pointed out, days.
const NOTICE: i64 = 30;

/// Checks the table; what is found goes to the findings.
pub(super) fn check(table: &Table, written: &[Written], today: Date, findings: &mut Findings) {
    for direction in [Direction::Incoming, Direction::Outgoing] {
        // A row `*` that cannot be read is not missing: what is wrong with it is said there.
        if !written.iter().any(|row| row.direction == direction && row.is_for_any()) {
            missing_any(direction, findings);
        }
    }
    let explicit = Explicit::of(table);
    for entry in table.entries() {
        period(entry, today, findings);
        prevent_without_reason(entry, findings);
        half_a_domain(table, entry, findings);
        same_as_beneath(table, entry, (explicit, today), findings);
        terms::check(entry, findings);
    }
}

fn missing_any(direction: Direction, findings: &mut Findings) {
    let place = Place::file(findings.path());
    let message = format!("no row `*` in {direction}: for everyone else there is no policy");
    let row = format!("write `{direction} {{ \"*\" attempt }}`");
    findings.add(Diagnostic::error("R002", place, message).helped(row));
}

/// `until`: none on `*`, and a word when the end is near or past.
fn period(entry: &Entry, today: Date, findings: &mut Findings) {
    let Some(until) = entry.until else { return };
    let pattern = &entry.pattern;
    if *pattern == Pattern::Any {
        let message = "the row `*` cannot end: there is no row beneath it";
        findings.add(Diagnostic::error("R009", entry.place.clone(), message).helped("leave `until` out"));
    } else if until < today {
        let message = format!("the row `{pattern}` has ended on {until}: the next one that matches applies");
        let ended = Diagnostic::warning("R010", entry.place.clone(), message);
        findings.add(ended.helped("remove the row, or give it a later day"));
    } else if today.checked_add(NOTICE.days()).is_ok_and(|soon| until <= soon) {
        let message =
            format!("the row `{pattern}` ends on {until}: from then on the next one that matches applies");
        findings.add(Diagnostic::warning("R010", entry.place.clone(), message));
    }
}

fn prevent_without_reason(entry: &Entry, findings: &mut Findings) {
    if entry.row.policy == "prevent" && entry.row.because.is_empty() {
        let message = format!("nobody will know why `{}` gets its mail in clear", entry.pattern);
        let silent = Diagnostic::warning("R011", entry.place.clone(), message);
        findings.add(silent.helped(r#"say so, as in `because "ticket 4711" until "2027-06-30"`"#));
    }
}

/// `*.x` does not match `x`: who writes only the former may believe that it does.
fn half_a_domain(table: &Table, entry: &Entry, findings: &mut Findings) {
    let Pattern::Below(domain) = &entry.pattern else { return };
    if !table.index(entry.direction).has(&Pattern::Domain(domain.clone())) {
        let message = format!("`{}` has a row, `{domain}` itself has none", entry.pattern);
        let half = Diagnostic::warning("R012", entry.place.clone(), message);
        let help = format!("`{}` matches the names below `{domain}` only: add a row for it", entry.pattern);
        findings.add(half.helped(help));
    }
}

/// R003: without the row the next one would come to the same.
fn same_as_beneath(
    table: &Table,
    entry: &Entry,
    (explicit, today): (Explicit, Date),
    findings: &mut Findings,
) {
    let Some(beneath) = table.beneath(entry, today) else { return };
    // A reason says that the row is meant; one that ends has another life than the other.
    let is_meant = !entry.row.because.is_empty() || entry.until.is_some() || beneath.until.is_some();
    if is_meant || !says_the_same(&entry.row, &beneath.row) || explicit.keep_any_away(entry, beneath) {
        return;
    }
    let message = format!("`{}` says the same as `{}` at {}", entry.pattern, beneath.pattern, beneath.place);
    let same = Diagnostic::warning("R003", entry.place.clone(), message);
    findings.add(same.helped("remove the row, or say with `because` why it shall stay"));
}

fn says_the_same(one: &Row, other: &Row) -> bool {
    let said = |row: &Row| Row {
        pattern: String::new(),
        place: String::new(),
        because: String::new(),
        ..row.clone()
    };
    said(one) == said(other)
}

/// Which kinds of incoming rows there are besides `*`.
#[derive(Clone, Copy)]
struct Explicit {
    addresses: bool,
    names: bool,
}

impl Explicit {
    fn of(table: &Table) -> Self {
        let incoming = || table.entries().iter().filter(|entry| entry.direction == Direction::Incoming);
        Self {
            addresses: incoming().any(|entry| matches!(entry.pattern, Pattern::Network(_))),
            names: incoming().any(|entry| matches!(entry.pattern, Pattern::Domain(_) | Pattern::Below(_))),
        }
    }

    /// Incoming, `*` applies only where neither the client's address nor the sender's domain has a row
    /// of its own: a row that says the same as `*` makes it hold beside a row of the other kind.
    fn keep_any_away(self, entry: &Entry, beneath: &Entry) -> bool {
        let others = if matches!(entry.pattern, Pattern::Network(_)) { self.names } else { self.addresses };
        entry.direction == Direction::Incoming && beneath.pattern == Pattern::Any && others
    }
}
