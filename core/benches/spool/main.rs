//! What the spool costs: mail taken, mail delivered, lists, and a restart with a long queue.
//!
//! ```sh
//! cargo bench -p waxseal --bench spool
//! WAXSEAL_BENCH_QUEUED=1000000 cargo bench -p waxseal --bench spool -- queued
//! ```
//!
//! The second fills a spool once with so many messages of 2 KB for a thousand domains, and prints how
//! long a restart takes and how much memory it needs, with what the kernel has cached and without; by
//! default it is 20 000. CPU times are those of the whole process, divided by the messages. What was
//! measured is in README.md.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and may fail"
)]

mod load;
mod process;
mod restart;

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group};
use load::{Endless, Load};
use tokio::runtime::Runtime;
use waxseal::spool::{Filter, Spool};

/// A usual message.
const OCTETS: usize = 10_000;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// Prints the CPU time of each message.
fn report(what: &str, messages: u64, before: Duration) {
    let micros = (process::cpu() - before).as_micros();
    println!("{what}: {} us of CPU a message, of {messages}", micros / u128::from(messages.max(1)));
}

fn enqueue(criterion: &mut Criterion) {
    let (runtime, mut group) = (runtime(), criterion.benchmark_group("enqueue"));
    group.sample_size(10).throughput(Throughput::Elements(1));
    for sessions in [1, 16, 64] {
        let (load, before, mut messages) = (Load::new(), process::cpu(), 0);
        group.bench_function(format!("{sessions} sessions"), |bencher| {
            bencher.iter_custom(|count| {
                messages += count;
                let begun = Instant::now();
                runtime.block_on(load.enqueue(count, sessions, OCTETS, 100));
                begun.elapsed()
            });
        });
        report(&format!("enqueue/{sessions} sessions"), messages, before);
        runtime.block_on(load.spool.shutdown());
    }
}

fn life(criterion: &mut Criterion) {
    let (runtime, mut group) = (runtime(), criterion.benchmark_group("life"));
    group.sample_size(10).throughput(Throughput::Elements(1));
    for (name, domains) in [("100 domains", 100), ("a domain each", u64::MAX)] {
        let (load, before, mut messages) = (Load::new(), process::cpu(), 0);
        group.bench_function(format!("64 sessions in, 64 attempts out, {name}"), |bencher| {
            bencher.iter_custom(|count| {
                messages += count;
                let begun = Instant::now();
                runtime.block_on(async {
                    tokio::join!(load.enqueue(count, 64, OCTETS, domains), load.deliver(count, 64))
                });
                begun.elapsed()
            });
        });
        report(&format!("life/{name}"), messages, before);
        runtime.block_on(load.spool.shutdown());
    }
}

fn list(criterion: &mut Criterion) {
    let runtime = runtime();
    let load = Load::new();
    runtime.block_on(load.enqueue(100_000, 64, 100, 1000));
    criterion.bench_function("list/a page of 100 of 100 000", |bencher| {
        bencher.iter(|| runtime.block_on(load.spool.list(&Filter::default(), None, 100)).expect("a page"));
    });
    criterion.bench_function("list/100 destinations of 1000", |bencher| {
        let all = Filter::default();
        bencher.iter(|| runtime.block_on(load.spool.destinations(&all, None, 100)).expect("destinations"));
    });
    criterion.bench_function("list/stats", |bencher| {
        bencher.iter(|| runtime.block_on(load.spool.stats()).expect("stats"));
    });
}

fn queued(criterion: &mut Criterion) {
    let count =
        std::env::var("WAXSEAL_BENCH_QUEUED").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000);
    let (runtime, load) = (runtime(), Load::new());
    let before = process::cpu();
    runtime.block_on(load.enqueue(count, 64, 2000, 1000));
    report(&format!("queued/{count}"), count, before);
    println!("queued/{count}: {} MiB when filled", process::resident());
    runtime.block_on(load.spool.shutdown());
    let mut group = criterion.benchmark_group("queued");
    group.sample_size(10);
    group.bench_function(format!("restart and first 64 leases of {count}"), |bencher| {
        bencher.iter(|| {
            let spool = load::open(load.folder.path());
            let leases = runtime.block_on(spool.lease(64, Arc::new(Endless))).expect("leases");
            assert_eq!(leases.len(), 64);
            runtime.block_on(spool.shutdown());
        });
    });
    group.finish();
    restart::measure(count, load.folder.path()).expect("restarts");
}

criterion_group!(benches, enqueue, life, list, queued);

fn main() {
    if restart::was_asked_for() {
        return;
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
