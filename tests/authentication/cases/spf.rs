//! SPF: each mechanism, modifiers, macros, limits, errors.

use std::net::IpAddr;

use waxseal_tests::dns::Zone;

use super::{Case, Kind};

/// Name, record, client address.
#[rustfmt::skip]
const RECORDS: &[(&str, &str, &str)] = &[
    ("ip4 passes",             "v=spf1 ip4:192.0.2.0/24 -all", "192.0.2.1"),
    ("ip4 fails",              "v=spf1 ip4:192.0.2.0/24 -all", "198.51.100.1"),
    ("ip4 with odd prefix",    "v=spf1 ip4:192.0.2.128/25 ~all", "192.0.2.127"),
    ("ip6 passes",             "v=spf1 ip6:2001:db8::/32 -all", "2001:db8::1"),
    ("ip6 for an IPv4 client", "v=spf1 ip6:2001:db8::/32 ?all", "192.0.2.1"),
    ("all alone",              "v=spf1 +all", "192.0.2.1"),
    ("softfail",               "v=spf1 ~all", "192.0.2.1"),
    ("neutral",                "v=spf1 ?all", "192.0.2.1"),
    ("no directive matches",   "v=spf1 ip4:203.0.113.1", "192.0.2.1"),
    ("empty record",           "v=spf1", "192.0.2.1"),
    ("capitals",               "V=SPF1 IP4:192.0.2.1 -ALL", "192.0.2.1"),
    ("a",                      "v=spf1 a -all", "192.0.2.1"),
    ("a with prefix",          "v=spf1 a/24 -all", "192.0.2.77"),
    ("a of another",           "v=spf1 a:host.other.example -all", "192.0.2.9"),
    ("a with IPv6 prefix",     "v=spf1 a:host.other.example//64 -all", "2001:db8:9::5"),
    ("mx",                     "v=spf1 mx:mail.example -all", "192.0.2.25"),
    ("mx does not match",      "v=spf1 mx:mail.example -all", "192.0.2.26"),
    ("mx without record",      "v=spf1 mx:host.other.example -all", "192.0.2.9"),
    ("include passes",         "v=spf1 include:pass.other.example -all", "192.0.2.1"),
    ("include fails",          "v=spf1 include:fail.other.example ?all", "192.0.2.1"),
    ("include softfails",      "v=spf1 include:soft.other.example -all", "192.0.2.1"),
    ("include of nothing",     "v=spf1 include:none.other.example -all", "192.0.2.1"),
    ("include of broken",      "v=spf1 include:broken.other.example -all", "192.0.2.1"),
    ("include does not end",   "v=spf1 include:loop.other.example -all", "192.0.2.1"),
    ("include in include",     "v=spf1 include:deep.other.example -all", "192.0.2.1"),
    ("redirect",               "v=spf1 redirect=fail.other.example", "192.0.2.1"),
    ("redirect behind all",    "v=spf1 redirect=fail.other.example ?all", "192.0.2.1"),
    ("redirect to nothing",    "v=spf1 redirect=none.other.example", "192.0.2.1"),
    ("redirect does not end",  "v=spf1 redirect=circle.other.example", "192.0.2.1"),
    ("redirect twice",         "v=spf1 redirect=a.example redirect=b.example", "192.0.2.1"),
    ("exists",                 "v=spf1 exists:host.other.example -all", "192.0.2.1"),
    ("exists with macros",     "v=spf1 exists:%{ir}.%{v}._spf.other.example -all", "192.0.2.1"),
    ("exists does not",        "v=spf1 exists:%{l}._spf.other.example -all", "192.0.2.1"),
    ("macro of the local part", "v=spf1 exists:%{l1r-}.who.other.example -all", "192.0.2.1"),
    ("macro of the domain",    "v=spf1 a:%{d2}.who.other.example -all", "192.0.2.1"),
    ("macro of ehlo",          "v=spf1 exists:%{h}.who.other.example -all", "192.0.2.1"),
    ("an unknown macro",       "v=spf1 exists:%{q}.other.example -all", "192.0.2.1"),
    ("a lone percent",         "v=spf1 exists:100%.other.example -all", "192.0.2.1"),
    ("ptr",                    "v=spf1 ptr:named.example -all", "192.0.2.53"),
    ("ptr that does not lead back", "v=spf1 ptr:named.example -all", "192.0.2.54"),
    ("ptr without pointer",    "v=spf1 ptr -all", "192.0.2.55"),
    ("ten lookups",            "v=spf1 a:h0.many.example a:h1.many.example a:h2.many.example a:h3.many.example a:h4.many.example a:h5.many.example a:h6.many.example a:h7.many.example a:h8.many.example a:h9.many.example ?all", "192.0.2.1"),
    ("eleven lookups",         "v=spf1 a:h0.many.example a:h1.many.example a:h2.many.example a:h3.many.example a:h4.many.example a:h5.many.example a:h6.many.example a:h7.many.example a:h8.many.example a:h9.many.example a:ha.many.example ?all", "192.0.2.1"),
    ("two lookups of nothing", "v=spf1 a:no1.other.example a:no2.other.example ?all", "192.0.2.1"),
    ("three lookups of nothing", "v=spf1 a:no1.other.example a:no2.other.example a:no3.other.example ?all", "192.0.2.1"),
    ("a name server fails",    "v=spf1 a:failing.other.example -all", "192.0.2.1"),
    ("include fails to answer", "v=spf1 include:failing.other.example -all", "192.0.2.1"),
    ("an unknown mechanism",   "v=spf1 ip5:192.0.2.1 -all", "192.0.2.1"),
    ("an unknown modifier",    "v=spf1 x-what=ever ip4:192.0.2.1 -all", "192.0.2.1"),
    ("a broken address",       "v=spf1 ip4:192.0.2 -all", "192.0.2.1"),
    ("a prefix too long",      "v=spf1 ip4:192.0.2.1/33 -all", "192.0.2.1"),
    ("an address for all",     "v=spf1 all:example.org", "192.0.2.1"),
    ("explained",              "v=spf1 exp=why.other.example -all", "192.0.2.1"),
    ("another version",        "v=spf2 -all", "192.0.2.1"),
    ("a version that goes on", "v=spf10 -all", "192.0.2.1"),
];

pub(crate) fn spf() -> Vec<Case> {
    let of_record = |(number, (name, _, client)): (usize, &(&str, &str, &str))| {
        case(name, client, "mx.sender.example", &format!("a-b@{}", domain(number)))
    };
    let mut cases: Vec<_> = RECORDS.iter().enumerate().map(of_record).collect();
    for (name, ehlo, sender) in [
        ("no record", "mx.sender.example", "a@none.other.example"),
        ("no such domain", "mx.sender.example", "a@nowhere.example"),
        ("the name server fails", "mx.sender.example", "a@failing.other.example"),
        ("two records", "mx.sender.example", "a@twice.other.example"),
        ("other texts beside it", "mx.sender.example", "a@talks.other.example"),
        ("an empty sender", "pass.other.example", ""),
        ("an empty sender and an address", "[192.0.2.1]", ""),
        ("a sender of one label", "mx.sender.example", "a@localhost"),
    ] {
        cases.push(case(name, "192.0.2.1", ehlo, sender));
    }
    cases
}

fn domain(number: usize) -> String {
    format!("d{number}.spf.example")
}

fn case(name: &str, client: &str, ehlo: &str, sender: &str) -> Case {
    let mut case = Case::message(format!("spf: {name}"), Kind::Spf, Vec::new());
    case.client = client.parse().unwrap();
    (case.ehlo, case.sender) = (ehlo.to_owned(), sender.to_owned());
    case
}

pub(crate) fn zone(zone: Zone) -> Zone {
    let mut zone = zone;
    for (number, (_, record, _)) in RECORDS.iter().enumerate() {
        let strings: Vec<_> =
            record.as_bytes().chunks(250).map(|one| std::str::from_utf8(one).unwrap()).collect();
        zone = zone.txt(&domain(number), &strings).address(&domain(number), address("192.0.2.1"));
    }
    for number in "0123456789a".chars() {
        zone = zone.address(&format!("h{number}.many.example"), address("192.0.2.9"));
    }
    hosts(texts(zone))
}

fn hosts(zone: Zone) -> Zone {
    zone.address("host.other.example", address("192.0.2.9"))
        .address("host.other.example", address("2001:db8:9::1"))
        .address("1.2.0.192.in-addr._spf.other.example", address("127.0.0.2"))
        .address("a.who.other.example", address("127.0.0.2"))
        .address("spf.example.who.other.example", address("192.0.2.1"))
        .address("mx.sender.example.who.other.example", address("127.0.0.2"))
        .address("none.other.example", address("192.0.2.9"))
        .mx("mail.example", 10, "mx1.mail.example")
        .mx("mail.example", 20, "mx2.mail.example")
        .address("mx1.mail.example", address("192.0.2.24"))
        .address("mx2.mail.example", address("192.0.2.25"))
        .pointer(address("192.0.2.53"), "a.named.example")
        .pointer(address("192.0.2.54"), "b.named.example")
        .address("a.named.example", address("192.0.2.53"))
        .address("b.named.example", address("192.0.2.99"))
}

fn texts(zone: Zone) -> Zone {
    zone.txt("pass.other.example", &["v=spf1 ip4:192.0.2.1 -all"])
        .txt("fail.other.example", &["v=spf1 -all"])
        .txt("soft.other.example", &["v=spf1 ~all"])
        .txt("broken.other.example", &["v=spf1 nonsense:x -all"])
        .txt("loop.other.example", &["v=spf1 include:loop.other.example -all"])
        .txt("circle.other.example", &["v=spf1 redirect=circle.other.example"])
        .txt("deep.other.example", &["v=spf1 include:deeper.other.example -all"])
        .txt("deeper.other.example", &["v=spf1 include:pass.other.example ?all"])
        .txt("why.other.example", &["%{i} may not send for %{d}"])
        .txt("twice.other.example", &["v=spf1 +all"])
        .txt("twice.other.example", &["v=spf1 -all"])
        .txt("talks.other.example", &["site-verification=1"])
        .txt("talks.other.example", &["v=spf1 -all"])
        .txt("talks.other.example", &["v=DKIM1; p="])
        .fails("failing.other.example")
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}
