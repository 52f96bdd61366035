//! The quarantine over the control socket: what is asked of it, and what is answered. An answer holds a
//! page, so that none grows with what there is.

use futures_util::future::join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::queue::headers_of;
use crate::observe::Metrics;
use crate::quarantine;
use crate::smtp::address::Mailbox;
use crate::smtp::dsn::RecipientDsn;
use crate::spool::{
    BodyReader, BodyRef, MessageId, NewRecipient, QuarantineFilter, QuarantineLimits, Quarantined, Spool,
    SpoolError, Stats, Unquarantine,
};

/// The most that a page has.
pub const PAGE: usize = 100;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "quarantine", rename_all = "snake_case")]
pub enum Ask {
    /// What is there?
    List {
        /// Which.
        #[serde(default)]
        filter: QuarantineFilter,
        /// The `next` of the page before.
        #[serde(default)]
        after: Option<MessageId>,
        /// How many, at most [`PAGE`].
        most: usize,
    },
    /// What is known of a message?
    Show {
        /// Its id.
        id: MessageId,
    },
    /// The message itself: its octets follow after the line of the answer.
    Content {
        /// Its id.
        id: MessageId,
    },
    /// End the quarantine of messages.
    End {
        /// Which. One that asks for nothing is not taken, unless `all` is said.
        #[serde(default)]
        filter: QuarantineFilter,
        /// How.
        how: How,
        /// All messages are meant.
        #[serde(default)]
        all: bool,
    },
}

/// How a quarantine ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum How {
    /// The message is sent.
    Release {
        /// To these addresses; empty for those it came in for.
        #[serde(default)]
        to: Vec<String>,
    },
    /// It is gone, and nobody is told.
    Remove,
    /// It fails, and its sender is told.
    Bounce,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "quarantine", rename_all = "snake_case")]
pub enum Answer {
    /// Messages, oldest first.
    Messages {
        /// The page. It may be short, even empty, though more follow.
        messages: Vec<Listed>,
        /// What the next page is asked with; none at the end.
        next: Option<MessageId>,
    },
    /// A message.
    Message(Box<Shown>),
    /// So many octets follow.
    Content {
        /// How many.
        size: u64,
    },
    /// There is no such message.
    Unknown,
    /// It is done.
    Done {
        /// How many messages it concerned.
        messages: u64,
    },
}

/// A message of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Listed {
    /// The message.
    #[serde(flatten)]
    pub message: Quarantined,
    /// Its subject as it stands in its header, unfolded; none where there is none.
    pub subject: Option<String>,
}

/// What is known of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = QuarantinedMessage)]
pub struct Shown {
    /// The message.
    #[serde(flatten)]
    pub message: Quarantined,
    /// The headers, line by line; what is no text in them is replaced.
    pub headers: Vec<String>,
}

/// How much there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// Messages.
    pub messages: u64,
    /// Octets of their bodies.
    pub octets: u64,
    /// Whether there is room for more.
    pub fill: Fill,
}

/// Whether there is room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// There is.
    Enough,
    /// More than nine tenths are taken: somebody should look at it.
    NearlyFull,
    /// There is none.
    Full,
}

impl Totals {
    /// What the spool says of it.
    pub fn of(stats: &Stats, limits: QuarantineLimits) -> Self {
        let Stats { quarantined: messages, quarantined_octets: octets, .. } = *stats;
        let reaches = |tenths: u64| {
            let part = |limit: u64| limit / 10 * tenths + limit % 10 * tenths / 10;
            messages >= part(limits.messages).max(1) || octets >= part(limits.octets).max(1)
        };
        let fill = match () {
            () if reaches(10) => Fill::Full,
            () if reaches(9) => Fill::NearlyFull,
            () => Fill::Enough,
        };
        Self { messages, octets, fill }
    }
}

/// Why something was not answered.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The spool cannot be read, or does not take a change.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// Mail cannot be sent there.
    #[error("`{address}` is no address to release mail to: {problem}")]
    Address {
        /// What was written.
        address: String,
        /// What is wrong.
        problem: String,
    },
}

/// Asks the spool.
///
/// # Errors
///
/// The spool cannot be read, or does not take a change; an address is none.
pub async fn answer(spool: &dyn Spool, metrics: &Metrics, ask: Ask) -> Result<Answer, Problem> {
    match ask {
        Ask::List { filter, after, most } => {
            let page = spool.quarantined(&filter, after, most.clamp(1, PAGE)).await?;
            let mut messages = Vec::with_capacity(page.messages.len());
            for message in page.messages {
                let headers = headers_of(spool, &BodyRef::of(message.envelope.id)).await;
                messages.push(Listed { message, subject: subject(&headers) });
            }
            Ok(Answer::Messages { messages, next: page.next })
        }
        Ask::Show { id } => match one(spool, id).await? {
            Some(message) => {
                let headers = headers_of(spool, &BodyRef::of(id)).await;
                Ok(Answer::Message(Box::new(Shown { message, headers })))
            }
            None => Ok(Answer::Unknown),
        },
        Ask::Content { id } => match content(spool, id).await? {
            Some((size, _)) => Ok(Answer::Content { size }),
            None => Ok(Answer::Unknown),
        },
        Ask::End { filter, how, .. } => {
            let how = how.in_words_of_the_spool()?;
            Ok(Answer::Done { messages: end(spool, metrics, &filter, &how).await? })
        }
    }
}

/// The size of a quarantined message, and its octets; none where it is not quarantined.
///
/// # Errors
///
/// The spool cannot be read.
pub async fn content(
    spool: &dyn Spool,
    id: MessageId,
) -> Result<Option<(u64, Box<dyn BodyReader>)>, SpoolError> {
    let Some(message) = one(spool, id).await? else { return Ok(None) };
    Ok(Some((message.envelope.size, spool.open_body(&BodyRef::of(id)).await?)))
}

async fn one(spool: &dyn Spool, id: MessageId) -> Result<Option<Quarantined>, SpoolError> {
    let filter = QuarantineFilter { message: Some(id), ..QuarantineFilter::default() };
    Ok(spool.quarantined(&filter, None, 1).await?.messages.pop())
}

/// Ends the quarantine of all that a filter takes, page by page; how many it concerned. Those of a page
/// are ended at once, so that the spool writes them together.
async fn end(
    spool: &dyn Spool,
    metrics: &Metrics,
    filter: &QuarantineFilter,
    how: &Unquarantine,
) -> Result<u64, SpoolError> {
    let (mut after, mut concerned) = (None, 0);
    loop {
        let page = spool.quarantined(filter, after, PAGE).await?;
        let ids = page.messages.iter().map(|message| message.envelope.id);
        let ended = ids.map(|id| quarantine::end(spool, metrics, id, how.clone()));
        for result in join_all(ended).await {
            match result {
                Ok(()) => concerned += 1,
                // Another operator was first.
                Err(SpoolError::Unknown) => {}
                Err(error) => return Err(error),
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(concerned);
        }
    }
}

impl How {
    fn in_words_of_the_spool(self) -> Result<Unquarantine, Problem> {
        Ok(match self {
            Self::Release { to } => {
                Unquarantine::Release { to: to.into_iter().map(recipient).collect::<Result<_, _>>()? }
            }
            Self::Remove => Unquarantine::Remove,
            Self::Bounce => Unquarantine::Bounce,
        })
    }
}

/// A recipient that the sender did not name, and hears nothing of.
fn recipient(address: String) -> Result<NewRecipient, Problem> {
    let mailbox = match Mailbox::parse(&address) {
        Ok(mailbox) => mailbox,
        Err(error) => return Err(Problem::Address { problem: error.problem.to_owned(), address }),
    };
    let domain = mailbox.lookup_domain().unwrap_or_else(|| mailbox.domain().to_owned());
    Ok(NewRecipient { address, domain, dsn: RecipientDsn::unnamed(), attention: Timestamp::MAX })
}

/// The first field of that name, unfolded (RFC 5322 section 2.2.3).
fn subject(headers: &[String]) -> Option<String> {
    let is_subject = |line: &String| {
        line.split_once(':').is_some_and(|(name, _)| name.trim_end().eq_ignore_ascii_case("subject"))
    };
    let at = headers.iter().position(is_subject)?;
    let mut lines = headers.get(at..)?.iter();
    let mut subject = lines.next()?.split_once(':')?.1.to_owned();
    lines.take_while(|line| line.starts_with([' ', '\t'])).for_each(|line| subject.push_str(line));
    Some(subject.trim().to_owned())
}

#[cfg(test)]
mod tests;
