//! Messages come in: durable, all recipients at once, and once only.

use super::*;

pub(super) async fn all<S: Site>() {
    what_was_committed_is_there_after_a_restart::<S>().await;
    a_commit_may_be_repeated::<S>().await;
    what_is_for_nobody_is_finished::<S>().await;
    what_the_sender_asked_for_is_kept::<S>().await;
}

async fn what_was_committed_is_there_after_a_restart<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    let envelope = take_in(&*spool, &["bob@one.example", "carol@two.example", "dave@one.example"]).await;
    spool.shutdown().await;
    let refused =
        spool.commit(envelope.clone(), recipients(&["b@c.example"]), Body::Inline(Bytes::new())).await;
    assert!(matches!(refused, Err(SpoolError::Failed(_))), "{refused:?}");

    let spool = site.open().await;
    let mut leases = lease(&*spool, 10).await;
    leases.sort_by(|one, other| one.domain.cmp(&other.domain));
    let numbers = |lease: &Lease| lease.recipients.iter().map(|r| r.number).collect::<Vec<_>>();
    let seen: Vec<_> = leases.iter().map(|lease| (lease.domain.as_str(), numbers(lease))).collect();
    assert_eq!(seen, [("one.example", vec![0, 2]), ("two.example", vec![1])]);
    assert_eq!(*leases[0].envelope, envelope);
    assert_eq!(read(&*spool, &leases[0].body).await.unwrap(), b"hello");
    spool.shutdown().await;
}

async fn a_commit_may_be_repeated<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    for content in [b"hello".to_vec(), vec![b'x'; 300_000]] {
        let envelope = envelope();
        for _ in 0..2 {
            let body = write(&*spool, &content).await;
            spool.commit(envelope.clone(), recipients(&["bob@one.example"]), body).await.unwrap();
        }
        assert_eq!(read(&*spool, &BodyRef::of(envelope.id)).await.unwrap(), content);
    }
    let stats = spool.stats().await.unwrap();
    assert_eq!((stats.messages, stats.recipients, stats.octets), (2, 2, 300_005));
    spool.shutdown().await;
}

async fn what_is_for_nobody_is_finished<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    let envelope = take_in(&*spool, &[]).await;
    assert_eq!(spool.stats().await.unwrap(), Default::default());
    assert!(spool.message(envelope.id).await.unwrap().is_none());
    spool.shutdown().await;
}

async fn what_the_sender_asked_for_is_kept<S: Site>() {
    use crate::smtp::dsn::{MessageDsn, Notify, OriginalRecipient, RecipientDsn, Ret};
    let site = S::new().await;
    let spool = site.open().await;
    let dsn = MessageDsn { ret: Some(Ret::Full), envid: Some("x y".to_owned()) };
    let envelope = Envelope { dsn, ..envelope() };
    let original = OriginalRecipient { kind: "rfc822".to_owned(), address: "bob@first.example".to_owned() };
    let notify = Notify::On { success: true, delay: false, failure: true };
    let mut to = recipients(&["bob@one.example"]);
    to[0].dsn = RecipientDsn { notify, original: Some(original), ..Default::default() };
    spool.commit(envelope.clone(), to.clone(), Body::Inline(Bytes::from_static(b"hello"))).await.unwrap();
    let first = lease(&*spool, 1).await.remove(0);
    spool.shutdown().await;

    let spool = site.open().await;
    let again = lease(&*spool, 1).await.remove(0);
    for lease in [first, again] {
        assert_eq!((&*lease.envelope, &lease.recipients[0].dsn), (&envelope, &to[0].dsn));
        assert_eq!(lease.recipients[0].attention, to[0].attention);
    }
    spool.shutdown().await;
}
