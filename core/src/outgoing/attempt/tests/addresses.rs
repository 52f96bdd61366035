//! Addresses that are tried, and those that are not.

use super::*;

#[tokio::test]
async fn a_host_that_is_not_there_is_not_tried_by_the_next_attempt() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let world = World::new(Dns::Addresses(1), OneMessage::default(), port);
    let outcome = world.attempt(1).await.remove(0);
    assert!(outcome.starts_with("deferred 4.4.1"), "{outcome}");
    assert_eq!(world.attempt(1).await[1..], ["abandoned"], "it is given back, and no attempt is counted");
    assert_eq!(world.spool.put_off.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn only_so_many_addresses_are_tried() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let counting = tokio::spawn(async move {
        let mut count = 0;
        while let Ok(accepted) = timeout(Duration::from_secs(1), listener.accept()).await {
            drop(accepted);
            count += 1;
        }
        count
    });
    let world = World::new(Dns::Many(20), OneMessage::default(), port);
    assert!(world.attempt(1).await.remove(0).starts_with("deferred 4.4."));
    assert_eq!(counting.await.unwrap(), ADDRESSES);
}
