//! What is no plugin, or none that this site takes, is rejected with what would be right, by the running
//! relay as by `waxseal check`; the last good one stays in force.

use std::fs;
use std::path::Path;

use waxseal_tests::client::Client;
use waxseal_tests::command::{run_relay, waxseal};
use waxseal_tests::deciders::Deciders;
use waxseal_tests::guests;
use waxseal_tests::relay::TestRelay;
use waxseal_tests::save::Style;
use waxseal_tests::site::Site;
use waxseal_tests::unlucky;

/// A file that is put in the place of a good one, or beside it.
struct Broken {
    path: &'static str,
    content: Vec<u8>,
    code: &'static str,
    said: &'static str,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_good_plugin_stays_and_everybody_says_why() {
    let site = guarded().await;
    let configuration = site.write();
    let relay = run_relay(&configuration).await;
    let good = guests::example("incoming_require").await;
    for broken in broken().await {
        let path = site.policies().join(broken.path);
        Style::RenameOver.save(&path, &broken.content);
        for command in ["reload", "status", "check"] {
            broken.is_told_by(command, &configuration).await;
        }
        let status = waxseal(&configuration, &["status", "--json"]).await.json();
        assert_eq!(status["policies"]["generation"], 1, "{}", broken.path);
        refuses_clear_mail(&mut Client::connect(relay.address).await).await;

        if path.ends_with(GOOD) {
            Style::RenameOver.save(&path, good);
        } else {
            fs::remove_file(path).unwrap();
        }
        assert_eq!(waxseal(&configuration, &["reload"]).await.code, Some(0), "after {}", broken.path);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_with_a_broken_plugin_uses_the_last_good_one() {
    let relay = guarded().await.start().await;
    decides(&relay).await;
    let site = relay.stop().await.policy(GOOD, "\0asm");
    decides(&site.start().await).await;
}

/// The plugin that holds.
const GOOD: &str = "incoming/require.wasm";

async fn guarded() -> Site {
    let good = guests::example("incoming_require").await;
    Site::new().incoming(&[r#""bank.example" require"#]).policy(GOOD, good)
}

async fn broken() -> [Broken; 7] {
    let good = guests::example("incoming_require").await;
    let outgoing = guests::example("outgoing_require").await;
    let asking = guests::example("hello_gate").await;
    let trapping = unlucky::plugin("incoming", "mail", "client, mail", "192.0.2.25", "");
    let broken = |path, content: &[u8], code, said| Broken { path, content: content.to_vec(), code, said };
    [
        broken(GOOD, &good[..good.len() / 2], "W001", "damaged, or was cut short"),
        broken(GOOD, b"#!/bin/sh\necho 250\n", "W001", "this is no WebAssembly"),
        broken(GOOD, b"", "W001", "the file is empty"),
        broken(GOOD, b"\0asm\x01\0\0\0", "W001", "`waxseal plugin build --module"),
        broken(GOOD, outgoing, "W002", "it is a policy of incoming mail"),
        broken("filters/hello_gate.wasm", asking, "W003", "`grant = [\"kv\", \"counters\", \"clock\"]`"),
        // It traps on facts as they are met every day.
        broken("incoming/unlucky.wasm", &trapping, "B009", "`mail` fails on ordinary facts"),
    ]
}

impl Broken {
    async fn is_told_by(&self, command: &str, configuration: &Path) {
        let said = waxseal(configuration, &[command]).await;
        assert_eq!(said.code, Some(1), "{command}: {said:?}");
        for part in [self.path, self.code, self.said] {
            assert!(said.output.contains(part), "{command}: no `{part}` in {said:?}");
        }
    }
}

/// The good plugin decides.
async fn decides(relay: &TestRelay) {
    refuses_clear_mail(&mut relay.client().await).await;
    let place = Deciders::Plugins.place("incoming/require");
    relay.decision("its decision", |it| it.text("decided_by").starts_with(&place)).await;
}

async fn refuses_clear_mail(client: &mut Client) {
    client.ehlo().await;
    assert_eq!(client.say("MAIL FROM:<a@bank.example>").await.codes(), "530 5.7.0");
}
