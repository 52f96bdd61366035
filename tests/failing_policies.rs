//! A policy that fails while mail flows opens nothing, and takes nothing down.
//!
//! The policies fail for one peer alone, which no check before the reload can know of: scripts here,
//! plugins in `hostile_plugins.rs`. All of them are in one relay, each with peers of its own.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::task::JoinSet;
use waxseal_tests::ca::Identity;
use waxseal_tests::client::{Client, message};
use waxseal_tests::decisions::Decision;
use waxseal_tests::host::{Host, Mode, Session};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};

/// The ways in which a script fails, and what the decision log says of it.
const FAILURES: [(&str, &str); 4] =
    [(r#"throw "bad luck""#, "bad luck"), ("loop {}", ""), ("return 42", ""), ("[1][7]", "")];

/// Each hook for incoming mail, what it is given, and what its failure is told as.
#[rustfmt::skip]
pub(crate) const INCOMING: [(&str, &str, Told); 7] = [
    ("connect",     "client",              Told::AtMail),
    ("offer",       "client",              Told::AtMail),
    ("start",       "client",              Told::AtStartTls),
    ("cipher",      "client, hello",       Told::InTheHandshake),
    ("certificate", "client, certificate", Told::AtMailInsideTls),
    ("mail",        "client, mail",        Told::AtMail),
    ("rcpt",        "client, recipient",   Told::AtRcpt),
];

/// Each hook for outgoing mail, and what it is given.
pub(crate) const OUTGOING: [(&str, &str); 5] = [
    ("offer", "host"),
    ("start", "host"),
    ("cipher", "host, handshake"),
    ("certificate", "host, certificate"),
    ("mail", "host, mail"),
];

/// Where an unlucky client hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// STARTTLS is offered, and every MAIL gets `451 4.3.0`, in clear and inside TLS.
    AtMail,
    /// `454 4.7.0`.
    AtStartTls,
    /// The alert `internal_error`.
    InTheHandshake,
    /// MAIL inside TLS gets `451 4.3.0`.
    AtMailInsideTls,
    /// RCPT gets `451 4.3.0`.
    AtRcpt,
}

/// A policy, or a filter for a hook that only filters have, that fails there for one peer alone.
pub(crate) struct Failing {
    /// Its name and its peers have it.
    pub(crate) number: u8,
    pub(crate) hook: &'static str,
    /// What it is, as in `rhai`.
    pub(crate) extension: &'static str,
    /// The script, or the plugin.
    pub(crate) content: Vec<u8>,
    /// What the decision log says of the failure, and where: after the name of the file.
    pub(crate) logged: &'static str,
    pub(crate) place: &'static str,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_failure_for_a_client_takes_its_mail_or_harms_another() {
    let cells = INCOMING.into_iter().flat_map(|hook| FAILURES.map(|failure| (hook, failure)));
    let cells = (1..).zip(cells).map(|(number, ((hook, parameters, told), (failure, logged)))| {
        let condition = format!("client.address == \"{}\"", unlucky_client(number));
        let script = script("incoming", hook, parameters, &condition, failure);
        (Failing::script(number, hook, script, logged), told)
    });
    fail_for_clients(cells.collect()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_failure_for_a_host_sends_it_mail_on_any_path() {
    let cells = OUTGOING.into_iter().flat_map(|hook| FAILURES.map(|failure| (hook, failure)));
    let cells = (1..).zip(cells).map(|(number, ((hook, parameters), (failure, logged)))| {
        let condition = format!("host.domain == \"{}\"", unlucky_domain(number));
        let script = script("outgoing", hook, parameters, &condition, failure);
        Failing::script(number, hook, script, logged)
    });
    fail_for_hosts(cells.collect()).await;
}

/// The client for whom a policy fails.
pub(crate) fn unlucky_client(number: u8) -> IpAddr {
    IpAddr::from([127, 0, 11, number])
}

/// The domain for whose hosts it fails.
pub(crate) fn unlucky_domain(number: u8) -> String {
    format!("unlucky{number}.example")
}

/// All of them at once: what their clients are told, and that others are served. Gives the relay.
pub(crate) async fn fail_for_clients(cells: Vec<(Failing, Told)>) -> Arc<TestRelay> {
    let mut site = Site::new();
    for (failing, _) in &cells {
        let (name, unlucky, lucky) = (failing.name(), unlucky_client(failing.number), failing.lucky_client());
        let policy = if failing.is_filter() { "attempt" } else { &name };
        let rows = [unlucky, lucky].map(|client| format!("\"{client}\" {policy}"));
        site = site
            .policy(&failing.path("incoming"), &failing.content)
            .incoming(&rows.each_ref().map(|row| &**row));
    }
    let relay = Arc::new(site.start().await);
    let mut running = JoinSet::new();
    for (failing, told) in cells {
        let relay = Arc::clone(&relay);
        running.spawn(async move {
            told.holds(&relay, &failing).await;
            failing.is_logged(&relay, "incoming").await;
        });
    }
    running.join_all().await;
    relay
}

/// All of them at once: nothing crosses to their hosts, and other mail does. Gives the relay.
pub(crate) async fn fail_for_hosts(cells: Vec<Failing>) -> Arc<TestRelay> {
    let (mut site, mut hosts) = (Site::new(), Vec::new());
    for failing in &cells {
        let host = Host::start(Mode::tls(&Identity::self_signed(&["mx.there.example"]))).await;
        site = site.policy(&failing.path("outgoing"), &failing.content);
        for domain in [unlucky_domain(failing.number), failing.lucky_domain()] {
            site = site.outgoing(&[&format!("\"{domain}\" {}", failing.name())]).host(&domain, host.address);
        }
        hosts.push(host);
    }
    let (relay, waiting) = (Arc::new(site.start().await), cells.len() as u64);
    let mut running = JoinSet::new();
    for (failing, host) in cells.into_iter().zip(hosts) {
        let relay = Arc::clone(&relay);
        running.spawn(async move { failing.keeps_the_mail_from(&host, &relay).await });
    }
    let _hosts = running.join_all().await;
    relay.waits(waiting).await;
    relay
}

/// A policy of this hook alone beside `mail`, which fails under a condition.
fn script(direction: &str, hook: &str, parameters: &str, condition: &str, failure: &str) -> String {
    let good = match (direction, hook) {
        ("incoming", "offer") => "advertise()",
        ("outgoing", "offer") => "start_tls()",
        _ => "accept()",
    };
    let mail = match (direction, hook) {
        (_, "mail") => "",
        ("incoming", _) => "fn mail(client, mail) { accept() }",
        (_, _) => "fn mail(host, mail) { accept() }",
    };
    format!("fn {hook}({parameters}) {{ if {condition} {{ {failure} }} {good} }}\n{mail}\n")
}

impl Failing {
    fn script(number: u8, hook: &'static str, script: String, logged: &'static str) -> Self {
        Self { number, hook, extension: "rhai", content: script.into_bytes(), logged, place: ":1:" }
    }

    fn name(&self) -> String {
        format!("unlucky{}", self.number)
    }

    fn is_filter(&self) -> bool {
        matches!(self.hook, "connect" | "rcpt")
    }

    fn path(&self, direction: &str) -> String {
        let folder = if self.is_filter() { "filters" } else { direction };
        format!("{folder}/{}.{}", self.name(), self.extension)
    }

    fn lucky_client(&self) -> IpAddr {
        IpAddr::from([127, 0, 12, self.number])
    }

    fn lucky_domain(&self) -> String {
        format!("lucky{}.example", self.number)
    }

    async fn keeps_the_mail_from(&self, host: &Host, relay: &TestRelay) {
        let [unlucky, lucky] = [unlucky_domain(self.number), self.lucky_domain()].map(|it| format!("b@{it}"));
        relay.accept("a@client.example", &unlucky, &message("unlucky")).await;
        relay.accept("a@client.example", &lucky, &message("lucky")).await;
        self.is_logged(relay, "outgoing").await;
        let taken = host.messages_until(1).await;
        assert_eq!(taken[0].recipients, [lucky], "{self}");
        let asked = |session: &Session| session.commands.iter().any(|it| it.contains(&unlucky));
        assert!(!host.sessions().iter().any(asked), "{self}: the envelope crossed");
    }

    async fn is_logged(&self, relay: &TestRelay, direction: &str) {
        let place = self.path(direction) + self.place;
        let failed = |it: &Decision| {
            it.is(direction, self.hook)
                && it.text("verdict") == "failure"
                && it.text("decided_by").starts_with(&place)
        };
        let failure = relay.decision(format!("the failure of {self}"), failed).await;
        assert!(failure.text("reason").contains(self.logged), "{self}: {failure:?}");
    }
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.name(), self.hook, String::from_utf8_lossy(&self.content))
    }
}

impl Told {
    async fn holds(self, relay: &TestRelay, failing: &Failing) {
        let config = tls::client(None, Versions::Modern);
        let mut other = Client::ready(failing.lucky_client(), relay.address, Some(&config)).await.unwrap();
        let envelope = other.envelope("a@client.example", &["b@there.example"]).await;
        assert_eq!(envelope.code, 354, "{failing}: another client: {envelope}");

        let mut client = Client::connect_from(unlucky_client(failing.number), relay.address).await;
        assert!(client.ehlo().await.offers("STARTTLS"), "{failing}");
        match self {
            Self::AtMail => {
                assert_eq!(mail(&mut client).await, "451 4.3.0", "{failing}");
                assert_eq!(inside(client, &config).await, "451 4.3.0", "{failing}");
            }
            Self::AtStartTls => assert_eq!(client.say("STARTTLS").await.codes(), "454 4.7.0", "{failing}"),
            Self::InTheHandshake => {
                let failed = client.start_tls(&config).await.err().unwrap();
                assert!(failed.to_string().contains("InternalError"), "{failing}: {failed}");
            }
            Self::AtMailInsideTls => assert_eq!(inside(client, &config).await, "451 4.3.0", "{failing}"),
            Self::AtRcpt => {
                let reply = client.envelope("a@client.example", &["b@there.example"]).await;
                assert_eq!(reply.codes(), "451 4.3.0", "{failing}");
            }
        }
    }
}

/// What MAIL is answered inside TLS.
async fn inside(client: Client, config: &Arc<rustls::ClientConfig>) -> String {
    let mut client = client.start_tls(config).await.expect("a handshake");
    client.ehlo().await;
    mail(&mut client).await
}

async fn mail(client: &mut Client) -> String {
    client.say("MAIL FROM:<a@client.example>").await.codes()
}
