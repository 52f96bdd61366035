//! Connect, ehlo, mail, rcpt: what the client is told.

use waxseal_tests::relay::TestRelay;

use super::Actor;

/// Last octet of the client's address, its name, sender, recipient; and where it ends.
#[rustfmt::skip]
const CASES: [([&str; 4], &str); 16] = [
    (["9", "client", "ann",    "bob"],    "354"),
    (["1", "client", "ann",    "bob"],    "354"),
    (["2", "client", "ann",    "bob"],    "greeting: 421 4.7.1"),
    (["3", "client", "ann",    "bob"],    "greeting: 554 5.7.1"),
    (["4", "client", "ann",    "bob"],    "MAIL: 451 4.3.0"),
    (["9", "accept", "ann",    "bob"],    "354"),
    (["9", "defer",  "ann",    "bob"],    "EHLO: 450 4.7.1"),
    (["9", "refuse", "ann",    "bob"],    "EHLO: 550 5.7.1"),
    (["9", "fail",   "ann",    "bob"],    "MAIL: 451 4.3.0"),
    (["9", "client", "defer",  "bob"],    "MAIL: 450 4.7.1"),
    (["9", "client", "refuse", "bob"],    "MAIL: 550 5.7.1"),
    (["9", "client", "fail",   "bob"],    "MAIL: 451 4.3.0"),
    (["9", "client", "accept", "accept"], "354"),
    (["9", "client", "ann",    "defer"],  "RCPT: 450 4.7.1"),
    (["9", "client", "ann",    "refuse"], "RCPT: 550 5.7.1"),
    (["9", "client", "ann",    "fail"],   "RCPT: 451 4.3.0"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_lets_on_or_denies_at_each_step() {
    the_table_holds(Actor::Script).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_lets_on_or_denies_at_each_step() {
    the_table_holds(Actor::Plugin).await;
}

async fn the_table_holds(actor: Actor) {
    let (relay, _host) = actor.relay().await;
    let mut wrong = Vec::new();
    for (case, expected) in CASES {
        let met = met(&relay, case).await;
        if !met.starts_with(expected) {
            wrong.push(format!("  {case:?} -> {expected}, but: {met}"));
        }
    }
    assert!(wrong.is_empty(), "{actor:?}:\n{}", wrong.join("\n"));
    for hook in ["connect", "ehlo", "mail", "rcpt"] {
        for verdict in ["accept", "defer", "refuse", "failure"] {
            let awaited = format!("{verdict} at {hook}");
            let decided = relay.decision(awaited, |it| {
                it.is("incoming", hook)
                    && it.text("verdict") == verdict
                    && it.text("decided_by").starts_with(actor.place())
            });
            if verdict != "failure" {
                decided.await;
            } else {
                assert!(decided.await.text("reason").contains("broken"));
            }
        }
    }
}

/// How far a client comes.
async fn met(relay: &TestRelay, [octet, name, sender, recipient]: [&str; 4]) -> String {
    let mut client = relay.client_from([127, 0, 41, octet.parse().unwrap()]).await;
    if client.greeting.code != 220 {
        return format!("greeting: {}", client.greeting);
    }
    let mut step = format!("EHLO {name}.client.example");
    for (verb, next) in [
        ("EHLO", format!("MAIL FROM:<{sender}@client.example>")),
        ("MAIL", format!("RCPT TO:<{recipient}@there.example>")),
        ("RCPT", "DATA".to_owned()),
    ] {
        let reply = client.say(&step).await;
        if reply.code != 250 {
            return format!("{verb}: {reply}");
        }
        step = next;
    }
    client.say(&step).await.to_string()
}
