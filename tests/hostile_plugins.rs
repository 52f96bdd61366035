//! A plugin that traps, runs in circles or takes what is not its own is contained: its mail is put off,
//! everybody else is served, and log and metrics say so.

use std::net::IpAddr;

use waxseal_tests::client::Client;
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::unlucky;

use super::failing_policies::{
    Failing, INCOMING, OUTGOING, fail_for_clients, fail_for_hosts, unlucky_client, unlucky_domain,
};

/// A way to fail.
#[derive(Clone, Copy, Debug)]
struct Failure {
    code: &'static str,
    /// What the decision log says of it.
    logged: &'static str,
    /// The reason in the metrics.
    reason: &'static str,
}

const TRAP: Failure =
    Failure { code: "(unreachable)", logged: "wasm `unreachable` instruction executed", reason: "trap" };

const CIRCLES: Failure =
    Failure { code: "(loop $for_ever (br $for_ever))", logged: "runs too long", reason: "time" };

/// At `mail` alone: what ends them does not depend on the hook.
const MORE: [Failure; 4] = [
    Failure {
        code: "(loop $more (drop (memory.grow (i32.const 16))) (br $more))",
        logged: "was stopped",
        reason: "stopped",
    },
    Failure { code: "(drop (call $is_unlucky (i32.const 77)))", logged: "was stopped", reason: "stopped" },
    Failure { code: "(return (i32.const -16))", logged: "was stopped", reason: "stopped" },
    Failure {
        code: "(drop (i32.load (i32.const -4)))",
        logged: "out of bounds memory access",
        reason: "trap",
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_failure_for_a_client_takes_its_mail_or_harms_another() {
    let cells = INCOMING.into_iter().flat_map(|hook| failures(hook.0).map(move |failure| (hook, failure)));
    let cells: Vec<_> = cells.collect();
    let failing = (1..).zip(&cells).map(|(number, ((hook, given, told), failure))| {
        let plugin =
            unlucky::plugin("incoming", hook, given, &unlucky_client(number).to_string(), failure.code);
        (Failing::plugin(number, hook, plugin, *failure), *told)
    });
    let relay = fail_for_clients(failing.collect()).await;
    all_are_counted(&relay, cells.iter().map(|(_, failure)| failure));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_failure_for_a_host_sends_it_mail_on_any_path() {
    let cells = OUTGOING.into_iter().flat_map(|hook| failures(hook.0).map(move |failure| (hook, failure)));
    let cells: Vec<_> = cells.collect();
    let failing = (1..).zip(&cells).map(|(number, ((hook, given), failure))| {
        let plugin = unlucky::plugin("outgoing", hook, given, &unlucky_domain(number), failure.code);
        Failing::plugin(number, hook, plugin, *failure)
    });
    let relay = fail_for_hosts(failing.collect()).await;
    all_are_counted(&relay, cells.iter().map(|(_, failure)| failure));
}

/// On one thread, which the plugin gives up again and again.
#[tokio::test]
async fn another_client_is_served_while_a_plugin_runs_in_circles() {
    const CIRCLING: u32 = 8;
    let relay = policy(CIRCLES).start().await;
    let mut other = ready(&relay, LUCKY).await;
    let mut circling = Vec::new();
    for _ in 0..CIRCLING {
        circling.push(ready(&relay, UNLUCKY).await);
    }
    for client in &mut circling {
        client.send("MAIL FROM:<a@client.example>\r\n").await;
    }
    assert_eq!(other.say("MAIL FROM:<a@client.example>").await.code, 250);
    assert!(counted(&relay, 1, CIRCLES.reason) < CIRCLING, "it was served after all the others");
    for mut client in circling {
        assert_eq!(client.reply().await.codes(), "451 4.3.0");
    }
    assert_eq!(counted(&relay, 1, CIRCLES.reason), CIRCLING);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_fails_again_and_again_rests_and_lets_nothing_through() {
    let relay = policy(TRAP).incoming(&[r#""127.0.11.99" attempt"#]).start().await;
    for _ in 0..10 {
        let mut client = ready(&relay, UNLUCKY).await;
        assert_eq!(client.say("MAIL FROM:<a@client.example>").await.codes(), "451 4.3.0");
    }
    let metrics = relay.metrics();
    assert!(metrics.contains("waxseal_plugin_resting{plugin=\"unlucky1\"} 1\n"), "{metrics}");
    // It is asked about nobody now, and those whom it would have let on wait too.
    let mut lucky = ready(&relay, LUCKY).await;
    assert_eq!(lucky.say("MAIL FROM:<a@client.example>").await.codes(), "451 4.3.0");
    relay.decision("a rest that is told", |it| it.text("reason").contains("is not asked for")).await;
    assert_eq!((counted(&relay, 1, "trap"), counted(&relay, 1, "resting")), (10, 1));
    let mut others = ready(&relay, [127, 0, 11, 99]).await;
    assert_eq!(others.say("MAIL FROM:<a@client.example>").await.code, 250);
}

const UNLUCKY: [u8; 4] = [127, 0, 11, 1];
const LUCKY: [u8; 4] = [127, 0, 0, 1];

/// A site whose clients are all under a policy that fails at `mail` for one of them.
fn policy(failure: Failure) -> Site {
    let peer = IpAddr::from(UNLUCKY).to_string();
    let plugin = unlucky::plugin("incoming", "mail", "client, mail", &peer, failure.code);
    Site::new().policy("incoming/unlucky1.wasm", plugin).incoming(&[r#""*" unlucky1"#])
}

async fn ready(relay: &TestRelay, source: [u8; 4]) -> Client {
    let mut client = relay.client_from(source).await;
    client.ehlo().await;
    client
}

/// How a plugin fails at a hook.
fn failures(hook: &str) -> impl Iterator<Item = Failure> {
    let more: &[Failure] = if hook == "mail" { &MORE } else { &[] };
    [TRAP, CIRCLES].into_iter().chain(more.iter().copied())
}

fn all_are_counted<'a>(relay: &TestRelay, failures: impl Iterator<Item = &'a Failure>) {
    for (number, failure) in (1..).zip(failures) {
        assert!(counted(relay, number, failure.reason) > 0, "{number}, {failure:?}:\n{}", relay.metrics());
    }
}

/// The failures of a plugin that the metrics tell of.
fn counted(relay: &TestRelay, number: u8, reason: &str) -> u32 {
    let metric = format!("waxseal_plugin_failures_total{{plugin=\"unlucky{number}\",reason=\"{reason}\"}} ");
    let metrics = relay.metrics();
    let count = metrics.lines().find_map(|line| line.strip_prefix(&metric));
    count.map_or(0, |count| count.parse().expect("a number"))
}

impl Failing {
    fn plugin(number: u8, hook: &'static str, content: Vec<u8>, failure: Failure) -> Self {
        Self { number, hook, extension: "wasm", content, logged: failure.logged, place: "" }
    }
}
