//! A milter that is not there: mail is deferred, and every face of the admin side says so until it answers again.

use waxseal_tests::client::message;
use waxseal_tests::command::{self, waxseal};
use waxseal_tests::http::Request;
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

/// A relay whose milter nobody is at, and where that would be.
async fn relay(keys: &str) -> (TestRelay, String) {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let site = Site::new().milter("rspamd", &nobody, keys).set("admin", "address", "\"127.0.0.1:0\"");
    (site.start().await, nobody)
}

async fn send(relay: &TestRelay) -> u16 {
    let mut client = relay.client().await;
    client.ehlo().await;
    client.mail("a@client.example", &["b@there.invalid"], &message("waits")).await.code
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_sees_it_wherever_he_looks() {
    let (relay, nobody) = relay("").await;
    let configuration = relay.site.path("waxseal.toml");
    assert_eq!(waxseal(&configuration, &["status"]).await.code, Some(0));
    let mut tracing = command::trace(&configuration, &["--incoming"]).await;
    assert_eq!(send(&relay).await, 451);
    let failed = tracing.up_to("=> milter rspamd at MAIL: FAILED: it cannot be reached").await;
    assert!(failed.iter().any(|line| line.contains("C: MAIL FROM")), "{failed:#?}");

    let problem = format!("milter rspamd ({nobody}) fails since 20");
    let status = waxseal(&configuration, &["status"]).await;
    assert_eq!(status.code, Some(1), "somebody should look: {status:?}");
    assert!(status.output.contains(&problem) && status.output.contains("cannot be reached"), "{status:?}");
    let health = Request::get("/health").send(relay.admin().unwrap()).await;
    assert_eq!((health.status, &health.json()["ready"]), (200, &true.into()));
    let problems = health.json()["problems"].to_string();
    assert!(problems.contains(&problem) && problems.contains("mail is deferred"), "{problems}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_passed_over_is_not_counted_as_having_accepted() {
    let (relay, _) = relay("on_failure = \"skip\"").await;
    assert_eq!(send(&relay).await, 250);
    let metrics = relay.metrics();
    assert!(
        !metrics.contains("waxseal_milter_messages_total{milter=\"rspamd\",outcome=\"accepted\"}"),
        "{metrics}"
    );
    let problems = Request::get("/health").send(relay.admin().unwrap()).await.json()["problems"].to_string();
    assert!(problems.contains("MAIL GOES ON WITHOUT IT"), "{problems}");
}
