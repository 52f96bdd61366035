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
