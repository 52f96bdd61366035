//! Until when destinations are put off, asked when it is needed.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::admin::queue::{Answer, Ask};
use crate::cli::source::{Source, unexpected};
use crate::spool::{Filter, Status};

/// The most destinations whose state is remembered.
const REMEMBERED: usize = 10_000;

/// Until when destinations are put off, and why; each is asked once.
#[derive(Default)]
pub(super) struct PutOff(HashMap<String, Option<(Timestamp, Status)>>);

impl PutOff {
    pub(super) async fn of(
        &mut self,
        source: &Source,
        domain: &str,
    ) -> anyhow::Result<Option<&(Timestamp, Status)>> {
        if !self.0.contains_key(domain) {
            if self.0.len() >= REMEMBERED {
                self.0.clear();
            }
            let filter = Filter { domain: Some(domain.to_owned()), ..Filter::default() };
            let ask = Ask::Destinations { filter, after: None, most: 1 };
            let Answer::Destinations { mut destinations, .. } = source.queue(ask).await? else {
                return Err(unexpected());
            };
            let put_off = destinations.pop().and_then(|destination| destination.put_off);
            self.0.insert(domain.to_owned(), put_off);
        }
        Ok(self.0.get(domain).and_then(Option::as_ref))
    }
}
