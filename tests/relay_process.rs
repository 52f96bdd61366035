//! No test, but a relay for the tests that kill one: see the harness's `process`.

use waxseal_tests::process;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_a_relay() {
    process::run().await;
}
