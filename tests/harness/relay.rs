//! A relay in this process.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use waxseal::config::Config;
use waxseal::relay::{Relay, Reload};
use waxseal::spool::{MessageId, Status, Tags};
use waxseal_plugins::reload::{Reloaded, Removals};
use waxseal_plugins::verdicts::EnhancedCode;

use crate::client::Client;
use crate::decisions::{self, Decision};
use crate::dns::NameServer;
use crate::kept::Kept;
use crate::save::Style;
use crate::site::{Site, table};
use crate::wait::{soon, until};

/// A running relay, with its files and its name server.
pub struct TestRelay {
    /// Its files.
    pub site: Site,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it listens for TLS from the first byte, if it does.
    pub implicit: Option<SocketAddr>,
    relay: Relay,
    _name_server: NameServer,
}

impl Site {
    /// Starts a relay in this process.
    pub async fn start(self) -> TestRelay {
        let (site, name_server) = self.with_name_server().await;
        let relay = Relay::start(load(&site)).await.unwrap_or_else(|error| panic!("no start: {error}"));
        TestRelay {
            address: relay.listeners[0],
            implicit: relay.listeners.get(1).copied(),
            relay,
            site,
            _name_server: name_server,
        }
    }

    /// Starts its name server, which answers until it is dropped.
    pub async fn with_name_server(self) -> (Self, NameServer) {
        let name_server = NameServer::start(self.zone.clone()).await;
        let servers = format!("[\"{}\"]", name_server.address);
        (self.set("dns", "servers", servers), name_server)
    }
}

impl TestRelay {
    /// A client that has read the greeting.
    pub async fn client(&self) -> Client {
        Client::connect(self.address).await
    }

    /// A client from a loopback address of one's choice.
    pub async fn client_from(&self, source: [u8; 4]) -> Client {
        Client::connect_from(IpAddr::from(source), self.address).await
    }

    /// Hands a message to the relay in clear; it must be accepted.
    pub async fn accept(&self, sender: &str, recipient: &str, content: &str) {
        let mut client = self.client().await;
        client.ehlo().await;
        let reply = client.mail(sender, &[recipient], content).await;
        assert_eq!(reply.code, 250, "mail from <{sender}> to <{recipient}>: {reply}");
        client.say("QUIT").await;
    }

    /// The generation of the bundle in force.
    pub fn generation(&self) -> u64 {
        self.relay.services.live.current().generation()
    }

    /// Tells of each swap of the bundle.
    pub fn swaps(&self) -> watch::Receiver<u64> {
        self.relay.services.live.subscribe()
    }

    /// Saves a policy file, awaits the bundle that has it, and gives its generation.
    pub async fn edit(&self, path: &str, content: impl AsRef<[u8]>, style: Style) -> u64 {
        let mut swaps = self.swaps();
        let before = *swaps.borrow_and_update();
        style.save(&self.site.policies().join(path), content);
        let swapped = async {
            loop {
                let newest = *swaps.borrow_and_update();
                if newest != before {
                    return newest;
                }
                swaps.changed().await.expect("the relay runs as long as the test holds it");
            }
        };
        soon(format!("a swap after {path} was saved ({style:?})"), swapped).await
    }

    /// Replaces the domain table, and awaits its bundle.
    pub async fn retable(&self, incoming: &[&str], outgoing: &[&str]) -> u64 {
        self.edit("domains.rhai", &table(incoming, outgoing), Style::RenameOver).await
    }

    /// Saves a policy file that is to be rejected, and awaits that.
    pub async fn rejects(&self, path: &str, content: impl AsRef<[u8]>) {
        let live = &self.relay.services.live;
        let before = live.status().rejected;
        Style::RenameOver.save(&self.site.policies().join(path), content);
        until(format!("{path} to be rejected"), || (live.status().rejected > before).then_some(())).await;
    }

    /// Reads the policies now, as `waxseal reload` does, without waiting for the watcher.
    pub async fn reload(&self) -> Reloaded {
        soon("the end of a reload", self.relay.services.live.reload(Removals::Refuse)).await
    }

    /// The metrics, as they are shown.
    pub fn metrics(&self) -> String {
        self.relay.services.observer.metrics().encode()
    }

    /// The metrics as Prometheus reads them; the site must have an `admin.address`.
    pub async fn scraped(&self) -> String {
        let admin = self.relay.admin.expect("an admin address");
        let mut stream = TcpStream::connect(admin).await.expect("it listens");
        let request = b"GET /metrics HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.expect("a request");
        let mut answer = String::new();
        soon("the metrics", stream.read_to_string(&mut answer)).await.expect("an answer");
        answer
    }

    /// Reads them as `waxseal reload --accept-removals` does.
    pub async fn accept_removals(&self) -> Reloaded {
        soon("the end of a reload", self.relay.services.live.reload(Removals::Accept)).await
    }

    /// Reads policies, certificates and keys now, as `waxseal reload` and SIGHUP do.
    pub async fn reload_everything(&self) -> Reload {
        soon("the end of a reload", self.relay.services.reload(Removals::Refuse)).await
    }

    /// Whether somebody follows what happens in it.
    pub fn is_followed(&self) -> bool {
        self.relay.services.observer.is_followed()
    }

    /// Where it serves metrics and health, if it does.
    pub fn admin(&self) -> Option<SocketAddr> {
        self.relay.admin
    }

    /// The decisions so far.
    pub fn decisions(&self) -> Vec<Decision> {
        decisions::read(&self.site.data())
    }

    /// Awaits a decision.
    pub async fn decision(&self, awaited: impl Display, matches: impl Fn(&Decision) -> bool) -> Decision {
        until(awaited, || self.decisions().into_iter().find(|decision| matches(decision))).await
    }

    /// Awaits the spool to be empty.
    pub async fn drained(&self) {
        self.waits(0).await;
    }

    /// Awaits so many messages to wait in the spool: what a host has taken is settled a moment later.
    pub async fn waits(&self, count: u64) {
        let settled = async {
            while self.waiting().await != count {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        soon(format!("{count} messages in the spool"), settled).await;
    }

    /// Puts a destination off for so long, since it would be of no use to try.
    pub async fn put_off(&self, domain: &str, time: Duration) {
        let reason = "the test has put it off".to_owned();
        let why = Status {
            code: EnhancedCode::new(4, 4, 1),
            reason,
            host: None,
            reply: None,
            way: None,
            failure: None,
        };
        let until = Timestamp::now() + time;
        let put_off = self.relay.services.spool.put_off(domain, Some((until, why))).await;
        put_off.expect("a spool that can be written");
    }

    /// Keeps a message in quarantine, as a filter would; gives its id.
    pub async fn quarantine(&self, sender: &str, recipient: &str, content: &str, reason: &str) -> MessageId {
        let (recipients, since) = (&[recipient][..], Timestamp::now());
        let kept = Kept { sender, recipients, content, reason, since, tags: Tags::default() };
        kept.commit(self.relay.services.spool.as_ref()).await
    }

    /// How many messages wait in the spool.
    pub async fn waiting(&self) -> u64 {
        self.relay.services.spool.stats().await.expect("a spool that can be asked").messages
    }

    /// Stops it as SIGTERM does, and gives its files back.
    pub async fn stop(self) -> Site {
        soon("the relay's end", self.relay.stop()).await;
        self.site
    }
}

/// Reads the configuration that the site writes.
pub(crate) fn load(site: &Site) -> Config {
    match Config::load(&site.write()) {
        Ok((config, _)) => config,
        Err(diagnostics) => {
            let said: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
            panic!("the configuration is refused:\n{}", said.join("\n"));
        }
    }
}
