//! What plugins look up is answered by the relay's resolver, from a name server.

use std::net::IpAddr;
use std::sync::Arc;

use waxseal::config::Dns;
use waxseal::names::{NameSystem, Names};
use waxseal::observe::Observer;
use waxseal::relay::outside::RelayOutside;
use waxseal_plugins::outside::{LookupFailure, Outside, Query};
use waxseal_tests::dns::{NameServer, Zone};
use waxseal_tests::wait::soon;

fn zone() -> Zone {
    let (v4, v6): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap());
    Zone::default()
        .mx("there.example", 20, "second.there.example")
        .mx("there.example", 10, "First.there.example")
        .txt("there.example", &["v=spf1 ip4:192.0.2.0/24 ", "-all"])
        .txt("there.example", &["another"])
        .address("first.there.example", v4)
        .address("first.there.example", v6)
        .pointer(v4, "first.there.example")
        .pointer(v6, "first.there.example")
        .alias("alias.example", "there.example")
        .fails("broken.example")
}

/// What is asked, and what is answered, in any order where the order says nothing.
#[tokio::test]
async fn every_kind_of_record_is_found() {
    let server = NameServer::start(zone()).await;
    let outside = outside(&server);
    let table: [(Query, &[&str]); 7] = [
        (Query::Mx("there.example".into()), &["first.there.example", "second.there.example"]),
        (Query::Mx("alias.example".into()), &["first.there.example", "second.there.example"]),
        (Query::Txt("there.example".into()), &["another", "v=spf1 ip4:192.0.2.0/24 -all"]),
        (Query::Txt("alias.example".into()), &["another", "v=spf1 ip4:192.0.2.0/24 -all"]),
        (Query::Addresses("first.there.example".into()), &["192.0.2.1", "2001:db8::1"]),
        (Query::Names("192.0.2.1".into()), &["first.there.example"]),
        (Query::Names("2001:db8::1".into()), &["first.there.example"]),
    ];
    for (query, expected) in table {
        let mut found = soon("an answer", outside.look_up(query.clone())).await.unwrap();
        if !matches!(query, Query::Mx(_)) {
            found.sort();
        }
        assert_eq!(found, expected, "{query:?}");
    }
}

#[tokio::test]
async fn no_record_is_told_from_no_answer() {
    let server = NameServer::start(zone()).await;
    let outside = outside(&server);
    for query in [
        Query::Txt("nowhere.example".into()),
        Query::Txt("first.there.example".into()),
        Query::Mx("first.there.example".into()),
        Query::Addresses("there.example".into()),
        Query::Names("192.0.2.99".into()),
    ] {
        let answer = soon("an answer", outside.look_up(query.clone())).await;
        assert_eq!(answer, Err(LookupFailure::NoRecord), "{query:?}");
    }
    for query in [Query::Txt("broken.example".into()), Query::Mx("no name".into())] {
        let answer = soon("an answer", outside.look_up(query.clone())).await;
        assert!(matches!(answer, Err(LookupFailure::Unavailable(_))), "{query:?}: {answer:?}");
    }
}

fn outside(server: &NameServer) -> RelayOutside {
    let dns = Dns { servers: vec![server.address], ..Dns::default() };
    let names = NameSystem::new(&dns).map(|names| Arc::new(names) as Arc<dyn Names>);
    RelayOutside::new(names, Observer::off())
}
