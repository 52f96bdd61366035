use bytes::Bytes;

use super::*;
use crate::spool::{Body, Embedded, NewRecipient, Quarantine, Tags};

fn envelope(since: Timestamp) -> Envelope {
    Envelope {
        id: MessageId::now_v7(),
        received: since,
        sender: "ann@home.example".to_owned(),
        size: 5,
        eight_bit: false,
        smtp_utf8: false,
        dsn: Default::default(),
        tags: Tags::default(),
        quarantine: Some(Quarantine::begin("Card numbers", "filters/cards.rhai:7:5", since)),
    }
}

async fn keep(spool: &Embedded, since: Timestamp) -> MessageId {
    let envelope = envelope(since);
    let id = envelope.id;
    let recipient = NewRecipient {
        address: "bob@one.example".to_owned(),
        domain: "one.example".to_owned(),
        dsn: Default::default(),
        attention: Timestamp::MAX,
    };
    spool.commit(envelope, vec![recipient], Body::Inline(Bytes::from_static(b"hello"))).await.unwrap();
    id
}

fn counted(metrics: &Metrics, outcome: &str) -> bool {
    metrics.encode().contains(&format!("waxseal_quarantine_outcomes_total{{outcome=\"{outcome}\"}} 1\n"))
}

#[tokio::test]
async fn what_was_kept_too_long_is_removed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, metrics) = (Embedded::open(folder.path()).unwrap(), Metrics::new());
    let time = |second| Timestamp::from_second(second).unwrap();
    keep(&spool, time(999)).await;
    let stays = keep(&spool, time(1000)).await;
    expire(&spool, &metrics, time(1000)).await.unwrap();
    let left = spool.quarantined(&QuarantineFilter::default(), None, 10).await.unwrap().messages;
    assert_eq!(left.iter().map(|one| one.envelope.id).collect::<Vec<_>>(), [stays]);
    let stats = spool.stats().await.unwrap();
    assert_eq!((stats.messages, stats.recipients), (0, 0), "nobody is told");
    assert!(counted(&metrics, "expired"), "{}", metrics.encode());
}

#[tokio::test]
async fn what_the_operator_says_is_done_once_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, metrics) = (Embedded::open(folder.path()).unwrap(), Metrics::new());
    for (how, outcome) in [
        (Unquarantine::Release { to: vec![] }, "released"),
        (Unquarantine::Remove, "removed"),
        (Unquarantine::Bounce, "bounced"),
    ] {
        let id = keep(&spool, Timestamp::now()).await;
        end(&spool, &metrics, id, how.clone()).await.unwrap();
        let again = end(&spool, &metrics, id, how).await;
        assert!(matches!(again, Err(SpoolError::Unknown)), "{again:?}");
        assert!(counted(&metrics, outcome), "{}", metrics.encode());
    }
}

#[test]
fn what_is_taken_or_deferred_is_counted_and_the_rest_is_not() {
    let (metrics, kept) = (Metrics::new(), envelope(Timestamp::now()));
    let ordinary = Envelope { quarantine: None, ..kept.clone() };
    note(&metrics, &ordinary, &Ok(()));
    note(&metrics, &kept, &Err(SpoolError::Full));
    assert!(!metrics.encode().contains("quarantine_outcomes_total{"), "{}", metrics.encode());
    note(&metrics, &kept, &Ok(()));
    note(&metrics, &kept, &Err(SpoolError::QuarantineFull));
    assert!(counted(&metrics, "quarantined") && counted(&metrics, "refused"), "{}", metrics.encode());
}
