//! Messages in pieces, on paper instead of a spool.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use proptest::prelude::*;

use super::*;
use crate::spool::Body;

/// Keeps what is written; fails where it is told to.
#[derive(Clone, Default)]
struct Paper {
    written: Arc<Mutex<Vec<u8>>>,
    full: bool,
}

#[async_trait]
impl BodyWriter for Paper {
    async fn write(&mut self, chunk: Bytes) -> Result<(), SpoolError> {
        if self.full {
            return Err(SpoolError::Full);
        }
        self.written.lock().unwrap().extend_from_slice(&chunk);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<Body, SpoolError> {
        Ok(Body::Inline(self.written.lock().unwrap().clone().into()))
    }
}

/// The receipt after these chunks, and what the last came to.
async fn received(paper: &Paper, limit: u64, chunks: &[&str]) -> (Receipt, Taken) {
    let mut receipt = Receipt::new(Box::new(paper.clone()), limit);
    let mut last = Taken::More;
    for chunk in chunks {
        last = receipt.take(chunk.as_bytes()).await;
    }
    (receipt, last)
}

fn refused(receipt: &Receipt) -> u16 {
    receipt.refused.as_ref().unwrap().reply.code
}

#[tokio::test]
async fn content_is_written_without_its_dots() {
    let paper = Paper::default();
    let (receipt, last) = received(&paper, 100, &["a\r\n..b\r", "\n.\r\nQUIT\r\n"]).await;
    assert_eq!(last, Taken::End { used: 4 });
    assert_eq!(*paper.written.lock().unwrap(), b"a\r\n.b\r\n");
    assert_eq!((receipt.refused, receipt.written, receipt.eight_bit), (None, 7, false));
}

#[tokio::test]
async fn what_is_refused_is_read_to_its_end_and_not_kept() {
    for (limit, text, code) in [
        (10, "0123456789\r\n", 552),
        (100, "a\n.\nMAIL FROM:<smuggled@b.example>\r\n", 550),
        (100, "a\rb\r\n", 550),
    ] {
        let (mut receipt, last) = received(&Paper::default(), limit, &[text]).await;
        assert_eq!(
            (refused(&receipt), last, receipt.writer.is_none()),
            (code, Taken::More, true),
            "{text:?}"
        );
        assert_eq!(receipt.take(b".\r\n").await, Taken::End { used: 3 });
    }
}

#[tokio::test]
async fn loops_are_found() {
    let hop = "Received: from a\r\n";
    let (receipt, _) = received(&Paper::default(), 10_000, &[&hop.repeat(50), "\r\n", hop]).await;
    assert!(receipt.refused.is_none());
    let (receipt, _) = received(&Paper::default(), 10_000, &[&hop.repeat(51)]).await;
    assert_eq!(refused(&receipt), 554);
}

#[tokio::test]
async fn a_full_spool_defers() {
    let paper = Paper { full: true, ..Paper::default() };
    let (receipt, last) = received(&paper, 100, &["a\r\n.\r\n"]).await;
    assert_eq!((refused(&receipt), last), (452, Taken::End { used: 6 }));
}

#[tokio::test]
async fn a_message_without_end_is_not_read_for_ever() {
    let (mut receipt, last) = received(&Paper::default(), 10, &["0123456789\r\n"]).await;
    assert_eq!(last, Taken::More);
    receipt.read += DISCARD + 20;
    assert_eq!(
        receipt.take(b"more\r\n").await,
        Taken::Enough(Refusal::Size.saying(replies::message_too_large()))
    );
}

#[tokio::test]
async fn octets_beyond_ascii_are_noticed() {
    let (receipt, _) = received(&Paper::default(), 100, &["ä\r\n.\r\n"]).await;
    assert!(receipt.eight_bit);
}

/// What a future comes to that never waits.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// The receipt of a message that came in these pieces, without dots.
async fn received_plain(paper: &Paper, limit: u64, pieces: &[&[u8]]) -> Receipt {
    let mut receipt = Receipt::new(Box::new(paper.clone()), limit);
    for piece in pieces {
        receipt.take_plain(Bytes::copy_from_slice(piece)).await;
    }
    receipt.end_plain().await;
    receipt
}

#[tokio::test]
async fn chunks_are_checked_as_data_is() {
    let hops = "Received: from a\r\n".repeat(51);
    for (limit, text, code) in [
        (10, "0123456789\r\n", 552),
        (100, "a\n.\nMAIL FROM:<smuggled@b.example>\r\n", 550),
        (100, "a\rb\r\n", 550),
        (100, "a\r\nb\r", 550),
        (10_000, &hops, 554),
    ] {
        let receipt = received_plain(&Paper::default(), limit, &[text.as_bytes()]).await;
        assert_eq!(refused(&receipt), code, "{text:?}");
    }
}

#[tokio::test]
async fn what_is_announced_to_be_too_large_is_refused_before_it_comes() {
    let mut receipt = Receipt::new(Box::new(Paper::default()), 10);
    receipt.announce(10);
    assert!(receipt.refused.is_none());
    receipt.take_plain(Bytes::from_static(b"a\r\n")).await;
    receipt.announce(8);
    assert_eq!(refused(&receipt), 552);
    receipt.announce(u64::MAX);
}

proptest! {
    #[test]
    fn however_a_message_is_cut_into_chunks_the_spool_gets_the_same(
        lines in proptest::collection::vec("[.a ä]{0,5}", 0..8),
        end in prop_oneof![Just(""), Just("."), Just("end")],
        cuts in proptest::collection::vec(0usize..60, 0..6),
    ) {
        let message = lines.iter().map(|line| format!("{line}\r\n")).collect::<String>() + end;
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(message.len())).collect();
        cuts.extend([0, message.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &message.as_bytes()[cut[0]..cut[1]]).collect();
        let paper = Paper::default();
        let receipt = at_once(received_plain(&paper, 1000, &pieces)).unwrap();
        let whole = if end.is_empty() { message } else { message + "\r\n" };
        prop_assert!(receipt.refused.is_none());
        prop_assert_eq!((receipt.size, receipt.eight_bit), (whole.len() as u64, !whole.is_ascii()));
        prop_assert_eq!(String::from_utf8(paper.written.lock().unwrap().clone()).unwrap(), whole);
    }
}
