//! No tests, but processes for the tests that need one: see the harness's `process` and `command`.

use waxseal_tests::{command, process};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_a_relay() {
    process::run().await;
}

#[test]
fn runs_a_command() {
    command::run();
}
