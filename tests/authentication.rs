//! SPF, DKIM, ARC and DMARC come to what other implementations come to: pyspf, dkimpy and authheaders, on the
//! same messages and the same zone. Where they rightly differ, it is listed, with the reason.

mod cases;
mod messages;
mod peer;
mod site;

use std::collections::BTreeMap;

use waxseal::authentication::{Results, Wanted, Word};

use self::cases::{Case, Kind};
use self::site::Site;

/// Where we differ, what we say, and why that is right.
#[rustfmt::skip]
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("dkim: the length", "[false]", "l= is not accepted: RFC 6376 section 8.2 leaves it to us"),
    ("dkim: a line was appended behind the length", "[false]", "the same"),
    ("dkim: rsa-sha1", "[false]", "RFC 8301 section 3.1: such signatures have failed"),
    ("arc: the last says fail", "fail", "RFC 8617 section 5.2: so the chain has failed; theirs gives no verdict"),
    ("arc: sealed as broken", "fail", "the same"),
    ("dmarc: the domain of that policy", "fail none", "RFC 9989 section 4.7: sp= is for domains below, the domain itself has p="),
    ("dmarc: no author", "permerror", "RFC 5322 section 3.6 asks for a From field; theirs has no word for it"),
    ("dmarc: two From fields", "permerror", "RFC 5322 section 3.6 allows one; theirs takes the strictest of both"),
    ("dmarc: authors of two domains", "none", "RFC 9989 section 5.3.1 exempts them; theirs follows RFC 7489 section 6.6.1"),
];

#[tokio::test(flavor = "multi_thread")]
async fn spf_is_judged_as_by_pyspf() {
    compare(&Site::start().await, cases::spf(), 30).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_are_judged_as_by_dkimpy() {
    let site = Site::start().await;
    compare(&site, cases::dkim(&site).await, 60).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chains_are_judged_as_by_dkimpy() {
    let site = Site::start().await;
    compare(&site, cases::arc(&site).await, 20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dmarc_is_judged_as_by_authheaders() {
    let site = Site::start().await;
    compare(&site, cases::dmarc(&site).await, 16).await;
}

/// Every case comes to the same, or to what is listed.
async fn compare(site: &Site, cases: Vec<Case>, least: usize) {
    assert!(cases.len() >= least, "only {} cases", cases.len());
    let theirs = site.peer.judge(&cases).await;
    assert_eq!(theirs.len(), cases.len());
    let listed: BTreeMap<_, _> = DIFFERENCES.iter().map(|(name, ours, _)| (*name, *ours)).collect();
    let mut wrong = Vec::new();
    for (case, theirs) in cases.iter().zip(theirs) {
        let results = site.authenticate(case, wanted(case.kind)).await;
        let ours = said(case.kind, &results);
        let is_right = match listed.get(case.name.as_str()) {
            Some(expected) => ours == *expected && ours != theirs,
            None => ours == theirs,
        };
        if !is_right {
            wrong.push(format!("{}: ours {ours}, theirs {theirs}\n    {results:?}", case.name));
        }
    }
    let names: Vec<_> = cases.iter().map(|case| case.name.as_str()).collect();
    let method = names[0].split(':').next().unwrap();
    let stale = listed.keys().find(|name| name.starts_with(method) && !names.contains(*name));
    assert_eq!(stale, None, "no case has this name");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn wanted(kind: Kind) -> Wanted {
    match kind {
        Kind::Spf => Wanted::SPF,
        Kind::Dkim => Wanted::DKIM,
        Kind::Arc => Wanted::ARC,
        Kind::Dmarc => Wanted::DMARC,
    }
}

/// The results in the words that the peers have too. dkimpy only says whether a signature holds.
fn said(kind: Kind, results: &Results) -> String {
    match kind {
        Kind::Spf => results.spf.as_ref().unwrap().result.to_string(),
        Kind::Dkim => {
            let signatures = results.dkim.as_ref().unwrap().signatures.iter();
            let mut holds: Vec<bool> = signatures.map(|one| one.result == Word::Pass).collect();
            holds.sort_unstable();
            format!("{holds:?}")
        }
        Kind::Arc => results.arc.as_ref().unwrap().result.to_string(),
        Kind::Dmarc => {
            let dmarc = results.dmarc.as_ref().unwrap();
            // The policy is what becomes of mail that fails; of other mail the peers do not say it alike.
            match dmarc.result {
                Word::Fail => format!("fail {}", dmarc.policy.as_str()),
                result => result.to_string(),
            }
        }
    }
}
