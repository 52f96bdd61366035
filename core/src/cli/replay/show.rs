//! Changes, shown to people.

use waxseal_plugins::verdicts::Change;

use super::{Against, output};
use crate::cli::output::counted;
use crate::replay::report::{Group, Report, Said};
use crate::replay::unjudged_in_words;

/// How many groups are shown; all of them are in the JSON.
const SHOWN: usize = 40;

/// Shows what would change with the policies of a directory.
pub(super) fn show(report: &Report, policies: &str, against: Against) {
    show_changes(&report.clone().shortened(SHOWN));
    if against == Against::Current {
        output::say(format_args!(
            "{} of these decisions are answered otherwise by the current policies than they were recorded",
            report.otherwise
        ));
    }
    let Report { records, decisions, .. } = report;
    output::say(format_args!(
        "{policies}: {} of {}: {}",
        counted(*decisions, "decision"),
        counted(*records, "record"),
        verdict(report)
    ));
}

/// Shows the changes, group by group, and what could not be judged.
pub(in crate::cli) fn show_changes(report: &Report) {
    for group in &report.groups {
        show_group(group);
    }
    if report.ungrouped > 0 {
        output::say(format_args!("and {} more (--json)", counted(report.ungrouped, "change")));
    }
    for (why, count) in &report.unjudged {
        output::say(format_args!("{}: {}", counted(*count, "record"), unjudged_in_words(why)));
    }
    if !report.unrecorded.is_empty() {
        let facts = report.unrecorded.iter().map(|(fact, count)| format!("{fact} ({count})"));
        output::say(format_args!("  not recorded: {}", facts.collect::<Vec<_>>().join(", ")));
    }
}

/// The figures in a line, as in `3 weaker, 1 stricter, 96 the same`.
pub(in crate::cli) fn verdict(report: &Report) -> String {
    let Report { weaker, stricter, other, same, moved, .. } = report;
    let kinds = [(weaker, "WEAKER"), (stricter, "stricter"), (other, "different")];
    let kinds = kinds.into_iter().filter(|(count, _)| **count > 0);
    let mut parts: Vec<_> = kinds.map(|(count, word)| format!("{count} {word}")).collect();
    let by = if *moved > 0 { format!(" ({moved} by another row or policy)") } else { String::new() };
    parts.push(format!("{same} the same{by}"));
    parts.join(", ")
}

fn show_group(group: &Group) {
    let Group { change, direction, hook, count, before, now, example, .. } = group;
    let change = match change {
        Change::Weaker => "WEAKER",
        other => other.word(),
    };
    output::say(format_args!(
        "{change}: {direction} {hook}, {}: {} -> {}",
        counted(*count, "decision"),
        before.verdict,
        now.verdict
    ));
    output::say(format_args!("  before  {}", line(before)));
    output::say(format_args!("  now     {}", line(now)));
    let domain = if example.domain.is_empty() { String::new() } else { format!(", {}", example.domain) };
    output::say(format_args!("  such as {} {}: {}{domain}\n", example.time, example.session, example.peer));
}

fn line(said: &Said) -> String {
    let Said { place, row, reason, .. } = said;
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!("{place}, row {row}{reason}")
}
