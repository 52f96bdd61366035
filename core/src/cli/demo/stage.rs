//! The running demo: mails go in, decisions and arrivals come out.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{sleep, timeout};

use super::certificates::Certificates;
use super::host::Arrival;
use super::mails::{MAILS, Mail};
use super::sender::{Answer, Sender};
use super::show::{Fate, Show};
use crate::observe::Record;
use crate::relay::Relay;
use crate::spool::Spool;

/// The longest wait for a mail to be settled: longer than any timeout of the demo's relay.
const SETTLED: Duration = Duration::from_secs(20);

/// How often the queue is asked whether anything is due.
const POLL: Duration = Duration::from_millis(20);

/// How long a decision may take from the relay to here once its mail is settled.
const TRAILING: Duration = Duration::from_millis(50);

/// The running demo.
pub(super) struct Stage {
    relay: Relay,
    sender: Sender,
    decisions: Receiver<Arc<Record>>,
    arrivals: UnboundedReceiver<Arrival>,
    show: Show,
}

impl Stage {
    pub(super) fn new(
        relay: Relay,
        arrivals: UnboundedReceiver<Arrival>,
        certificates: &Certificates,
    ) -> anyhow::Result<Self> {
        let address = *relay.listeners.first().context("the demo's relay listens nowhere")?;
        let sender = Sender::new(address, certificates.sender()?);
        let decisions = relay.services.observer.subscribe();
        Ok(Self { relay, sender, decisions, arrivals, show: Show::new() })
    }

    pub(super) fn relay(&self) -> &Relay {
        &self.relay
    }

    /// Sends each mail, and prints what is decided about it.
    pub(super) async fn round(&mut self) -> anyhow::Result<()> {
        for mail in &MAILS {
            self.show.mail(mail);
            let fate = self.follow(mail).await?;
            self.show.fate(&fate);
        }
        Ok(())
    }

    /// Prints what is decided about other people's mail. Can be dropped at any time.
    pub(super) async fn watch(&mut self) {
        tokio::select! {
            // A mail arrives after its last decision, and is shown after it.
            biased;
            Some(record) = next(&mut self.decisions) => self.show.decision(&record),
            Some(arrival) = self.arrivals.recv() => self.show.fate(&Fate::Arrived(arrival.tls)),
            else => {}
        }
    }

    /// Ends it.
    pub(super) async fn strike(self) {
        self.relay.stop().await;
    }

    /// Sends a mail, and prints what is decided until it is settled.
    pub(super) async fn follow(&mut self, mail: &Mail) -> anyhow::Result<Fate> {
        // What is left of an earlier mail is nobody's business now.
        while self.arrivals.try_recv().is_ok() {}
        let spool = Arc::clone(&self.relay.services.spool);
        let sender = self.sender.clone();
        let sent = async {
            let answer = sender.send(mail).await;
            settled(spool.as_ref()).await;
            answer
        };
        tokio::pin!(sent);
        let mut reason = String::new();
        let answer = loop {
            tokio::select! {
                answer = &mut sent => break answer?,
                record = next(&mut self.decisions) => self.note(record, mail, &mut reason),
            }
        };
        while let Ok(record) = timeout(TRAILING, next(&mut self.decisions)).await {
            self.note(record, mail, &mut reason);
        }
        let arrival = self.arrivals.try_recv().ok();
        Ok(match (answer, arrival) {
            (Answer::Refused(reply), _) => Fate::Refused(reply),
            (Answer::Taken, Some(arrival)) => Fate::Arrived(arrival.tls),
            (Answer::Taken, None) => Fate::Waits(reason),
        })
    }

    /// Prints a decision, and keeps the reason of the last one that held this mail back.
    fn note(&self, record: Option<Arc<Record>>, mail: &Mail, reason: &mut String) {
        let Some(record) = record else { return };
        self.show.decision(&record);
        if record.domain == mail.domain() && !record.reason.is_empty() {
            reason.clone_from(&record.reason);
        }
    }
}

/// The next decision; `None` where some were missed, since they came faster than they were printed.
async fn next(decisions: &mut Receiver<Arc<Record>>) -> Option<Arc<Record>> {
    match decisions.recv().await {
        Ok(record) => Some(record),
        Err(RecvError::Lagged(_)) => None,
        // The relay has ended, and so will the demo: until then there is nothing to print.
        Err(RecvError::Closed) => std::future::pending().await,
    }
}

/// Waits until nothing is due: every mail has arrived, or waits for its next attempt.
async fn settled(spool: &dyn Spool) {
    let idle = async {
        while spool.stats().await.is_ok_and(|stats| stats.due > 0) {
            sleep(POLL).await;
        }
    };
    // Where it takes too long, the fate says so: nothing arrived.
    let _ = timeout(SETTLED, idle).await;
}
