//! What another session notices while a plugin runs in circles for some clients: the time of a command
//! at which the same plugin is asked.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use criterion::Criterion;
use tokio::task::JoinSet;
use waxseal_tests::client::Client;
use waxseal_tests::site::Site;
use waxseal_tests::unlucky;

use super::runtime;

const UNLUCKY: [u8; 4] = [127, 0, 11, 1];
const LUCKY: [u8; 4] = [127, 0, 0, 1];

pub(crate) fn run(criterion: &mut Criterion) {
    let runtime = runtime();
    let circles = "(loop $for_ever (br $for_ever))";
    let plugin = unlucky::plugin("incoming", "mail", "client, mail", "127.0.11.1", circles);
    let mut group = criterion.benchmark_group("MAIL and RSET of another session");
    group.sample_size(20).measurement_time(Duration::from_secs(5));
    for circling in [0, 1, 2, 8] {
        // Each with a relay of its own: a plugin of which nobody asks for anything good rests soon.
        let site = Site::new().policy("incoming/unlucky.wasm", &plugin).incoming(&[r#""*" unlucky"#]);
        let relay = runtime.block_on(site.start());
        let mut clients = JoinSet::new();
        for _ in 0..circling {
            clients.spawn_on(circle(relay.address), runtime.handle());
        }
        let mut client = runtime.block_on(ready(LUCKY, relay.address));
        group.bench_function(format!("while a plugin runs in circles for {circling} clients"), |bencher| {
            bencher.iter(|| {
                runtime.block_on(async {
                    assert_eq!(client.say("MAIL FROM:<a@client.example>").await.code, 250);
                    client.say("RSET").await;
                });
            });
        });
    }
}

/// One after another, for ever. What the client is told does not matter here.
async fn circle(relay: SocketAddr) {
    loop {
        let mut client = ready(UNLUCKY, relay).await;
        client.say("MAIL FROM:<a@client.example>").await;
    }
}

async fn ready(source: [u8; 4], relay: SocketAddr) -> Client {
    Client::ready(IpAddr::from(source), relay, None).await.unwrap()
}
