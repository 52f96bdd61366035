//! What plugins cost: a question, an instance, a new version, and other sessions while one misbehaves.
//! How to run it, and what must come of it: `../README.md`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark without what it measures measures nothing"
)]

mod memory;
mod others;
mod questions;
mod swap;

use std::sync::Arc;

use criterion::{criterion_group, criterion_main};
use tokio::runtime::{Builder, Runtime};
use waxseal_plugins::bundle::Settings;
use waxseal_plugins::facts::Row;
use waxseal_plugins::reload::{Live, Source};
use waxseal_plugins::wasm::Host;
use waxseal_tests::site::Site;

criterion_group!(benches, questions::run, swap::run, others::run, memory::run);
criterion_main!(benches);

/// As many threads as the tests have.
fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// The policies of a site, in force.
fn live(site: &Site, plugins: Host) -> Live {
    site.write();
    let settings = Settings { tls_enabled: true, plugins, ..Settings::default() };
    let source = Source { directory: site.policies(), last_good: site.path("last_good"), settings };
    Live::load(source).unwrap_or_else(|rejected| panic!("{rejected}"))
}

fn row(policy: &str) -> Arc<Row> {
    Arc::new(Row { pattern: "example.org".to_owned(), policy: policy.to_owned(), ..Row::default() })
}
