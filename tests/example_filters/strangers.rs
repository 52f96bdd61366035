//! Who may connect and send, and how often: mail that is taken arrives as it was.

use std::net::IpAddr;
use std::time::Duration;

use waxseal_tests::client::Client;
use waxseal_tests::dns::Zone;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::wait::soon;

use super::{Case, OUTSIDE, RECIPIENT, arrive, head, send, shipped};

const STRANGER: &str = "eve@elsewhere.example";

/// A recipe's filter on a relay.
async fn recipe(name: &str, site: Site, text: String) -> (TestRelay, Host) {
    let host = Host::start(Mode::NoStartTls).await;
    let site = site.policy(&format!("filters/{name}.rhai"), text).host("there.example", host.address);
    (site.start().await, host)
}

fn filter(name: &str) -> String {
    shipped(&format!("recipes/{name}/policies/filters/{name}.rhai"))
}

fn hello() -> Vec<Case> {
    vec![Case::same("mail", [head("").as_bytes(), b"Gr\xfc\xdfe\r\n"].concat())]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_on_a_block_list_is_turned_away_and_others_are_not() {
    let zone = Zone::default().address("9.9.0.127.bl.example", IpAddr::from([127, 0, 0, 2]));
    // As a public resolver is answered.
    let zone = zone.address("10.9.0.127.bl.example", IpAddr::from([127, 255, 255, 254]));
    let (relay, host) = recipe("dnsbl", Site::new().zone(zone), filter("dnsbl")).await;
    let mut listed = relay.client_from(OUTSIDE).await;
    assert_eq!(listed.greeting.code, 554, "{}", listed.greeting);
    assert_ne!(listed.say("MAIL FROM:<eve@elsewhere.example>").await.code, 250);
    arrive(&relay, &host, [127, 0, 9, 10], STRANGER, hello()).await;
    arrive(&relay, &host, [127, 0, 9, 11], STRANGER, hello()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_comes_again_and_his_mail_arrives() {
    let text = filter("greylist");
    assert!(text.contains("fn delay() { \"5m\" }"));
    let site =
        Site::new().policy("lists/known_good.txt", shipped("recipes/greylist/policies/lists/known_good.txt"));
    let (relay, host) =
        recipe("greylist", site, text.replace("fn delay() { \"5m\" }", "fn delay() { \"1s\" }")).await;
    let mut early = relay.client_from(OUTSIDE).await;
    early.ehlo().await;
    assert_eq!(early.envelope(STRANGER, &[RECIPIENT]).await.codes(), "450 4.7.1");
    // A bounce comes from nobody, and is a stranger too.
    early.say("RSET").await;
    assert_eq!(early.envelope("", &[RECIPIENT]).await.codes(), "450 4.7.1");
    assert_eq!(early.envelope("a@partner.example", &[RECIPIENT]).await.code, 503, "a transaction is open");
    let let_in = async {
        loop {
            let mut client = relay.client_from(OUTSIDE).await;
            client.ehlo().await;
            if client.envelope(STRANGER, &[RECIPIENT]).await.code == 354 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    soon("the stranger to be let in", let_in).await;
    arrive(&relay, &host, OUTSIDE, STRANGER, hello()).await;
    arrive(&relay, &host, [127, 0, 9, 200], "", hello()).await;
    relay.drained().await;
    assert_eq!(host.messages().len(), 2, "what was interrupted is not sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rates_hold_connections_senders_and_recipients() {
    let site = Site::new().policy("lists/unlimited.txt", "127.0.1.1\n");
    let (relay, host) = recipe("rate_limit", site, filter("rate_limit")).await;

    // Connections of a network: a burst of sixty, and one each six seconds.
    let connected = async |source: [u8; 4]| relay.client_from(source).await.greeting.code;
    let mut taken = 0;
    while connected([127, 0, 8, taken + 1]).await == 220 {
        taken += 1;
        assert!(taken < 100, "nobody is turned away");
    }
    assert!(taken >= 60, "{taken}");
    assert_eq!(connected([127, 0, 9, 1]).await, 220, "another network");

    // A sender, whoever it writes to: two hundred, and one each eighteen seconds.
    let mut client = relay.client_from(OUTSIDE).await;
    client.ehlo().await;
    let (taken, denied) =
        recipients(&mut client, STRANGER, |number| format!("b{number}@there.example")).await;
    assert!((200..220).contains(&taken), "{taken}");
    assert_eq!(denied, "450 4.7.1");
    client.say("RSET").await;

    // A recipient, whoever writes: a burst of a hundred, and one each seven seconds.
    let mut taken = 0;
    let denied = loop {
        client.say(&format!("MAIL FROM:<a{taken}@client.example>")).await;
        let reply = client.say(&format!("RCPT TO:<{RECIPIENT}>")).await;
        client.say("RSET").await;
        if reply.code != 250 {
            break reply.codes();
        }
        taken += 1;
    };
    assert!((100..140).contains(&taken), "{taken}");
    assert_eq!(denied, "450 4.2.1");

    // Who has no limit, and mail that is beneath all of them.
    let reply = send(&relay, [127, 0, 1, 1], (STRANGER, &[RECIPIENT]), &hello()[0].sent).await;
    assert_eq!(reply.code, 250, "{reply}");
    assert_eq!(super::untraced(&host.messages_until(1).await[0]), hello()[0].sent);
    let reply =
        send(&relay, OUTSIDE, ("other@elsewhere.example", &["other@there.example"]), &hello()[0].sent).await;
    assert_eq!(reply.code, 250, "{reply}");
    assert_eq!(super::untraced(&host.messages_until(2).await[1]), hello()[0].sent);
}

/// How many recipients a sender is allowed, and what it is told of the first that is one too many.
async fn recipients(client: &mut Client, sender: &str, name: impl Fn(usize) -> String) -> (usize, String) {
    client.say(&format!("MAIL FROM:<{sender}>")).await;
    for number in 0.. {
        let reply = client.say(&format!("RCPT TO:<{}>", name(number))).await;
        if reply.code != 250 {
            return (number, reply.codes());
        }
    }
    unreachable!("there are numbers without end")
}
