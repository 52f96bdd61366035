//! DMARC: records, policies, and what is aligned with the author.

use std::net::IpAddr;

use serde_json::json;
use waxseal_tests::dns::Zone;

use super::{Case, Kind};
use crate::authentication::messages::{changed, joined, plain};
use crate::authentication::peer::latin1;
use crate::authentication::site::Site;

/// A client that SPF lets pass.
const PASSES: &str = "192.0.2.1";

/// A client that it does not.
const FAILS: &str = "198.51.100.1";

/// Name, author's domain, sender's domain, client. The domains' records are in the zone below.
#[rustfmt::skip]
const BY_SPF: &[(&str, &str, &str, &str)] = &[
    ("aligned by SPF",                 "reject.example",        "reject.example",        PASSES),
    ("SPF fails",                      "reject.example",        "reject.example",        FAILS),
    ("SPF of another domain",          "reject.example",        "list.example",          PASSES),
    ("relaxed: sender below author",   "reject.example",        "sub.reject.example",    PASSES),
    ("relaxed: author below sender",   "sub.reject.example",    "reject.example",        PASSES),
    ("strict: sender below author",    "strict.example",        "sub.strict.example",    PASSES),
    ("strict: the same",               "strict.example",        "strict.example",        PASSES),
    ("quarantine",                     "quarantine.example",    "list.example",          PASSES),
    ("p=none",                         "none.example",          "list.example",          PASSES),
    ("the policy of subdomains",       "sub.subs.example",      "list.example",          PASSES),
    ("the domain of that policy",      "subs.example",          "list.example",          PASSES),
    ("deep below",                     "a.b.sub.reject.example", "list.example",         PASSES),
    ("a record of its own below",      "own.reject.example",    "list.example",          PASSES),
    ("no record",                      "recordless.example",    "list.example",          PASSES),
    ("two records",                    "twice.example",         "list.example",          PASSES),
    ("two records at the parent",      "below.twice.example",   "list.example",          PASSES),
    ("two records, and one above",     "two.reject.example",    "list.example",          PASSES),
    ("another text there",             "text.example",          "list.example",          PASSES),
    ("capitals",                       "Reject.Example",        "REJECT.example",        PASSES),
    ("a name that only ends alike",    "notreject.example",     "reject.example",        PASSES),
];

pub(crate) async fn dmarc(site: &Site) -> Vec<Case> {
    let of = |(name, author, sender, client): &(&str, &str, &str, &str)| {
        case(name, plain(author), &format!("ann@{sender}"), client)
    };
    let mut cases: Vec<_> = BY_SPF.iter().map(of).collect();
    let (mine, parent) = (plain("signed.example"), plain("sub.signed.example"));
    let signed = site.sign(&mine).await;
    let quoted = changed(&plain("reject.example"), "Ann <", "\"ann@signed.example\" <");
    let two = changed(&mine, "Ann <ann@signed.example>", "ann@signed.example, eve@reject.example");
    let refused = plain("reject.example");
    let of_list = by(site, "list.example", &refused).await;
    let of_list = of_list.strip_suffix(&*refused).unwrap_or_default();
    for (name, message) in [
        ("aligned by DKIM", signed.clone()),
        ("DKIM is broken", changed(&signed, "this is it", "this is IT")),
        ("DKIM of a parent", by(site, "signed.example", &parent).await),
        ("DKIM of a subdomain", by(site, "sub.signed.example", &mine).await),
        ("DKIM of another", by(site, "list.example", &mine).await),
        ("strict: DKIM of the same", by(site, "strict.example", &plain("strict.example")).await),
        ("strict: DKIM of a parent", by(site, "strict.example", &plain("sub.strict.example")).await),
        ("no author", changed(&mine, "From:", "X-From:")),
        ("two From fields", joined(b"From: eve@reject.example\r\n", &mine)),
        ("authors of two domains", two),
        ("an address as a name", quoted),
        ("many signatures", joined(&of_list.repeat(21), &refused)),
    ] {
        cases.push(case(name, message, "ann@list.example", FAILS));
    }
    cases
}

/// A message signed by dkimpy for a domain.
async fn by(site: &Site, domain: &str, message: &[u8]) -> Vec<u8> {
    let order = json!({ "kind": "dkim", "key": site.rsa, "selector": "rsa", "domain": domain,
        "message": latin1(message) });
    joined(&site.peer.make(&[order]).await[0], message)
}

fn case(name: &str, message: Vec<u8>, sender: &str, client: &str) -> Case {
    let mut case = Case::message(format!("dmarc: {name}"), Kind::Dmarc, message);
    case.client = client.parse().unwrap();
    sender.clone_into(&mut case.sender);
    case
}

pub(crate) fn zone(zone: Zone) -> Zone {
    let mut zone = zone;
    for domain in
        ["reject.example", "sub.reject.example", "strict.example", "sub.strict.example", "list.example"]
    {
        zone = zone.txt(domain, &["v=spf1 ip4:192.0.2.1 -all"]);
    }
    for domain in [
        "sub.subs.example",
        "a.b.sub.reject.example",
        "own.reject.example",
        "sub.signed.example",
        "below.twice.example",
        "two.reject.example",
    ] {
        zone = zone.address(domain, "192.0.2.9".parse::<IpAddr>().unwrap());
    }
    zone.txt("_dmarc.reject.example", &["v=DMARC1; p=reject; rua=mailto:d@reject.example"])
        .txt("_dmarc.strict.example", &["v=DMARC1; p=reject; aspf=s; adkim=s"])
        .txt("_dmarc.quarantine.example", &["v=DMARC1; p=quarantine"])
        .txt("_dmarc.none.example", &["v=DMARC1; p=none"])
        .txt("_dmarc.subs.example", &["v=DMARC1; p=none; sp=quarantine"])
        .txt("_dmarc.own.reject.example", &["v=DMARC1; p=none"])
        .txt("_dmarc.signed.example", &["v=DMARC1; p=quarantine"])
        .txt("_dmarc.twice.example", &["v=DMARC1; p=reject"])
        .txt("_dmarc.twice.example", &["v=DMARC1; p=none"])
        .txt("_dmarc.two.reject.example", &["v=DMARC1; p=none"])
        .txt("_dmarc.two.reject.example", &["v=DMARC1; p=quarantine"])
        .txt("_dmarc.text.example", &["hello"])
}
