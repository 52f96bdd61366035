//! Conversations with a milter that answers as it is told, over loopback.

mod failing;
mod fake;
mod outages;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use waxseal_plugins::verdicts::Edit;

use self::fake::{Fake, Reaction, frame};
use super::*;
use crate::config::{Milter, MilterTimeouts, OnFailure};
use crate::message::anatomy::Headed;
use crate::message::headers::HeaderSection;
use crate::observe::{Observer, SessionId};
use crate::smtp::reply::Reply;

const OWN: &str = "Received: from client.example\r\n\tby mx.example; today\r\n";
const MESSAGE: &str = "Received: from elsewhere\r\nSubject: test\r\n folded\r\n\r\nbody\r\n";

/// A message on paper. Of the edits it knows those that tests make of it.
#[derive(Debug)]
struct Paper {
    content: Bytes,
    headers: HeaderSection,
}

impl Paper {
    fn new() -> Self {
        Self::from(format!("{OWN}{MESSAGE}"))
    }
}

impl From<String> for Paper {
    fn from(text: String) -> Self {
        let content = Bytes::from(text);
        Self { headers: HeaderSection::parse(&content), content }
    }
}

impl Draft for Paper {
    fn message(&self) -> Headed<'_> {
        Headed { headers: &self.headers, content: &self.content }
    }

    fn own(&self) -> &[u8] {
        OWN.as_bytes()
    }

    fn limit(&self) -> u64 {
        10_000
    }

    fn apply(&mut self, edits: &[Edit]) -> Result<(), Unapplied> {
        for edit in edits {
            if let Edit::InsertHeader { position: 0, header } = edit {
                let value = String::from_utf8_lossy(&header.value);
                let old = String::from_utf8_lossy(&self.content).into_owned();
                *self = Self::from(format!("{}: {value}\r\n{old}", header.name));
            }
        }
        Ok(())
    }
}

fn milter(fake: &Fake) -> Milter {
    let wait = Duration::from_secs(20);
    Milter {
        name: "fake".into(),
        address: fake.address.clone(),
        on_failure: OnFailure::Defer,
        daemon_name: None,
        version: VERSION,
        timeouts: MilterTimeouts { connect: wait, command: wait, content: wait, end: wait },
    }
}

fn chain(milters: Vec<Milter>) -> Box<Chain> {
    watched(milters, &Observer::off())
}

fn watched(milters: Vec<Milter>, observer: &Observer) -> Box<Chain> {
    let milters: Vec<_> = milters.into_iter().map(Arc::new).collect();
    let client = Client {
        hostname: "mx.example".into(),
        listener: "127.0.0.1:25".parse().unwrap(),
        address: "192.0.2.1:1025".parse().unwrap(),
        name: None,
        ehlo: String::new(),
        tls: None,
    };
    Chain::new(&milters, client, observer.clone(), SessionId("test".into())).unwrap()
}

/// A session up to EHLO.
async fn greet(chain: &mut Chain) -> Result<(), Reply> {
    chain.connect().await?;
    chain.helo("client.example").await
}

/// A whole message; where it is denied before its end, that is its disposition.
async fn send(chain: &mut Chain) -> Outcome {
    let early = async {
        chain.mail("<a@client.example>", &["SIZE=10".to_owned()]).await?;
        chain.rcpt("<b@mx.example>", &[]).await?;
        chain.data().await
    };
    match early.await {
        Ok(()) => chain.message("id-7", &mut Paper::new()).await,
        Err(reply) => {
            chain.abort().await;
            let disposition = Disposition::Deny { milter: "early".into(), reply };
            Outcome { edits: vec![], disposition }
        }
    }
}

/// What it comes to, in a word; with the codes of a reply.
fn word(outcome: &Outcome) -> String {
    match &outcome.disposition {
        Disposition::Deny { reply, .. } => reply.to_wire().chars().take(9).collect(),
        other => other.word().to_owned(),
    }
}
