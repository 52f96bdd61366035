//! Asks for what is wanted, within a time and a bound on memory.

use std::net::IpAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use mail_auth::MessageAuthenticator;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::verify::{self, Message, Trouble};
use super::{Results, Wanted};
use crate::message::anatomy::Headed;
use crate::message::headers::SECTION;
use crate::names::NoResolver;
use crate::panics::unpanicking;

/// How much of header sections is held at once, KiB: whoever comes then waits.
const MEMORY: usize = 64 << 10;

/// The most that one message holds of it, KiB.
const LARGEST: u64 = (SECTION >> 10) as u64;

/// What is found out of the message itself.
const OF_MESSAGE: Wanted = Wanted::DKIM.with(Wanted::DMARC).with(Wanted::ARC);

/// Computes authentication results.
pub struct Authenticator {
    library: Result<MessageAuthenticator, NoResolver>,
    hostname: String,
    time: Duration,
    memory: Semaphore,
}

/// Where a message came from, as SMTP knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The client's address.
    pub client: IpAddr,
    /// What it called itself in EHLO.
    pub ehlo: &'a str,
    /// The reverse-path, without angle brackets; empty for notices.
    pub sender: &'a str,
}

/// Room for a header section that is held while something is found out of its message, and the time until all must be known.
#[derive(Debug)]
pub struct Room<'a> {
    /// Nothing, where the message is not needed.
    held: Result<Option<SemaphorePermit<'a>>, Trouble>,
    deadline: Deadline,
}

/// When everything must be known.
#[derive(Clone, Copy, Debug)]
struct Deadline(Instant);

impl Authenticator {
    /// Asks this resolver. Without one all results are `temperror`. `hostname` is our own name, `time` how long
    /// all that is wanted of a message may take.
    pub fn new(resolver: Result<TokioResolver, NoResolver>, hostname: &str, time: Duration) -> Self {
        let library = resolver.map(MessageAuthenticator);
        Self { library, hostname: hostname.to_owned(), time, memory: Semaphore::new(MEMORY) }
    }

    /// Makes room for the header section of a message of this size, before it is read. The time for all that is wanted begins.
    pub async fn room(&self, wanted: Wanted, size: u64) -> Room<'_> {
        let deadline = Deadline(Instant::now() + self.time);
        if !wanted.touches(OF_MESSAGE) {
            return Room { held: Ok(None), deadline };
        }
        let most = u32::try_from(((size >> 10) + 1).min(LARGEST)).unwrap_or(1);
        let held = match deadline.keeps(self.memory.acquire_many(most)).await {
            Ok(Ok(permit)) => Ok(Some(permit)),
            Ok(Err(_)) => Err(Trouble::late()),
            Err(trouble) => Err(trouble),
        };
        Room { held, deadline }
    }

    /// The results that are wanted, with those that were known before. What is known is not computed again, so
    /// that it costs nothing to ask for the same twice. DMARC looks at the signatures again where it is asked for
    /// after DKIM: what will be wanted is best asked for at once.
    ///
    /// It never fails: what could not be found out in time is `temperror`, with a reason.
    pub async fn authenticate(
        &self,
        room: Room<'_>,
        wanted: Wanted,
        origin: &Origin<'_>,
        message: Headed<'_>,
        known: Results,
    ) -> Results {
        let missing = known.missing(wanted);
        if missing.is_empty() {
            return known;
        }
        let mut results = known;
        match &self.library {
            Ok(library) => self.find_out(library, missing, origin, message, room, &mut results).await,
            Err(error) => results.fill(missing, origin, &Trouble::Later(error.to_string())),
        }
        results
    }

    async fn find_out(
        &self,
        library: &MessageAuthenticator,
        missing: Wanted,
        origin: &Origin<'_>,
        message: Headed<'_>,
        room: Room<'_>,
        results: &mut Results,
    ) {
        let (spf, deadline) = (missing.contains(Wanted::SPF), room.deadline);
        let spf = spf.then(|| deadline.keeps(verify::spf(library, origin, &self.hostname)));
        if !missing.touches(OF_MESSAGE) {
            results.take_spf(origin, maybe(spf).await);
            return;
        }
        // What is held of the section counts until all is found out.
        let headers = message.headers;
        let (message, _held) = match room.read(message).await {
            Ok(read) => read,
            Err(trouble) => {
                results.take_spf(origin, maybe(spf).await);
                if missing.contains(Wanted::DMARC) {
                    let dmarc = deadline.keeps(verify::without_grounds(library, headers, &trouble)).await;
                    results.take_dmarc(dmarc.flatten());
                }
                return results.fill(missing.without(Wanted::SPF | Wanted::DMARC), origin, &trouble);
            }
        };
        let dkim = missing.touches(Wanted::DKIM | Wanted::DMARC);
        let dkim = dkim.then(|| deadline.keeps(message.verify_dkim(library)));
        let arc = missing.contains(Wanted::ARC).then(|| deadline.keeps(message.verify_arc(library)));
        let (spf, dkim, arc) = tokio::join!(maybe(spf), maybe(dkim), maybe(arc));
        results.take_spf(origin, spf);
        results.take_arc(arc);
        let Some(dkim) = dkim else { return };
        if let (true, Some(spf)) = (missing.contains(Wanted::DMARC), &results.spf) {
            let dmarc = match &dkim {
                Ok(dkim) => deadline.keeps(message.verify_dmarc(library, dkim, spf)).await,
                Err(trouble) => Err(trouble.clone()),
            };
            results.take_dmarc(dmarc);
        }
        if missing.contains(Wanted::DKIM) {
            results.take_dkim(dkim);
        }
    }
}

impl<'a> Room<'a> {
    /// The message as the library wants it, and its share of the memory.
    async fn read(self, message: Headed<'_>) -> Result<(Message<'_>, Option<SemaphorePermit<'a>>), Trouble> {
        let mut held = self.held?;
        let section = message.headers.whole().map_err(|large| Trouble::Never(large.to_string()))?;
        if !section.is_well_formed() {
            return Err(Trouble::malformed());
        }
        let share = (section.octets().len() >> 10) + 1;
        let share = held.as_mut().and_then(|permits| permits.split(share.min(permits.num_permits())));
        drop(held);
        let message = self.deadline.keeps(Message::read(message)).await.flatten()?;
        Ok((message, share))
    }
}

impl Deadline {
    /// What a future comes to in time. A defect that its panic shows is trouble of this message alone.
    async fn keeps<F: Future>(self, future: F) -> Result<F::Output, Trouble> {
        match tokio::time::timeout_at(self.0, unpanicking(future)).await {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(_)) => Err(Trouble::Later("the check itself failed".to_owned())),
            Err(_) => Err(Trouble::late()),
        }
    }
}

async fn maybe<F: Future>(future: Option<F>) -> Option<F::Output> {
    match future {
        Some(future) => Some(future.await),
        None => None,
    }
}
