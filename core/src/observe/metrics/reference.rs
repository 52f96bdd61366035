//! `docs/reference/metrics.md`: each metric with its labels, as it is shown.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use waxseal_plugins::decision::{Answer, Failure};
use waxseal_plugins::facts::Row;
use waxseal_plugins::hooks::{HookName, outgoing};
use waxseal_plugins::outside::{Forgotten, Health as OfPlugin, OfList};
use waxseal_plugins::place::Place;
use waxseal_plugins::verdicts::Change;
use waxseal_plugins::wasm::failure::Kind;

use super::*;
use crate::reference::hold;

const OPENING: &str = "# Metrics

With an `address` under `[admin]` they are served as `/metrics`, in the text format that Prometheus reads. Labels have few values: words of
the program, names of policies and plugins, what plugins call their counters; never a domain or an address.

| metric | type | labels | what it shows |
| --- | --- | --- | --- |
";

const LABELS: &str = "
## Labels

| label | values |
| --- | --- |
";

/// What the labels of all metrics stand for.
const MEANINGS: &[(&str, &str)] = &[
    ("counter", "what the script or plugin calls it"),
    ("difference", "what the candidate's answer means for mail: `same`, `weaker`, `stricter` or `other`"),
    ("direction", "`incoming` or `outgoing`"),
    ("hook", "the [hook](hooks.md)"),
    ("kind", "`memory` or `rate`"),
    ("list", "the list's name"),
    ("outcome", "`delivered`, `deferred` or `failed`"),
    ("part", "`policies` or `certificates`"),
    ("plugin", "the name of the plugin; where it counts or remembers itself, also of a script"),
    ("policy", "the policy that the row names"),
    ("reason", "why, in a word, as in `policy` or `relay` of messages, `trap` or `time` of plugins"),
    (
        "result",
        "of handshakes `full`, `resumed`, or how it failed; of connections `new`, `reused` or `failed`; of reloads `swapped` or `rejected`",
    ),
    ("tls", "how the connection was protected: `none` came about, `clear`, `encrypted` or `verified`"),
    ("verdict", "the [verdict](verdicts.md), or `failure`"),
];

#[test]
fn the_page_of_metrics_is_what_is_shown() {
    let shown = touched().encode();
    let (mut text, mut labels, mut names) = (OPENING.to_owned(), BTreeSet::new(), BTreeSet::new());
    for help in shown.lines().filter_map(|line| line.strip_prefix("# HELP ")) {
        let (name, help) = help.split_once(' ').unwrap();
        let kind = shown.lines().find_map(|line| line.strip_prefix(&format!("# TYPE {name} "))).unwrap();
        let of_sample = labels_of(shown.lines().find(|line| is_sample_of(line, name, kind)).unwrap());
        let written: Vec<_> = of_sample.iter().map(|label| format!("`{label}`")).collect();
        let suffix = if kind == "counter" { "_total" } else { "" };
        writeln!(text, "| `{name}{suffix}` | {kind} | {} | {help} |", written.join(" ")).unwrap();
        names.insert(name.trim_start_matches("waxseal_").to_owned());
        labels.extend(of_sample);
    }
    assert_eq!(names, registered(), "a metric that is not touched here is not shown");
    text.push_str(LABELS);
    for label in labels {
        let meaning = MEANINGS.iter().find(|(name, _)| *name == label);
        let (_, meaning) = meaning.unwrap_or_else(|| panic!("nobody has said what `{label}` stands for"));
        writeln!(text, "| `{label}` | {meaning} |").unwrap();
    }
    hold("metrics.md", &text);
}

fn is_sample_of(line: &str, name: &str, kind: &str) -> bool {
    let full = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
    line.strip_prefix(&*full).is_some_and(|rest| rest.starts_with([' ', '{']))
}

fn labels_of(sample: &str) -> Vec<String> {
    let Some((_, labels)) = sample.split_once('{') else { return Vec::new() };
    let labels = labels.split('}').next().unwrap();
    labels.split(',').filter_map(|label| Some(label.split_once('=')?.0.to_owned())).collect()
}

/// The names that the sources register.
fn registered() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/observe");
    let mut files = vec![folder.join("metrics.rs")];
    files.extend(fs::read_dir(folder.join("metrics")).unwrap().map(|entry| entry.unwrap().path()));
    let mut names = BTreeSet::new();
    for file in files.iter().filter(|file| !file.ends_with("reference.rs")) {
        let source = fs::read_to_string(file).unwrap();
        let calls = source.split(": add(").skip(1);
        names.extend(calls.map(|call| call.split('"').nth(1).unwrap().to_owned()));
    }
    names
}

/// Metrics of which each has something to show.
fn touched() -> Metrics {
    let metrics = Metrics::new();
    let failure = Outcome::Failure(Failure { message: "it failed".to_owned() });
    metrics.decided::<outgoing::Offer>(&Decision {
        hook: HookName::Offer,
        answer: Answer { outcome: failure, place: Place::new("outgoing/require.rhai", 1, 1) },
        row: Arc::new(Row { policy: "require".to_owned(), ..Row::default() }),
        generation: 1,
        asked: Vec::new(),
        filters: None,
    });
    drop(metrics.session(Direction::Incoming));
    metrics.refused("policy");
    metrics.attempt(AttemptOutcome::Delivered, Protection::Verified);
    metrics.handshake(Direction::Outgoing, "full");
    metrics.connection("new");
    metrics.reload("policies", "swapped");
    metrics.shadow().compared(Direction::Outgoing, HookName::Offer, Change::Same);
    metrics.shadow().unjudged("skipped", 1);
    metrics.plugins().failed("mine", Kind::Trap);
    metrics.plugins().health("mine", OfPlugin::Good);
    metrics.plugins().count("mine", "seen", 1);
    metrics.state().forgot("mine", Forgotten::Memory, 1);
    metrics.state().list("blocked", OfList { entries: 1, is_broken: false });
    metrics
}
