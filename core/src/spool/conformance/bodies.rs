//! Bodies: streamed in and out, whole or an error, and gone with the last recipient.

use waxseal_plugins::content::Content;

use super::*;

pub(super) async fn all<S: Site>() {
    bodies_of_every_size_come_back_as_they_were::<S>().await;
    a_body_goes_with_the_last_recipient::<S>().await;
    a_body_is_looked_at_before_its_commit_and_replaced::<S>().await;
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

async fn a_body_is_looked_at_before_its_commit_and_replaced<S: Site>() {
    let site = S::new().await;
    let spool = site.open().await;
    for octets in [0, 5, 300_000] {
        let written: Vec<u8> = (0..octets).map(|at| (at / 7 + at / 1000) as u8).collect();
        let body = write(&*spool, &written).await;
        let content = body.content();
        assert_eq!(content.size(), octets);
        assert!(whole(&*content) == written, "{octets} octets");
        assert_eq!(content.read_at(octets, &mut [0; 9]).unwrap(), 0);
        assert_eq!(content.read_at(u64::MAX, &mut [0; 9]).unwrap(), 0);
        // Another one in its place; what was looked at stays what it was.
        let other = [b"edited ", written.as_slice()].concat();
        let replaced = write(&*spool, &other).await;
        drop(body);
        assert!(whole(&*content) == written, "{octets} octets");
        let envelope = envelope();
        let edited = replaced.content();
        spool.commit(envelope.clone(), recipients(&["bob@one.example"]), replaced).await.unwrap();
        assert!(whole(&*edited) == other, "{octets} octets");
        assert!(read(&*spool, &BodyRef::of(envelope.id)).await.unwrap() == other, "{octets} octets");
    }
    spool.shutdown().await;
}

/// All of it, in pieces of an odd size.
fn whole(content: &dyn Content) -> Vec<u8> {
    let (mut octets, mut piece) = (Vec::new(), [0; 8191]);
    loop {
        match content.read_at(octets.len() as u64, &mut piece).unwrap() {
            0 => return octets,
            read => octets.extend_from_slice(&piece[..read]),
        }
    }
}
