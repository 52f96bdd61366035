//! From rows as written to rows as they hold.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::Date;

use super::Words;
use super::clause::Clause;
use super::findings::Findings;
use super::pattern::Pattern;
use super::syntax::{Part, Written};
use super::values;
use crate::diagnostic::Diagnostic;
use crate::facts::Row;
use crate::hooks::Direction;
use crate::place::Place;
use crate::suggest;

/// A row of the table, read.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its direction.
    pub direction: Direction,
    /// Whom it is about.
    pub pattern: Pattern,
    /// What hooks are told of it.
    pub row: Arc<Row>,
    /// The last day on which it holds, UTC; `None` for ever.
    pub until: Option<Date>,
    /// Where it stands.
    pub place: Place,
}

impl Entry {
    /// Whether it holds on this day.
    pub fn holds(&self, today: Date) -> bool {
        self.until.is_none_or(|until| today <= until)
    }
}

/// Reads all rows; what is wrong with them goes to the findings, and bad rows are left out.
pub(super) fn read(written: &[Written], words: &Words, findings: &mut Findings) -> Vec<Entry> {
    let mut first: HashMap<(Direction, Pattern), Place> = HashMap::new();
    let mut entries = Vec::with_capacity(written.len());
    for row in written {
        let Some(entry) = entry(row, words, findings) else { continue };
        let key = (entry.direction, entry.pattern.clone());
        if let Some(place) = first.get(&key) {
            let message = format!("`{}` has a row already, at {place}", entry.pattern);
            let double = Diagnostic::error("R001", entry.place, message);
            findings.add(double.helped("one pattern, one row: remove one of the two"));
        } else {
            first.insert(key, entry.place.clone());
            entries.push(entry);
        }
    }
    entries
}

fn entry(written: &Written, words: &Words, findings: &mut Findings) -> Option<Entry> {
    let direction = written.direction;
    let pattern = pattern(written, findings);
    let policy = policy(written, words, findings);
    let (row, until) = clauses(written, findings);
    let (pattern, policy) = (pattern?, policy?);
    let place = findings.place(written.pattern.position);
    let row = Arc::new(Row {
        pattern: values::text(&written.pattern.value).unwrap_or_default(),
        policy,
        place: place.to_string(),
        ..row
    });
    Some(Entry { direction, pattern, row, until, place })
}

fn pattern(written: &Written, findings: &mut Findings) -> Option<Pattern> {
    let Part { value, position } = &written.pattern;
    let read = values::text(value)
        .map_err(|problem| format!("bad pattern: {problem}"))
        .and_then(|text| Pattern::parse(&text, written.direction).map_err(|problem| problem.to_string()));
    read.map_err(|message| findings.error("R005", *position, message)).ok()
}

fn policy(written: &Written, words: &Words, findings: &mut Findings) -> Option<String> {
    let (word, position) = &written.policy;
    let known: &BTreeSet<String> = words.of(written.direction);
    if known.contains(word) {
        return Some(word.clone());
    }
    let list = suggest::did_you_mean(word, known.iter().map(String::as_str));
    findings.error("P001", *position, format!("no policy `{word}` in {}/{list}", written.direction));
    None
}

fn clauses(written: &Written, findings: &mut Findings) -> (Row, Option<Date>) {
    let (mut row, mut until, mut seen) = (Row::default(), None, BTreeSet::new());
    for (clause, position, part) in &written.clauses {
        if !seen.insert(*clause) {
            findings.error("R006", *position, format!("`{clause}` stands twice in this row"));
        } else if let Err(problem) = set(*clause, part, written.direction, &mut row, &mut until) {
            let place = findings.place(part.position);
            let bad = Diagnostic::error("R008", place, format!("bad value of `{clause}`: {problem}"));
            findings.add(bad.helped(format!("as in `{}`", clause.example())));
        }
    }
    (row, until)
}

fn set(
    clause: Clause,
    part: &Part,
    direction: Direction,
    row: &mut Row,
    until: &mut Option<Date>,
) -> Result<(), String> {
    let value = &part.value;
    match clause {
        Clause::MinVersion => row.min_version = values::version(value)?,
        Clause::Suites => row.suites = values::suites(value)?,
        Clause::Groups => row.groups = values::groups(value)?,
        Clause::Names => row.names = values::names(value, direction)?,
        Clause::Pins => row.pins = values::pins(value)?,
        Clause::Roots => row.roots = values::roots(value)?,
        Clause::Identity => row.identity = values::text(value)?,
        Clause::Because => row.because = values::text(value)?,
        Clause::With => row.parameters = values::parameters(value)?,
        Clause::Until => {
            let day = values::day(value)?;
            row.valid_until = day.to_string();
            *until = Some(day);
        }
    }
    Ok(())
}
