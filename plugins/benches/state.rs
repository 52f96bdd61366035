//! What memory, rates and lists cost a script that asks for them, and what a list of millions takes. How to run
//! it: `README.md` beside this file.
#![expect(clippy::panic, reason = "a benchmark without its bundle measures nothing")]

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use pollster::block_on;
use waxseal_plugins::bundle::{Bundle, Settings, Snapshot};
use waxseal_plugins::facts::{Recipient, Row, canonical};
use waxseal_plugins::hooks::incoming::Rcpt;

/// What a filter does with a recipient. The last is found in no list.
const BODIES: [(&str, &str); 5] = [
    ("nothing", "if recipient.accepted > 1000 { refuse(\"no\") }"),
    ("recall", "if recall(recipient.address) == 1 { refuse(\"no\") }"),
    ("remember", "remember(recipient.address, 1, \"1h\");"),
    ("allows", "if !allows(\"1000000 per 1s\", recipient.address) { defer(\"no\") }"),
    ("in_list", "if in_list(\"many\", recipient.address) { refuse(\"no\") }"),
];

fn bundle(body: &str, folder: &Path) -> Bundle {
    let source = format!("fn rcpt(client, recipient) {{ {body} }}");
    let settings = Settings { tls_enabled: true, ..Settings::default() }.for_directory(folder);
    let files = [("filters/mine.rhai", source.as_str())];
    Bundle::load(&Snapshot::of(files), &settings, 1).unwrap_or_else(|rejected| panic!("{rejected}")).0
}

/// A list of so many domains.
fn write_list(folder: &Path, entries: u64) {
    let mut text = String::new();
    for number in 0..entries {
        let _ = writeln!(text, "mail.domain{number:x}.example");
    }
    let written = fs::create_dir_all(folder.join("lists"))
        .and_then(|()| fs::write(folder.join("lists/many.txt"), text));
    written.unwrap_or_else(|error| panic!("the list cannot be written: {error}"));
}

/// Octets of memory that the process has now.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or(0) * 1024
}

#[expect(clippy::print_stderr, reason = "it is run to be read")]
fn state(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no directory: {error}"));
    let entries = std::env::var("LISTED").ok().and_then(|entries| entries.parse().ok()).unwrap_or(100_000);
    write_list(folder.path(), entries);
    let client =
        Arc::new(canonical::clear_client(Arc::new(Row { policy: "attempt".to_owned(), ..Row::default() })));
    let recipient = Arc::new(Recipient { address: "bob@mx.example.org".to_owned(), ..Recipient::default() });
    for (name, body) in BODIES {
        let (before, begun) = (resident(), Instant::now());
        let bundle = bundle(body, folder.path());
        if name == "in_list" {
            let mib = resident().saturating_sub(before) >> 20;
            eprintln!("a list of {entries}: read in {:?} with the bundle, {mib} MiB more", begun.elapsed());
        }
        criterion.bench_function(&format!("filter: {name}"), |bencher| {
            bencher.iter(|| block_on(bundle.ask::<Rcpt>(black_box(&client), black_box(&recipient))));
        });
    }
}

criterion_group!(benches, state);
criterion_main!(benches);
