//! Clients that hand in mail, each in its way, until the relay is gone, and write into the ledger what was
//! answered with 250.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::ClientConfig;
use tokio::task::JoinSet;
use waxseal_tests::client::Client;

use super::ledger::Ledger;
use super::{CHUNKS, CLEAR, POSTBOX, SEALED};

/// How a client sends.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// One command after the other.
    Stepwise,
    /// The whole envelope at once, with DATA.
    Pipelined,
    /// Envelope and content at once, in two chunks.
    Chunks,
}

/// In clear and inside TLS.
const CLIENTS: [(Way, Over); 5] = [
    (Way::Stepwise, Over::Clear),
    (Way::Pipelined, Over::Tls),
    (Way::Chunks, Over::Clear),
    (Way::Chunks, Over::Tls),
    (Way::Pipelined, Over::Clear),
];

#[derive(Clone, Copy, Debug)]
enum Over {
    Clear,
    Tls,
}

/// The clients, and the numbers of their mails.
pub(super) struct Senders {
    ledger: Ledger,
    tls: Arc<ClientConfig>,
    numbers: Arc<AtomicUsize>,
}

impl Senders {
    pub(super) fn new(ledger: Ledger, tls: Arc<ClientConfig>) -> Self {
        Self { ledger, tls, numbers: Arc::default() }
    }

    /// Connects all of them; they send until the relay is gone.
    pub(super) async fn start(&self, relay: SocketAddr) -> JoinSet<()> {
        let mut sending = JoinSet::new();
        for (way, over) in CLIENTS {
            let tls = match over {
                Over::Clear => None,
                Over::Tls => Some(&self.tls),
            };
            let client = Client::ready([127, 0, 0, 1].into(), relay, tls).await.expect("a handshake");
            sending.spawn(send(client, way, self.ledger.clone(), Arc::clone(&self.numbers)));
        }
        sending
    }
}

async fn send(mut client: Client, way: Way, ledger: Ledger, numbers: Arc<AtomicUsize>) {
    loop {
        let mail = Mail::new(numbers.fetch_add(1, Ordering::Relaxed));
        match mail.send(&mut client, way).await {
            250 => ledger.accepted(mail.number.to_string(), mail.destinations()),
            0 => return,
            code => panic!("a relay that is well says {code}, {way:?}"),
        }
    }
}

/// A mail of the load.
struct Mail {
    number: usize,
    content: String,
}

impl Mail {
    /// Most are small; a few are large, and have files of their own in the spool.
    fn new(number: usize) -> Self {
        let lines = if number % 40 == 7 { 6000 } else { 3 + number % 50 };
        let body = "A line of fifty octets, of which a mail is made.\r\n".repeat(lines);
        let head = format!("Message-ID: <load-{number}@load.example>\r\nSubject: load {number}\r\n");
        Self { number, content: format!("{head}\r\n{body}end {number}\r\n") }
    }

    /// Whom it is for. Who is unknown comes back.
    fn recipients(&self) -> Vec<String> {
        let known = [CLEAR, SEALED, CHUNKS].into_iter().enumerate();
        let known = known.filter(|(bit, _)| (self.number % 7 + 1) & (1 << bit) != 0);
        let known = known.map(|(_, domain)| format!("someone@{domain}"));
        known.chain(self.comes_back().then(|| format!("unknown@{SEALED}"))).collect()
    }

    /// Where there must be word of it.
    fn destinations(&self) -> Vec<&'static str> {
        let recipients = self.recipients();
        let has = |domain: &&str| recipients.iter().any(|it| *it == format!("someone@{domain}"));
        let known = [CLEAR, SEALED, CHUNKS].into_iter().filter(has);
        known.chain(self.comes_back().then_some(POSTBOX)).collect()
    }

    fn comes_back(&self) -> bool {
        self.number % 5 == 2
    }

    /// Hands it in; the last code, or the first that is no success. 0: the relay is gone.
    async fn send(&self, client: &mut Client, way: Way) -> u16 {
        let sender = format!("load@{POSTBOX}");
        let recipients = self.recipients();
        if let Way::Stepwise = way {
            let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
            return client.mail(&sender, &recipients, &self.content).await.code;
        }
        let mut group = format!("MAIL FROM:<{sender}>\r\n");
        recipients.iter().for_each(|recipient| group += &format!("RCPT TO:<{recipient}>\r\n"));
        let mut codes = vec![250; 1 + recipients.len()];
        match way {
            Way::Chunks => {
                let (first, rest) = self.content.split_at(self.content.len() / 3);
                group += &format!("BDAT {}\r\n{first}BDAT {} LAST\r\n{rest}", first.len(), rest.len());
                codes.extend([250, 250]);
            }
            Way::Stepwise | Way::Pipelined => {
                group += "DATA\r\n";
                codes.push(354);
            }
        }
        client.send(group).await;
        for code in codes {
            let said = client.reply().await.code;
            if said != code {
                return said;
            }
        }
        match way {
            Way::Chunks => 250,
            Way::Stepwise | Way::Pipelined => client.say(&format!("{}.", self.content)).await.code,
        }
    }
}
