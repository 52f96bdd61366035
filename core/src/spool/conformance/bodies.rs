//! Bodies: streamed in and out, whole or an error, and gone with the last recipient.

use super::*;

pub(super) async fn all<S: Site>() {
    bodies_of_every_size_come_back_as_they_were::<S>().await;
    a_body_goes_with_the_last_recipient::<S>().await;
}

async fn bodies_of_every_size_come_back_as_they_were<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    let content = |octets: usize| (0..octets).map(|at| (at / 7 + at / 1000) as u8).collect::<Vec<_>>();
    let sizes = [0, 1, 65_536, 262_144, 262_145, 1_000_000];
    let mut ids = Vec::new();
    for octets in sizes {
        let envelope = envelope();
        let body = write(&*spool, &content(octets)).await;
        ids.push(envelope.id);
        spool.commit(envelope, recipients(&["bob@one.example"]), body).await.unwrap();
    }
    for lease in lease(&*spool, 10).await {
        let at = ids.iter().position(|id| *id == lease.envelope.id).unwrap();
        assert!(read(&*spool, &lease.body).await.unwrap() == content(sizes[at]), "{} octets", sizes[at]);
    }
    spool.shutdown().await;
    let spool = site.open().await;
    for (id, octets) in ids.iter().zip(sizes) {
        assert!(read(&*spool, &BodyRef::of(*id)).await.unwrap() == content(octets), "{octets} octets");
    }
    spool.shutdown().await;
}

async fn a_body_goes_with_the_last_recipient<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    for octets in [5, 300_000] {
        let envelope = envelope();
        let body = write(&*spool, &vec![b'x'; octets]).await;
        spool.commit(envelope, recipients(&["bob@one.example", "carol@two.example"]), body).await.unwrap();
        let leases = lease(&*spool, 2).await;
        spool.settle(settlement(&leases[0], &Outcome::Delivered)).await.unwrap();
        assert_eq!(read(&*spool, &leases[1].body).await.unwrap().len(), octets);
        spool.settle(settlement(&leases[1], &Outcome::Delivered)).await.unwrap();
        let gone = spool.open_body(&BodyRef::of(leases[0].envelope.id)).await;
        assert!(matches!(gone, Err(SpoolError::Unknown)));
    }
    assert_eq!(spool.stats().await.unwrap(), Default::default());
    spool.shutdown().await;
}
