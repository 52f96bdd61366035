//! Messages that have just come in: their first lease is made of what is still in memory.
//!
//! What is due is always chosen by the tables; only what is said of it comes from here, and only
//! once: later it may have changed.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::arrival::Arrival;
use super::place::Place;
use crate::spool::{BodyRef, Envelope, LeasedRecipient, MessageId, NewRecipient};

/// How many messages are kept at most, and of how many recipients. With addresses of usual length
/// some 2 MiB.
const MESSAGES: usize = 4096;
const RECIPIENTS: usize = 8;

/// Messages that have just come in.
#[derive(Debug, Default)]
pub(super) struct Fresh(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    messages: HashMap<MessageId, Message>,
    /// In the order in which they came in; some may be gone already.
    order: VecDeque<MessageId>,
}

#[derive(Debug)]
struct Message {
    envelope: Arc<Envelope>,
    place: Place,
    recipients: Vec<(u32, NewRecipient)>,
}

/// What a lease says of a message, its recipients aside.
pub(super) type About = (Arc<Envelope>, BodyRef);

impl Fresh {
    /// Keeps messages for their first lease.
    pub(super) fn keep(&self, arrivals: impl Iterator<Item = Arrival>) {
        let mut kept = self.kept();
        for arrival in arrivals.filter(|arrival| arrival.recipients.len() <= RECIPIENTS) {
            let Some(place) = arrival.place else { continue };
            if kept.order.len() >= MESSAGES
                && let Some(oldest) = kept.order.pop_front()
            {
                kept.messages.remove(&oldest);
            }
            let id = arrival.envelope.id;
            let recipients = (0..).zip(arrival.recipients).collect();
            kept.order.push_back(id);
            kept.messages.insert(id, Message { envelope: Arc::new(arrival.envelope), place, recipients });
        }
    }

    /// These recipients of a message, if all of them are still here.
    pub(super) fn take(&self, id: MessageId, numbers: &[u32]) -> Option<(About, Vec<LeasedRecipient>)> {
        let mut kept = self.kept();
        let message = kept.messages.get_mut(&id)?;
        let mut leased = Vec::with_capacity(numbers.len());
        for number in numbers {
            let at = message.recipients.iter().position(|(has, _)| has == number)?;
            leased.push(untried(message.recipients.swap_remove(at)));
        }
        let about = (Arc::clone(&message.envelope), BodyRef::at(id, message.place.clone()));
        if message.recipients.is_empty() {
            kept.messages.remove(&id);
        }
        Some((about, leased))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn untried((number, recipient): (u32, NewRecipient)) -> LeasedRecipient {
    let NewRecipient { address, dsn, attention, .. } = recipient;
    LeasedRecipient { number, address, attempts: 0, last: None, dsn, attention }
}
