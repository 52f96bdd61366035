//! What a question costs: hooks of the shipped policies, a hook that nobody has, and the domain
//! table with few rows and many. How to run it, and what must come of it: `README.md` beside this file.
#![expect(clippy::panic, reason = "a benchmark without its bundle measures nothing")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use pollster::block_on;
use waxseal_plugins::bundle::{Bundle, Settings, Snapshot};
use waxseal_plugins::facts::{Certificate, Client, Host, Mail, Nothing, Row, canonical};
use waxseal_plugins::hooks::{Hook, incoming, outgoing};
use waxseal_plugins::table::{Table, Words, today};

fn bundle() -> Bundle {
    let settings = Settings { tls_enabled: true, ..Settings::default() };
    Bundle::load(&Snapshot::default(), &settings, 1).unwrap_or_else(|rejected| panic!("{rejected}")).0
}

fn row(policy: &str) -> Arc<Row> {
    Arc::new(Row { pattern: "example.org".to_owned(), policy: policy.to_owned(), ..Row::default() })
}

fn verified() -> Arc<Certificate> {
    Arc::new(canonical::valid_certificate())
}

fn client(policy: &str) -> Arc<Client> {
    Arc::new(canonical::encrypted_client(row(policy)))
}

fn host(policy: &str) -> Arc<Host> {
    Arc::new(canonical::encrypted_host(row(policy)))
}

/// One hook of one policy, as the relay asks it: filters, policy, join.
fn question<H: Hook>(
    criterion: &mut Criterion,
    bundle: &Bundle,
    policy: &str,
    peer: &Arc<H::Peer>,
    subject: &Arc<H::Subject>,
) {
    let name = format!("{}/{policy} {}", H::DIRECTION, H::NAME);
    criterion.bench_function(&name, |bencher| {
        bencher.iter(|| block_on(bundle.ask::<H>(black_box(peer), black_box(subject))));
    });
}

fn policies(criterion: &mut Criterion) {
    let (bundle, mail, nothing) = (bundle(), Arc::<Mail>::default(), Arc::new(Nothing {}));
    for policy in ["attempt", "require", "require_verified"] {
        question::<incoming::Offer>(criterion, &bundle, policy, &client(policy), &nothing);
        question::<incoming::Mail>(criterion, &bundle, policy, &client(policy), &mail);
    }
    let policy = "require_verified";
    question::<incoming::Certificate>(criterion, &bundle, policy, &client(policy), &verified());
    for policy in ["attempt", "prevent", "require", "require_verified"] {
        question::<outgoing::Offer>(criterion, &bundle, policy, &host(policy), &nothing);
        question::<outgoing::Mail>(criterion, &bundle, policy, &host(policy), &mail);
    }
    question::<outgoing::Certificate>(criterion, &bundle, policy, &host(policy), &verified());
    // Nobody has it.
    question::<outgoing::Start>(criterion, &bundle, "attempt", &host("attempt"), &nothing);
}

/// A table of so many rows in each direction.
fn table_text(rows: usize) -> String {
    let mut text = String::from("incoming {\n\"*\" attempt\n");
    for number in 0..rows {
        let (high, low) = (number / 256, number % 256);
        let _ = writeln!(text, "\"10.{}.{}.{low}\" require", high / 256, high % 256);
    }
    text.push_str("}\noutgoing {\n\"*\" attempt\n");
    for number in 0..rows {
        let _ = writeln!(text, "\"domain-{number}.example\" require");
    }
    text.push('}');
    text
}

fn words() -> Words {
    let words = || ["attempt".to_owned(), "require".to_owned()].into();
    Words { incoming: words(), outgoing: words() }
}

fn tables(criterion: &mut Criterion) {
    for rows in [10, 100_000] {
        let (table, _) = Table::load(&table_text(rows), &words(), today()).unwrap_or_else(|errors| {
            panic!("{}", errors.first().map(ToString::to_string).unwrap_or_default())
        });
        let today = today();
        let mut lookup = |name: &str, domain: &str| {
            criterion.bench_function(&format!("lookup, {rows} rows, {name}"), |bencher| {
                bencher.iter(|| table.outgoing(black_box(domain), today));
            });
        };
        lookup("found", "domain-7.example");
        lookup("not found", "mail.of.nobody.example");
        let address = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));
        criterion.bench_function(&format!("lookup, {rows} rows, at mail"), |bencher| {
            bencher.iter(|| table.incoming_at_mail(black_box(address), Some("example.org"), today));
        });
    }
}

fn loads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("load");
    group.sample_size(10);
    for rows in [1_000, 10_000, 100_000] {
        let snapshot = table_text(rows / 2);
        let settings = Settings { tls_enabled: true, ..Settings::default() };
        group.bench_function(format!("{rows} rows, half of them in each direction"), |bencher| {
            bencher.iter(|| Bundle::load(&Snapshot::of([("domains.rhai", snapshot.as_str())]), &settings, 1));
        });
    }
    group.finish();
}

criterion_group!(benches, policies, tables, loads);
criterion_main!(benches);
