//! Filters choose the way.

use super::*;

fn greeting() -> Script {
    vec![("", "220 mx\r\n"), ("EHLO", "250 mx\r\n")]
}

/// What tagged mail goes to: a host of its own.
fn by_tag(peer: &Peer) -> String {
    let way = format!("accept().to(\"{}\")", peer.endpoint.address);
    format!("fn route(host, mail) {{ if mail.tags[\"class\"] == \"bulk\" {{ {way} }} }}")
}

fn tagged() -> Lease {
    let mut lease = lease(1);
    Arc::make_mut(&mut lease.envelope).tags.set("class", "bulk").unwrap();
    lease
}

/// What became of leases, one after the other.
async fn settled(world: &World, leases: Vec<Lease>) -> Vec<Outcome> {
    for lease in leases {
        worker::run(Arc::clone(&world.outbound), lease).await;
    }
    world.outbound.services.tasks.close();
    world.outbound.services.tasks.wait().await;
    world.spool.settled.lock().unwrap().iter().map(|(_, outcome)| outcome.clone()).collect()
}

#[tokio::test]
async fn a_tag_chooses_the_way_and_says_nothing_of_other_mail() {
    let peer = Peer::playing(vec![[greeting(), transaction(1)].concat()]).await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let world = World::filtered(Dns::Addresses(1), OneMessage::default(), nobody, &by_tag(&peer));
    let outcomes = settled(&world, vec![lease(1), lease(1), tagged()]).await;
    let words: Vec<_> = outcomes.into_iter().map(words).collect();
    assert!(words[0].starts_with("deferred 4.4.1"), "{words:?}");
    assert!(words[1].starts_with("deferred 4.4.1"), "its host is left alone: {words:?}");
    assert_eq!(words[2], "delivered");
    assert!(world.spool.put_off.lock().unwrap().is_empty(), "the destination is not left alone");
    assert_eq!(peer.heard().await.len(), 1);
}

#[tokio::test]
async fn what_was_not_delivered_says_which_way_it_went() {
    let refusing = vec![("MAIL", "250 ok\r\n"), ("RCPT", "550 5.1.1 no\r\n"), ("RSET", ""), ("QUIT", "")];
    let peer = Peer::playing(vec![[greeting(), refusing].concat()]).await;
    let world = World::filtered(Dns::Silent, OneMessage::default(), 1, &by_tag(&peer));
    let outcomes = settled(&world, vec![tagged()]).await;
    let [Outcome::Failed { status }] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    let expected = format!("to {} (chosen at filters/one.rhai:1:", peer.endpoint.address);
    assert!(status.way.as_ref().is_some_and(|way| way.starts_with(&expected)), "{status:?}");
}

#[tokio::test]
async fn no_host_is_looked_for_where_a_filter_says_no() {
    let filter = "fn route(host, mail) { refuse(\"5.7.1\", \"never\") }";
    let world = World::filtered(Dns::Panics, OneMessage::default(), 1, filter);
    let words: Vec<_> = settled(&world, vec![lease(1)]).await.into_iter().map(words).collect();
    assert_eq!(words, ["failed 5.7.1 never (decided by filters/one.rhai:1:24)"]);
}
