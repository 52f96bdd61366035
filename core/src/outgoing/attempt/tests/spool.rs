//! A spool that is made up.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::RwLock;

use crate::spool::{
    Body, BodyReader, BodyRef, BodyWriter, Control, Envelope, Filter, Health, Lease, MessageId, NewRecipient,
    Outcome, Page, Position, QuarantineFilter, QuarantinePage, Queued, QueuedDestination, Room, Settlement,
    Spool, SpoolError, Stats, Status, Unquarantine,
};

/// A spool with one message, that remembers how it was settled.
#[derive(Default)]
pub(super) struct OneMessage {
    pub settled: Mutex<Vec<(u32, Outcome)>>,
    /// The destinations that were put off.
    pub put_off: Mutex<Vec<String>>,
    /// How often recording panics first.
    pub panics: Mutex<u32>,
    /// How recording fails first, the last of these before the others.
    pub failures: Mutex<Vec<SpoolError>>,
    pub unreadable: Option<SpoolError>,
    /// Nothing is recorded while somebody writes to it.
    pub disk: Arc<RwLock<()>>,
}

struct Text(Option<Bytes>);

#[async_trait]
impl BodyReader for Text {
    async fn read(&mut self) -> Result<Bytes, SpoolError> {
        Ok(self.0.take().unwrap_or_default())
    }
}

#[async_trait]
impl Spool for OneMessage {
    async fn begin(&self) -> Result<Box<dyn BodyWriter>, SpoolError> {
        Err(SpoolError::Full)
    }

    async fn commit(&self, _: Envelope, _: Vec<NewRecipient>, _: Body) -> Result<(), SpoolError> {
        Err(SpoolError::Full)
    }

    async fn lease(&self, _: usize, _: Arc<dyn Room>) -> Result<Vec<Lease>, SpoolError> {
        Ok(vec![])
    }

    async fn wait_due(&self) {}

    async fn settle(&self, settlement: Settlement) -> Result<(), SpoolError> {
        let _ = self.disk.read().await;
        let left = self.panics.lock().unwrap().checked_sub(1);
        if let Some(left) = left {
            *self.panics.lock().unwrap() = left;
            panic!("a defect");
        }
        if let Some(error) = self.failures.lock().unwrap().pop() {
            return Err(error);
        }
        self.settled.lock().unwrap().extend(settlement.outcomes);
        Ok(())
    }

    async fn put_off(&self, domain: &str, _: Option<(Timestamp, Status)>) -> Result<(), SpoolError> {
        self.put_off.lock().unwrap().push(domain.to_owned());
        Ok(())
    }

    async fn message(
        &self,
        _: MessageId,
    ) -> Result<Option<(Arc<Envelope>, Vec<Queued>, BodyRef)>, SpoolError> {
        Ok(None)
    }

    async fn list(&self, _: &Filter, _: Option<Position>, _: usize) -> Result<Page, SpoolError> {
        Ok(Page::default())
    }

    async fn destinations(
        &self,
        _: &Filter,
        _: Option<String>,
        _: usize,
    ) -> Result<Vec<QueuedDestination>, SpoolError> {
        Ok(vec![])
    }

    async fn control(&self, _: &Filter, _: Control) -> Result<u64, SpoolError> {
        Ok(0)
    }

    async fn open_body(&self, _: &BodyRef) -> Result<Box<dyn BodyReader>, SpoolError> {
        match &self.unreadable {
            Some(error) => Err(error.clone()),
            None => Ok(Box::new(Text(Some(Bytes::from_static(b"Subject: hi\r\n\r\nhi\r\n"))))),
        }
    }

    async fn quarantined(
        &self,
        _: &QuarantineFilter,
        _: Option<MessageId>,
        _: usize,
    ) -> Result<QuarantinePage, SpoolError> {
        Ok(QuarantinePage::default())
    }

    async fn unquarantine(&self, _: MessageId, _: Unquarantine) -> Result<(), SpoolError> {
        Err(SpoolError::Unknown)
    }

    async fn stats(&self) -> Result<Stats, SpoolError> {
        Ok(Stats::default())
    }

    fn health(&self) -> Health {
        Health::Good
    }

    async fn shutdown(&self) {}
}
