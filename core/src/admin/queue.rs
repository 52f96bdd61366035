//! The queue over the control socket: what is asked of it, and what is answered. An answer holds a
//! page, so that none grows with the queue.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::spool::{
    BodyRef, Control, Envelope, Filter, MessageId, Position, Queued, QueuedDestination, Spool, SpoolError,
    headers,
};

/// The most that a page has.
pub const PAGE: usize = 500;

/// What is asked of the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "queue", rename_all = "snake_case")]
pub enum Ask {
    /// For which destinations does mail wait?
    Destinations {
        /// Which recipients count.
        #[serde(default)]
        filter: Filter,
        /// The last one of the page before.
        #[serde(default)]
        after: Option<String>,
        /// How many, at most [`PAGE`].
        most: usize,
    },
    /// Which recipients wait?
    Recipients {
        /// Which.
        #[serde(default)]
        filter: Filter,
        /// The `next` of the page before.
        #[serde(default)]
        after: Option<Position>,
        /// How many, at most [`PAGE`].
        most: usize,
    },
    /// What is known of a message?
    Show {
        /// Its id.
        id: MessageId,
    },
    /// Do something about recipients.
    Control {
        /// Which. One that asks for nothing is not taken, unless `all` is said.
        #[serde(default)]
        filter: Filter,
        /// What.
        control: Control,
        /// All recipients are meant.
        #[serde(default)]
        all: bool,
    },
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "queue", rename_all = "snake_case")]
pub enum Answer {
    /// Destinations, in the order of their names.
    Destinations {
        /// The page.
        destinations: Vec<QueuedDestination>,
        /// What the next page is asked with; none at the end.
        next: Option<String>,
    },
    /// Recipients, oldest message first.
    Recipients {
        /// The page. It may be short, even empty, though more follow.
        recipients: Vec<Queued>,
        /// What the next page is asked with; none at the end.
        next: Option<Position>,
    },
    /// A message.
    Message(Box<Shown>),
    /// There is no such message.
    Unknown,
    /// It is done.
    Done {
        /// How many recipients it concerned.
        recipients: u64,
    },
}

/// What is known of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Shown {
    /// The envelope.
    pub envelope: Envelope,
    /// The recipients that wait.
    pub recipients: Vec<Queued>,
    /// The headers, line by line; what is no text in them is replaced.
    pub headers: Vec<String>,
}

/// Asks the spool.
///
/// # Errors
///
/// The spool cannot be read, or does not take a change.
pub async fn answer(spool: &dyn Spool, ask: Ask) -> Result<Answer, SpoolError> {
    match ask {
        Ask::Destinations { filter, after, most } => {
            let most = most.clamp(1, PAGE);
            let destinations = spool.destinations(&filter, after, most).await?;
            let last = destinations.last().filter(|_| destinations.len() == most);
            let next = last.map(|last| last.domain.clone());
            Ok(Answer::Destinations { destinations, next })
        }
        Ask::Recipients { filter, after, most } => {
            let page = spool.list(&filter, after, most.clamp(1, PAGE)).await?;
            Ok(Answer::Recipients { recipients: page.recipients, next: page.next })
        }
        Ask::Show { id } => match spool.message(id).await? {
            Some((envelope, recipients, body)) => {
                let (envelope, headers) = (Envelope::clone(&envelope), headers_of(spool, &body).await);
                Ok(Answer::Message(Box::new(Shown { envelope, recipients, headers })))
            }
            None => Ok(Answer::Unknown),
        },
        Ask::Control { filter, control, .. } => {
            Ok(Answer::Done { recipients: spool.control(&filter, control).await? })
        }
    }
}

/// The headers; none where the body cannot be read, which hides nothing else.
pub(super) async fn headers_of(spool: &dyn Spool, body: &BodyRef) -> Vec<String> {
    let Ok(mut body) = spool.open_body(body).await else { return vec![] };
    let headers = headers(body.as_mut()).await;
    String::from_utf8_lossy(&headers).lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use crate::admin::protocol::Request;

    use super::*;

    #[test]
    fn requests_are_written_as_documented() {
        for (line, expected) in [
            (
                r#"{"command":"queue","queue":"destinations","most":100}"#,
                Ask::Destinations { filter: Filter::default(), after: None, most: 100 },
            ),
            (
                r#"{"command":"queue","queue":"control","filter":{"domain":"a.example"},"control":"hold"}"#,
                Ask::Control {
                    filter: Filter { domain: Some("a.example".into()), ..Filter::default() },
                    control: Control::Hold,
                    all: false,
                },
            ),
        ] {
            assert_eq!(serde_json::from_str::<Request>(line).unwrap(), Request::Queue(Box::new(expected)));
        }
    }
}
