//! Mail made for a spool, and a spool to give it to.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::task::JoinSet;
use waxseal::smtp::dsn::{MessageDsn, RecipientDsn};
use waxseal::spool::{
    Body, Embedded, Envelope, Lease, MessageId, NewRecipient, Outcome, Room, Settlement, Spool, SpoolError,
};

/// A spool of the benchmark's own, removed when it is dropped.
pub(crate) struct Load {
    pub(crate) spool: Arc<Embedded>,
    pub(crate) folder: tempfile::TempDir,
}

/// Every destination has as much room as it wants.
pub(crate) struct Endless;

impl Room for Endless {
    fn leases(&self, _: &str) -> usize {
        usize::MAX
    }
}

impl Load {
    /// In the folder for temporary files, or where `WAXSEAL_BENCH_DIR` says: a disk that syncs.
    pub(crate) fn new() -> Self {
        let folder = match std::env::var_os("WAXSEAL_BENCH_DIR") {
            Some(at) => tempfile::tempdir_in(at),
            None => tempfile::tempdir(),
        };
        let folder = folder.expect("a folder");
        Self { spool: Arc::new(open(folder.path())), folder }
    }

    /// So many messages of so many octets come in over so many sessions, for so many domains.
    pub(crate) async fn enqueue(&self, messages: u64, sessions: u64, octets: usize, domains: u64) {
        enqueue(&self.spool, messages, (sessions, octets, domains)).await;
    }

    /// Delivers all that is due: so many at once, each with a body that is read.
    pub(crate) async fn deliver(&self, messages: u64, at_once: usize) {
        let (mut delivered, mut attempts) = (0, JoinSet::new());
        while delivered < messages {
            let free = at_once - attempts.len();
            if free > 0 {
                for lease in self.spool.lease(free, Arc::new(Endless)).await.expect("leases") {
                    attempts.spawn(attempt(Arc::clone(&self.spool), lease));
                }
            }
            match attempts.join_next().await {
                Some(_) => delivered += 1,
                None => self.spool.wait_due().await,
            }
            while attempts.try_join_next().is_some() {
                delivered += 1;
            }
        }
    }
}

/// See [`Load::enqueue`]: sessions, octets, domains.
pub(crate) async fn enqueue(
    spool: &Arc<Embedded>,
    messages: u64,
    (sessions, octets, domains): (u64, usize, u64),
) {
    let content = Bytes::from(vec![b'x'; octets]);
    let mut tasks = JoinSet::new();
    for session in 0..sessions {
        let (spool, content) = (Arc::clone(spool), content.clone());
        let share = messages / sessions + u64::from(session < messages % sessions);
        tasks.spawn(async move {
            for number in 0..share {
                let domain = format!("d{}.example", (session + number * sessions) % domains);
                accept(&*spool, &content, domain).await.expect("room for the mail");
            }
        });
    }
    tasks.join_all().await;
}

pub(crate) fn open(folder: &Path) -> Embedded {
    Embedded::open(&folder.join("spool")).expect("a spool")
}

async fn accept(spool: &dyn Spool, content: &Bytes, domain: String) -> Result<(), SpoolError> {
    let mut writer = spool.begin().await?;
    writer.write(Bytes::from_static(b"Received: from there by here\r\n")).await?;
    writer.write(content.clone()).await?;
    let body: Body = writer.finish().await?;
    let received = Timestamp::now();
    let envelope = Envelope {
        id: MessageId::now_v7(),
        received,
        sender: "alice@sender.example".to_owned(),
        size: content.len() as u64 + 30,
        eight_bit: false,
        smtp_utf8: false,
        dsn: MessageDsn::default(),
        tags: Default::default(),
        quarantine: None,
    };
    let recipient = NewRecipient {
        address: format!("bob@{domain}"),
        domain,
        dsn: RecipientDsn::default(),
        attention: received + jiff::SignedDuration::from_hours(4),
    };
    spool.commit(envelope, vec![recipient], body).await
}

async fn attempt(spool: Arc<Embedded>, lease: Lease) {
    let mut body = spool.open_body(&lease.body).await.expect("a body");
    while !body.read().await.expect("a whole body").is_empty() {}
    let outcomes = lease.recipients.iter().map(|recipient| (recipient.number, Outcome::Delivered));
    let settlement = Settlement {
        message: lease.envelope.id,
        epoch: lease.epoch,
        outcomes: outcomes.collect(),
        notices: vec![],
    };
    spool.settle(settlement).await.expect("a lease that is held");
}
