//! Messages that a filter has quarantined, put into a spool.

use jiff::{SignedDuration, Timestamp};
use waxseal::spool::{Envelope, MessageId, NewRecipient, Quarantine, Spool, Tags};

/// A message that a filter has kept.
pub struct Kept<'a> {
    /// Whom it is from; empty for a bounce.
    pub sender: &'a str,
    /// Whom it is for.
    pub recipients: &'a [&'a str],
    /// All of it, headers and body.
    pub content: &'a str,
    /// Why it is kept.
    pub reason: &'a str,
    /// Since when.
    pub since: Timestamp,
    /// What filters have noted.
    pub tags: Tags,
}

impl Kept<'_> {
    /// Puts it into a spool; gives its id.
    pub async fn commit(self, spool: &dyn Spool) -> MessageId {
        let id = MessageId::now_v7();
        let envelope = Envelope {
            id,
            received: self.since,
            sender: self.sender.to_owned(),
            size: self.content.len() as u64,
            eight_bit: false,
            smtp_utf8: false,
            dsn: Default::default(),
            tags: self.tags,
            quarantine: Some(Quarantine::begin(self.reason, "filters/cards.rhai:7:5", self.since)),
        };
        let to = |address: &&str| NewRecipient {
            address: (*address).to_owned(),
            domain: address.rsplit('@').next().expect("a domain").to_owned(),
            dsn: Default::default(),
            attention: self.since + SignedDuration::from_hours(4),
        };
        let recipients = self.recipients.iter().map(to).collect();
        let mut writer = spool.begin().await.expect("a spool that can be written");
        writer.write(self.content.to_owned().into()).await.expect("a spool that can be written");
        let body = writer.finish().await.expect("a spool that can be written");
        spool.commit(envelope, recipients, body).await.expect("a spool that can be written");
        id
    }
}
