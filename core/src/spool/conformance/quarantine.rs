//! What is quarantined is kept like other mail, and not sent before an operator has said so.

use super::*;
use crate::spool::{Control, Purpose, Quarantine, QuarantineFilter, Quarantined, Stats, Tags, Unquarantine};

pub(super) async fn all<S: Site>() {
    what_is_quarantined_is_kept_and_does_not_wait::<S>().await;
    what_is_released_waits_as_if_it_had_come_in_now::<S>().await;
    what_is_released_may_go_to_others::<S>().await;
    what_is_removed_is_gone::<S>().await;
    what_is_bounced_fails::<S>().await;
    quarantine_is_listed_in_pages::<S>().await;
    a_commit_into_quarantine_may_be_repeated::<S>().await;
}

fn quarantined_envelope(reason: &str) -> Envelope {
    let mut tags = Tags::default();
    tags.set("score", "7").unwrap();
    let received = Timestamp::from_second(1_700_000_000).unwrap();
    let quarantine = Some(Quarantine::begin(reason, "filters/cards.rhai:7:5", received));
    Envelope { received, tags, quarantine, ..envelope() }
}

/// A message that an hour of attention was left for.
async fn quarantine(spool: &dyn Spool, content: &[u8], addresses: &[&str]) -> Envelope {
    let envelope = quarantined_envelope("Card numbers");
    let mut to = recipients(addresses);
    to.iter_mut().for_each(|to| to.attention = envelope.received + SignedDuration::from_hours(1));
    let body = write(spool, content).await;
    spool.commit(envelope.clone(), to, body).await.unwrap();
    envelope
}

async fn quarantined(spool: &dyn Spool) -> Vec<Quarantined> {
    let (mut quarantined, mut after) = (Vec::new(), None);
    loop {
        let page = spool.quarantined(&QuarantineFilter::default(), after, 2).await.unwrap();
        quarantined.extend(page.messages);
        after = page.next;
        if after.is_none() {
            return quarantined;
        }
    }
}

fn release(to: &[&str]) -> Unquarantine {
    Unquarantine::Release { to: recipients(to) }
}

/// What there is: messages, recipients, due, octets; and quarantined messages and octets.
async fn sums(spool: &dyn Spool) -> ([u64; 4], [u64; 2]) {
    let Stats { messages, recipients, due, octets, quarantined, quarantined_octets, .. } =
        spool.stats().await.unwrap();
    ([messages, recipients, due, octets], [quarantined, quarantined_octets])
}

async fn what_is_quarantined_is_kept_and_does_not_wait<S: Site>() {
    let site = S::new().await;
    let mut spool = site.open().await;
    let large = vec![b'x'; 300_000];
    let mut kept = Vec::new();
    for content in [b"hello".as_slice(), &large] {
        kept.push((quarantine(&*spool, content, &["bob@one.example", "eve@two.example"]).await, content));
    }
    let waiting = take_in(&*spool, &["bob@one.example"]).await;
    for _ in 0..2 {
        assert_eq!(sums(&*spool).await, ([1, 1, 1, 5], [2, 300_005]));
        let leases = lease(&*spool, 10).await;
        assert_eq!(leases.iter().map(|lease| lease.envelope.id).collect::<Vec<_>>(), [waiting.id]);
        assert_eq!(listed(&*spool).await.len(), 1);
        assert_eq!(spool.destinations(&Filter::default(), None, 10).await.unwrap().len(), 1);
        for (seen, (envelope, content)) in quarantined(&*spool).await.iter().zip(&kept) {
            assert_eq!(&seen.envelope, envelope);
            assert_eq!(seen.recipients, ["bob@one.example", "eve@two.example"]);
            let (shown, queued, body) = spool.message(envelope.id).await.unwrap().unwrap();
            assert!(shown.is_quarantined() && queued.is_empty());
            assert!(read(&*spool, &body).await.unwrap() == *content);
        }
        // Neither is it the operator's word on the queue that ends it.
        assert_eq!(spool.control(&Filter::default(), Control::Hold).await.unwrap(), 1);
        assert_eq!(spool.control(&Filter::default(), Control::Release).await.unwrap(), 1);
        spool.shutdown().await;
        spool = site.open().await;
    }
    assert_eq!(quarantined(&*spool).await.len(), 2);
    spool.shutdown().await;
}

async fn what_is_released_waits_as_if_it_had_come_in_now<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    let envelope = quarantine(&*spool, b"hello", &["bob@one.example", "eve@one.example"]).await;
    let now = Timestamp::now();
    spool.unquarantine(envelope.id, release(&[])).await.unwrap();
    assert_eq!(sums(&*spool).await, ([1, 2, 2, 5], [0, 0]));
    assert_eq!(quarantined(&*spool).await, []);
    for how in [release(&[]), Unquarantine::Remove, Unquarantine::Bounce] {
        let again = spool.unquarantine(envelope.id, how).await;
        assert!(matches!(again, Err(SpoolError::Unknown)), "{again:?}");
    }
    spool.shutdown().await;

    let spool = site.open().await;
    let lease = lease(&*spool, 10).await.remove(0);
    assert_eq!((lease.recipients.len(), &lease.purpose), (2, &Purpose::Deliver));
    assert_eq!(read(&*spool, &lease.body).await.unwrap(), b"hello");
    let released = lease.envelope.quarantine.as_ref().and_then(|quarantine| quarantine.released).unwrap();
    assert!(released >= now && released <= Timestamp::now());
    assert_eq!((lease.envelope.waits_since(), lease.envelope.received), (released, envelope.received));
    assert_eq!(lease.envelope.tags, envelope.tags);
    assert_eq!(lease.recipients[0].attention, released + SignedDuration::from_hours(1));
    spool.settle(settlement(&lease, &Outcome::Delivered)).await.unwrap();
    assert_eq!(spool.stats().await.unwrap(), Stats::default());
    spool.shutdown().await;
}

async fn what_is_released_may_go_to_others<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    let envelope = quarantine(&*spool, b"hello", &["bob@one.example", "eve@two.example"]).await;
    spool.unquarantine(envelope.id, release(&["ann@three.example"])).await.unwrap();
    let leases = lease(&*spool, 10).await;
    let to: Vec<_> =
        leases.iter().flat_map(|lease| &lease.recipients).map(|to| to.address.as_str()).collect();
    assert_eq!(to, ["ann@three.example"]);
    let attention = leases[0].recipients[0].attention;
    assert_eq!(attention, leases[0].envelope.waits_since() + SignedDuration::from_hours(1));
    spool.shutdown().await;
}

async fn what_is_removed_is_gone<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    for octets in [5, 300_000] {
        let envelope =
            quarantine(&*spool, &vec![b'x'; octets], &["bob@one.example", "eve@two.example"]).await;
        spool.unquarantine(envelope.id, Unquarantine::Remove).await.unwrap();
        assert!(matches!(spool.open_body(&BodyRef::of(envelope.id)).await, Err(SpoolError::Unknown)));
        assert!(spool.message(envelope.id).await.unwrap().is_none());
        assert_eq!(spool.stats().await.unwrap(), Stats::default());
        assert!(lease(&*spool, 10).await.is_empty());
    }
    let unknown = spool.unquarantine(MessageId::now_v7(), Unquarantine::Remove).await;
    assert!(matches!(unknown, Err(SpoolError::Unknown)), "{unknown:?}");
    // What waits cannot be removed like that.
    let waiting = take_in(&*spool, &["bob@one.example"]).await;
    let refused = spool.unquarantine(waiting.id, Unquarantine::Remove).await;
    assert!(matches!(refused, Err(SpoolError::Unknown)), "{refused:?}");
    assert_eq!(listed(&*spool).await.len(), 1);
    spool.shutdown().await;
}

async fn what_is_bounced_fails<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    let envelope = quarantine(&*spool, b"hello", &["bob@one.example", "eve@one.example"]).await;
    spool.unquarantine(envelope.id, Unquarantine::Bounce).await.unwrap();
    let lease = lease(&*spool, 10).await.remove(0);
    assert_eq!((&lease.purpose, lease.recipients.len()), (&Purpose::GiveUp, 2));
    let settlement = Settlement { notices: vec![notice()], ..settlement(&lease, &failed()) };
    spool.settle(settlement).await.unwrap();
    assert_eq!(sums(&*spool).await, ([1, 1, 1, 9], [0, 0]), "the notice alone");
    spool.shutdown().await;
}

async fn quarantine_is_listed_in_pages<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let envelope = quarantined_envelope(&format!("reason {number}"));
        ids.push(envelope.id);
        let body = write(&*spool, b"hello").await;
        spool.commit(envelope, recipients(&["bob@one.example"]), body).await.unwrap();
    }
    let seen: Vec<_> = quarantined(&*spool).await.iter().map(|one| one.envelope.id).collect();
    assert_eq!(seen, ids);
    let reason = QuarantineFilter { reason: Some("REASON 3".to_owned()), ..Default::default() };
    let found = spool.quarantined(&reason, None, 10).await.unwrap();
    assert_eq!((found.messages.len(), found.messages[0].envelope.id, found.next), (1, ids[3], None));
    let one = QuarantineFilter { message: Some(ids[2]), ..Default::default() };
    assert_eq!(spool.quarantined(&one, None, 10).await.unwrap().messages[0].envelope.id, ids[2]);
    assert_eq!(spool.quarantined(&one, Some(ids[2]), 10).await.unwrap().messages, []);
    spool.shutdown().await;
}

async fn a_commit_into_quarantine_may_be_repeated<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    let envelope = quarantined_envelope("twice");
    for _ in 0..2 {
        let body = write(&*spool, b"hello").await;
        spool.commit(envelope.clone(), recipients(&["bob@one.example"]), body).await.unwrap();
    }
    assert_eq!(sums(&*spool).await, ([0; 4], [1, 5]));
    spool.shutdown().await;
}
