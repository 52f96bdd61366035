//! The end of an attempt: outcomes, and the bounce for those given up, recorded at once.

use jiff::Timestamp;
use waxseal_plugins::facts::Row;

use super::Outbound;
use super::bounce::{self, Failed, Occasion};
use super::outcome::{Schedule, Tally};
use super::report;
use super::schedule::Chance;
use crate::spool::{BodyReader, Lease, LeasedRecipient, NewMessage, Outcome, Settlement};
use crate::tls::ask::Asker;

/// The most octets of headers that a bounce returns.
const HEADERS: usize = 64 * 1024;

/// Settles a lease by what the hosts said.
pub(super) async fn settle(outbound: &Outbound, lease: &Lease, asker: &Asker, row: &Row, tally: Tally) {
    let envelope = &lease.envelope;
    let now = Timestamp::now();
    let delivery = &outbound.services.config.delivery;
    let reached = tally.reached().clone();
    let outcomes =
        tally.settle(&Schedule { delivery, received: envelope.received, now, chance: Chance::drawn() });
    let bounce = bounced(outbound, lease, &outcomes, now).await;
    report::settled(asker, lease, (row, &reached), &outcomes, bounce.as_ref());
    let notices = bounce.into_iter().collect();
    let outcomes = outcomes.into_iter().map(|(recipient, outcome)| (recipient.number, outcome)).collect();
    let settlement = Settlement { message: envelope.id, epoch: lease.epoch, outcomes, notices };
    if let Err(error) = outbound.services.spool.settle(settlement).await {
        // The recipients stay in the spool, and are tried again after a restart.
        tracing::error!(id = %envelope.id, %error, "an attempt's outcome could not be recorded");
    }
}

async fn bounced(
    outbound: &Outbound,
    lease: &Lease,
    outcomes: &[(LeasedRecipient, Outcome)],
    now: Timestamp,
) -> Option<NewMessage> {
    let failed: Vec<Failed> = outcomes.iter().filter_map(failed).collect();
    let envelope = &lease.envelope;
    if failed.is_empty() {
        return None;
    }
    if envelope.sender.is_empty() {
        // Never answered by another bounce (RFC 5321 section 6.1): the log is all that is left.
        tracing::warn!(id = %envelope.id, domain = %lease.domain, "a bounce could not be delivered, and nobody is told");
        return None;
    }
    let headers = match outbound.services.spool.open_body(&lease.body).await {
        Ok(body) => headers(body).await,
        // A bounce without headers is worth more than none.
        Err(_) => vec![],
    };
    let ourselves = &outbound.services.config.hostname;
    let attention = outbound.services.config.delivery.first_attention(now);
    bounce::bounce(&Occasion { envelope, failed: &failed, headers: &headers, ourselves, now, attention })
}

fn failed((recipient, outcome): &(LeasedRecipient, Outcome)) -> Option<Failed> {
    match outcome {
        Outcome::Failed { status } => {
            Some(Failed { address: recipient.address.clone(), status: status.clone() })
        }
        Outcome::Delivered | Outcome::Deferred { .. } | Outcome::Abandoned => None,
    }
}

/// The headers of a message, whole lines, bounded.
async fn headers(mut body: Box<dyn BodyReader>) -> Vec<u8> {
    let mut headers = Vec::new();
    while headers.len() < HEADERS {
        match body.read().await {
            Ok(chunk) if !chunk.is_empty() => headers.extend_from_slice(&chunk),
            _ => break,
        }
        if let Some(end) = headers.windows(4).position(|window| window == b"\r\n\r\n") {
            headers.truncate(end + 2);
            break;
        }
    }
    headers.truncate(HEADERS);
    let end = headers.windows(2).rposition(|window| window == b"\r\n").map_or(0, |at| at + 2);
    headers.truncate(end);
    headers
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use bytes::Bytes;

    use super::*;
    use crate::spool::SpoolError;

    struct Chunks(Vec<&'static [u8]>);

    #[async_trait]
    impl BodyReader for Chunks {
        async fn read(&mut self) -> Result<Bytes, SpoolError> {
            Ok(if self.0.is_empty() { Bytes::new() } else { Bytes::from_static(self.0.remove(0)) })
        }
    }

    async fn headers_of(chunks: &[&'static [u8]]) -> Vec<u8> {
        headers(Box::new(Chunks(chunks.to_vec()))).await
    }

    #[tokio::test]
    async fn the_headers_end_at_the_empty_line() {
        let expected = b"A: 1\r\nB: 2\r\n";
        assert_eq!(headers_of(&[b"A: 1\r\nB: 2\r\n\r\nsecret\r\n"]).await, expected);
        assert_eq!(headers_of(&[b"A: 1\r\nB: 2\r", b"\n\r", b"\nsecret\r\n"]).await, expected);
    }

    #[tokio::test]
    async fn a_message_of_headers_alone_is_whole() {
        assert_eq!(headers_of(&[b"A: 1\r\n", b"B: 2\r\n"]).await, b"A: 1\r\nB: 2\r\n");
    }

    #[tokio::test]
    async fn endless_headers_are_cut_at_a_line() {
        static LINE: [u8; 1000] = {
            let mut line = [b'x'; 1000];
            line[998] = b'\r';
            line[999] = b'\n';
            line
        };
        let headers = headers_of(&[LINE.as_slice(); 100]).await;
        assert_eq!(headers.len(), 65_000);
    }
}
