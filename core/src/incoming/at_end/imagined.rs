//! A message that is only imagined: read, shown to filters, edited and kept by the same code as one that comes.
//! Milters are not asked, nothing is found out by asking the network, and nothing is signed.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::BytesMut;
use jiff::Timestamp;
use uuid::Uuid;
use waxseal_plugins::bundle::{AskedInTurn, Bundle};
use waxseal_plugins::conversation::{self, Becomes, Kept, Reader, Sent};
use waxseal_plugins::decision::{Answer, Edited, Failure};
use waxseal_plugins::facts::{Message, Reads};
use waxseal_plugins::verdicts::incoming::Message as Verdict;

use super::super::arrival::Arrival;
use super::disposition::Disposition;
use super::facts;
use super::filters::{self, Shown};
use super::letter::Letter;
use crate::authentication::{Results, field};
use crate::config::Config;
use crate::message::headers::written::Utf8;
use crate::message::received::Protocol;
use crate::smtp::address::{Mailbox, ReversePath};
use crate::smtp::dsn::RecipientDsn;

/// Reads messages that are only imagined.
#[derive(Clone, Debug)]
pub struct Imagined {
    hostname: String,
    /// The name under which we say what we found out of a message.
    id: String,
}

/// A message that is only imagined, while filters are asked.
struct Opened(Shown);

impl Imagined {
    /// As a relay of this name would, that says what it finds out under this one.
    pub fn new(hostname: impl Into<String>, id: impl Into<String>) -> Self {
        Self { hostname: hostname.into(), id: id.into() }
    }

    /// As the relay of this configuration would.
    pub fn of(config: &Config) -> Self {
        Self::new(&config.hostname, &config.authentication.id)
    }

    /// The message behind our own Received header, with its envelope.
    fn letter(&self, sent: &Sent) -> Result<Letter, String> {
        let mailbox = |text: &String| Mailbox::parse(text).map_err(|invalid| invalid.to_string());
        let sender = match sent.sender.as_str() {
            "" => ReversePath::Null,
            _ => ReversePath::Mailbox(mailbox(&sent.sender)?),
        };
        let own = self.arrival(sent);
        let mut content = BytesMut::from(own.as_bytes());
        content.extend_from_slice(&sent.octets);
        let content = Arc::new(content.freeze());
        let mut letter = Letter::open(content, Utf8::Encoded, (sender, Vec::new()), own);
        for recipient in &sent.recipients {
            letter.add(&mailbox(recipient)?, RecipientDsn::default());
        }
        Ok(letter)
    }

    fn arrival(&self, sent: &Sent) -> String {
        let client = &*sent.client;
        let protocol = if client.encrypted { Protocol::Esmtps } else { Protocol::Esmtp };
        let recipient = match sent.recipients.as_slice() {
            [only] => Some(only.as_str()),
            _ => None,
        };
        let arrival = Arrival {
            hostname: &self.hostname,
            address: client.address.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            client,
            certificate: sent.certificate.as_deref(),
            decided_by: &sent.decided_by,
            protocol,
            recipient,
            id: Uuid::nil(),
            time: Timestamp::UNIX_EPOCH,
        };
        arrival.header()
    }

    /// Fields that look like ours are forged, and go before anybody looks.
    fn without_forged(&self, letter: &mut Letter) -> Result<(), String> {
        let section = letter.headers().map_err(|error| error.to_string())?;
        let forged = field::forged(section.whole().map_err(|large| large.to_string())?, &self.id);
        letter.cut(forged);
        Ok(())
    }
}

impl Reader for Imagined {
    fn open(&self, sent: Sent, bundle: &Bundle) -> Result<Box<dyn conversation::Letter>, String> {
        let mut letter = self.letter(&sent)?;
        self.without_forged(&mut letter)?;
        let shown = Shown::begin(letter, bundle.filters_read(), &Results::default());
        Ok(Box::new(Opened(shown.map_err(|error| error.to_string())?)))
    }
}

impl AskedInTurn for Opened {
    fn facts(&mut self) -> Result<Arc<Message>, Failure> {
        self.0.facts()
    }

    fn take(&mut self, answer: &mut Answer<Verdict>) -> Vec<Edited> {
        self.0.take(answer)
    }
}

impl conversation::Letter for Opened {
    fn left_out(&self) -> Vec<String> {
        self.0.left_out().iter().map(ToString::to_string).collect()
    }

    fn settle(self: Box<Self>, answer: Answer<Verdict>) -> Result<Kept, String> {
        let mut letter = self.0.into_letter();
        let disposition = filters::disposition(answer).map_err(|denied| denied.to_string())?;
        let to = match &disposition {
            Disposition::Redirect { to, .. } => Some(to.to_string()),
            _ => None,
        };
        let becomes = match (disposition.settle(&mut letter), to) {
            (Disposition::Quarantine { reason, .. }, _) => Becomes::Quarantined(reason),
            (Disposition::Discard { reason, .. }, _) => Becomes::Discarded(reason),
            (Disposition::Accept | Disposition::Redirect { .. }, Some(to)) => Becomes::Redirected(to),
            (Disposition::Accept | Disposition::Redirect { .. }, None) => Becomes::Accepted,
        };
        let read = |error: io::Error| error.to_string();
        let all = Reads::which(|_| true);
        let message =
            facts::of(&mut letter, all, &Results::default()).map_err(|untold| untold.to_string())?;
        let octets = letter.octets().map_err(read)?;
        Ok(Kept { becomes, message: Arc::new(message), octets })
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Opened").finish()
    }
}

#[cfg(test)]
mod tests;
