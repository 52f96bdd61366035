//! Messages that have just come in: their first lease is made of what is still in memory.
//!
//! What is due is always chosen by the tables; only what is said of it comes from here, and only
//! once: later it may have changed.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::ending::Added;
use super::place::Place;
use crate::spool::{BodyRef, Envelope, LeasedRecipient, MessageId, NewRecipient};

/// How many messages are kept at most, and of how many recipients. With addresses of usual length
/// some 2 MiB.
const MESSAGES: usize = 4096;
const RECIPIENTS: usize = 8;
/// How many octets of bodies are kept at most: of messages that are in the tables, where reading them
/// takes a query.
const OCTETS: usize = 4 * 1024 * 1024;

/// Messages that have just come in.
#[derive(Debug, Default)]
pub(super) struct Fresh(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    messages: HashMap<MessageId, Message>,
    /// In the order in which they came in; some may be gone already.
    order: VecDeque<MessageId>,
    /// Octets of their bodies.
    octets: usize,
}

#[derive(Debug)]
struct Message {
    envelope: Arc<Envelope>,
    place: Place,
    content: Option<Bytes>,
    recipients: Vec<(u32, NewRecipient)>,
}

/// What a lease says of a message, its recipients aside.
pub(super) type About = (Arc<Envelope>, BodyRef);

impl Fresh {
    /// Keeps a message for its first lease.
    pub(super) fn keep(&self, added: Added) {
        if added.recipients.is_empty() || added.recipients.len() > RECIPIENTS {
            return;
        }
        let mut kept = self.kept();
        if kept.order.len() >= MESSAGES
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.remove(oldest);
        }
        let Added { envelope, recipients, place, content } = added;
        let id = envelope.id;
        let content = content.filter(|content| kept.octets + content.len() <= OCTETS);
        kept.order.push_back(id);
        kept.insert(id, Message { envelope: Arc::new(envelope), place, content, recipients });
    }

    /// These recipients of a message, if all of them are still here. If not, the tables know more: then
    /// nothing is said of it from here any more.
    pub(super) fn take(&self, id: MessageId, numbers: &[u32]) -> Option<(About, Vec<LeasedRecipient>)> {
        let mut kept = self.kept();
        let mut message = kept.remove(id)?;
        let mut leased = Vec::with_capacity(numbers.len());
        for number in numbers {
            let at = message.recipients.iter().position(|(has, _)| has == number)?;
            leased.push(untried(message.recipients.swap_remove(at)));
        }
        let body = BodyRef::at(id, message.place.clone()).with(message.content.clone());
        let about = (Arc::clone(&message.envelope), body);
        if !message.recipients.is_empty() {
            kept.insert(id, message);
        }
        Some((about, leased))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn insert(&mut self, id: MessageId, message: Message) {
        self.octets += message.octets();
        self.messages.insert(id, message);
    }

    fn remove(&mut self, id: MessageId) -> Option<Message> {
        let removed = self.messages.remove(&id)?;
        self.octets -= removed.octets();
        Some(removed)
    }
}

impl Message {
    /// Octets of its body, if that is here.
    fn octets(&self) -> usize {
        self.content.as_ref().map_or(0, Bytes::len)
    }
}

fn untried((number, recipient): (u32, NewRecipient)) -> LeasedRecipient {
    let NewRecipient { address, dsn, attention, .. } = recipient;
    LeasedRecipient { number, address, attempts: 0, last: None, dsn, attention }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::place::At;
    use super::*;

    #[test]
    fn a_message_of_which_something_is_missing_is_not_kept_any_longer() {
        let (fresh, id) = (Fresh::default(), MessageId::now_v7());
        let envelope = Envelope {
            id,
            received: Timestamp::now(),
            sender: String::new(),
            size: 0,
            eight_bit: false,
            smtp_utf8: false,
            dsn: Default::default(),
            tags: Default::default(),
            quarantine: None,
        };
        let recipient = NewRecipient {
            address: "bob@one.example".to_owned(),
            domain: "one.example".to_owned(),
            dsn: Default::default(),
            attention: Timestamp::MAX,
        };
        let recipients = vec![(0, recipient.clone()), (1, recipient.clone()), (2, recipient)];
        let place = Place { at: At::Segment { number: 1, offset: 0 }, length: 0, checksum: 0 };
        let content = Some(Bytes::from_static(b"hello"));
        fresh.keep(Added { envelope, recipients, place, content });
        assert_eq!(fresh.take(id, &[1]).unwrap().1[0].number, 1);
        assert!(fresh.take(id, &[0, 1]).is_none());
        assert!(fresh.take(id, &[2]).is_none(), "it may have changed since");
        assert_eq!(fresh.kept().octets, 0);
    }
}
