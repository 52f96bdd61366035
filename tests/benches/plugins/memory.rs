//! What an instance takes: so many are in the midst of a call at once, each waiting for an answer that
//! does not come, and the memory of this process is read before and after.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use criterion::Criterion;
use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::facts::{Mail, canonical};
use waxseal_plugins::hooks::incoming;
use waxseal_plugins::outside::{Forgotten, Health, LookingUp, OfList, Outside, Query};
use waxseal_plugins::wasm::failure::Kind;
use waxseal_plugins::wasm::{Grant, Host};
use waxseal_tests::guests;
use waxseal_tests::process::memory_of_this_process;
use waxseal_tests::site::Site;

use super::{live, row, runtime};

/// Below what a plugin may have at once.
const INSTANCES: u64 = 200;

pub(crate) fn run(_: &mut Criterion) {
    let witness = runtime().block_on(guests::own("witness"));
    let grants = BTreeMap::from([("witness".to_owned(), Grant::ALL.into())]);
    let site = Site::new().policy("filters/witness.wasm", witness);
    let bundle = live(&site, Host::new(None, grants, Arc::new(Silence))).current();
    // The first few make what all share.
    let few: Vec<_> = (0..8).map(|_| waiting(&bundle)).collect();
    let before = memory_of_this_process();
    let many: Vec<_> = (0..INSTANCES).map(|_| waiting(&bundle)).collect();
    let after = memory_of_this_process();
    drop((few, many));
    let each = (after - before) / INSTANCES / 1024;
    #[expect(clippy::print_stdout, reason = "it is what was asked for")]
    {
        println!("memory/an instance in the midst of a call: {each} KiB");
    }
}

/// A call that goes as far as its lookup.
fn waiting(bundle: &Arc<Bundle>) -> Pin<Box<dyn Future<Output = ()>>> {
    let bundle = Arc::clone(bundle);
    let client = Arc::new(canonical::clear_client(row("attempt")));
    let mut call: Pin<Box<dyn Future<Output = ()>>> =
        Box::pin(async move { drop(bundle.ask::<incoming::Mail>(&client, &Arc::<Mail>::default()).await) });
    let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(polled, Poll::Pending, "it does not wait");
    call
}

/// A relay whose name servers never answer.
#[derive(Debug)]
struct Silence;

impl Outside for Silence {
    fn look_up(&self, _: Query) -> LookingUp {
        Box::pin(std::future::pending())
    }

    fn count(&self, _: &str, _: &str, _: u64) {}

    fn forgot(&self, _: &str, _: Forgotten, _: u64) {}

    fn list(&self, _: &str, _: OfList) {}

    fn failed(&self, _: &str, _: Kind) {}

    fn health(&self, _: &str, _: Health) {}
}
