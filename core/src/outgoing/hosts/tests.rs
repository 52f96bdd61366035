//! Where the mail of a domain goes, by a name system of a few names.

use std::collections::HashMap;

use async_trait::async_trait;

use super::*;

/// A name system of a few names; every other name does not exist.
#[derive(Default)]
struct Fake {
    mx: HashMap<&'static str, Result<Vec<Mx>, LookupError>>,
    addresses: HashMap<&'static str, Result<Vec<IpAddr>, LookupError>>,
}

#[async_trait]
impl Names for Fake {
    async fn mx(&self, domain: &str) -> Result<Vec<Mx>, LookupError> {
        self.mx.get(domain).cloned().unwrap_or_else(|| Err(LookupError::NoName(domain.to_owned())))
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, LookupError> {
        self.addresses.get(host).cloned().unwrap_or_else(|| Err(LookupError::NoName(host.to_owned())))
    }

    async fn txt(&self, name: &str) -> Result<Vec<String>, LookupError> {
        Err(LookupError::NoName(name.to_owned()))
    }

    async fn pointers(&self, address: IpAddr) -> Result<Vec<String>, LookupError> {
        Err(LookupError::NoName(address.to_string()))
    }
}

fn mx(records: &[(u16, &str)]) -> Result<Vec<Mx>, LookupError> {
    Ok(records
        .iter()
        .map(|(preference, host)| Mx { preference: *preference, host: (*host).to_owned() })
        .collect())
}

fn route(domain: &str, host: &str) -> Route {
    Route { domain: domain.to_owned(), host: host.to_owned(), port: 2525 }
}

async fn hosts(
    routes: &[Route],
    domain: &'static str,
    answer: Result<Vec<Mx>, LookupError>,
) -> Result<Vec<Candidate>, Problem> {
    let names = Fake { mx: HashMap::from([(domain, answer)]), ..Fake::default() };
    Directions { routes, port: 25, ourselves: "relay.example.net" }.hosts(domain, &names).await
}

fn found(candidates: &[Candidate]) -> Vec<&str> {
    candidates.iter().map(|candidate| candidate.name.as_str()).collect()
}

fn code(problem: &Problem) -> String {
    problem.status().code.to_string()
}

#[tokio::test]
async fn the_preferred_host_comes_first() {
    let candidates =
        hosts(&[], "example.org", mx(&[(20, "b.example.org"), (10, "a.example.org")])).await.unwrap();
    assert_eq!(found(&candidates), ["a.example.org", "b.example.org"]);
    assert!(candidates.iter().all(|candidate| candidate.found_by == FoundBy::Mx && candidate.port == 25));
}

#[tokio::test]
async fn equals_come_in_random_order() {
    let records = [(10, "a.example.org"), (10, "b.example.org"), (5, "first.example.org")];
    let mut second = std::collections::BTreeSet::new();
    for _ in 0..64 {
        let candidates = hosts(&[], "example.org", mx(&records)).await.unwrap();
        assert_eq!(candidates[0].name, "first.example.org");
        second.insert(candidates[1].name.clone());
    }
    // Both orders: wrong by chance once in 2^63.
    assert_eq!(second.len(), 2);
}

#[tokio::test]
async fn a_domain_without_mx_is_its_own_host() {
    for answer in [mx(&[]), Err(LookupError::NoRecord("example.org".to_owned()))] {
        let candidates = hosts(&[], "example.org", answer).await.unwrap();
        assert_eq!(found(&candidates), ["example.org"]);
        assert_eq!(candidates[0].found_by, FoundBy::ImplicitMx);
    }
}

#[tokio::test]
async fn what_cannot_be_delivered_says_why() {
    let no_name = Err(LookupError::NoName("example.org".to_owned()));
    let unavailable =
        Err(LookupError::Unavailable { name: "example.org".to_owned(), detail: "SERVFAIL".to_owned() });
    let table = [
        (mx(&[(0, "")]), "5.1.10"),
        (no_name, "5.1.2"),
        (unavailable, "4.4.3"),
        (mx(&[(10, "relay.example.net")]), "5.4.6"),
        (mx(&[(10, "RELAY.example.net"), (10, "a.example.org"), (20, "b.example.org")]), "5.4.6"),
    ];
    for (answer, expected) in table {
        let problem = hosts(&[], "example.org", answer.clone()).await.unwrap_err();
        assert_eq!(code(&problem), expected, "{answer:?}");
    }
}

#[tokio::test]
async fn mail_never_goes_round_in_circles() {
    let records = [(10, "a.example.org"), (20, "relay.example.net"), (30, "c.example.org")];
    let candidates = hosts(&[], "example.org", mx(&records)).await.unwrap();
    assert_eq!(found(&candidates), ["a.example.org"]);
}

#[tokio::test]
async fn the_first_route_that_matches_wins() {
    let routes = [
        route("example.org", "10.0.0.1"),
        route("*.example.org", "Inner.Example."),
        route("*", "smart.example"),
    ];
    for (domain, host) in [
        ("example.org", "10.0.0.1"),
        ("a.b.example.org", "inner.example"),
        ("notexample.org", "smart.example"),
        ("[192.0.2.1]", "smart.example"),
    ] {
        let candidates = hosts(&routes, domain, mx(&[(10, "unused.example")])).await.unwrap();
        let expected = Candidate { name: host.to_owned(), port: 2525, found_by: FoundBy::Route };
        assert_eq!(candidates, [expected], "{domain}");
    }
}

#[tokio::test]
async fn an_address_literal_is_its_own_host() {
    for (domain, host) in [("[192.0.2.1]", "192.0.2.1"), ("[IPv6:2001:db8::1]", "2001:db8::1")] {
        let candidates = hosts(&[], domain, mx(&[])).await.unwrap();
        assert_eq!(found(&candidates), [host]);
    }
    assert_eq!(code(&hosts(&[], "[example]", mx(&[])).await.unwrap_err()), "5.1.2");
}

#[tokio::test]
async fn a_host_has_all_its_addresses() {
    let addresses: Vec<IpAddr> = vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
    let names =
        Fake { addresses: HashMap::from([("mx.example.org", Ok(addresses.clone()))]), ..Fake::default() };
    let candidate = Candidate { name: "mx.example.org".to_owned(), port: 25, found_by: FoundBy::Mx };
    let endpoints = candidate.endpoints(&names).await.unwrap();
    assert_eq!(endpoints.iter().map(|endpoint| endpoint.address.ip()).collect::<Vec<_>>(), addresses);
}

#[tokio::test]
async fn a_missing_host_is_final_unless_a_route_names_it() {
    for (found_by, permanent) in [(FoundBy::Mx, true), (FoundBy::ImplicitMx, true), (FoundBy::Route, false)] {
        let candidate = Candidate { name: "gone.example".to_owned(), port: 25, found_by };
        let problem = candidate.endpoints(&Fake::default()).await.unwrap_err();
        assert_eq!(problem.is_permanent(), permanent, "{found_by:?}");
    }
}
