//! From the save of a plugin's new version to its effect: noticed, read twice, compiled, tried, tested,
//! swapped in.

use std::time::{Duration, Instant};

use criterion::Criterion;
use tokio::sync::watch;
use waxseal_plugins::wasm;
use waxseal_tests::guests;
use waxseal_tests::save::Style;
use waxseal_tests::site::Site;

use super::{live, runtime};

const PATH: &str = "outgoing/require.wasm";

pub(crate) fn run(criterion: &mut Criterion) {
    let runtime = runtime();
    let first = runtime.block_on(guests::example("outgoing_require"));
    let site = Site::new().policy(PATH, first);
    let live = live(&site, wasm::Host::default());
    let mut swaps = live.subscribe();
    let watching = live.clone();
    runtime.spawn(async move { watching.watch().await });

    let mut version = 0_u32;
    let mut swap = || {
        version += 1;
        let text = format!("TLS is required{version:05}");
        let next = guests::edited(first, "TLS is required, but", &text);
        let begun = Instant::now();
        Style::RenameOver.save(&site.policies().join(PATH), next);
        runtime.block_on(next_of(&mut swaps));
        begun.elapsed()
    };
    let mut group = criterion.benchmark_group("swap");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    group.bench_function("from the save of a plugin to its effect", |bencher| {
        bencher.iter_custom(|times| (0..times).map(|_| swap()).sum());
    });
}

async fn next_of(swaps: &mut watch::Receiver<u64>) {
    let swapped = tokio::time::timeout(Duration::from_secs(60), swaps.changed()).await;
    swapped.expect("a swap").expect("a bundle that lives");
}
