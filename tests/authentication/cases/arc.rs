//! ARC: chains of one to three sets, by us and by dkimpy, whole and broken.

use serde_json::json;

use super::{Case, Kind};
use crate::authentication::messages::{changed, joined, plain};
use crate::authentication::peer::latin1;
use crate::authentication::site::Site;

/// Who seals, hop by hop: `o` is us, `t` dkimpy.
const CHAINS: [&str; 10] = ["o", "t", "oo", "ot", "to", "tt", "oto", "tot", "ooo", "ttt"];

pub(crate) async fn arc(site: &Site) -> Vec<Case> {
    let message = site.sign(&plain("signed.example")).await;
    let mut cases = vec![case("none", message.clone())];
    let mut chains: Vec<(&str, Vec<u8>)> = CHAINS.iter().map(|chain| (*chain, message.clone())).collect();
    for hop in 0..3 {
        chains = hopped(site, chains, hop).await;
    }
    for (name, message) in &chains {
        cases.push(case(&format!("whole, {name}"), message.clone()));
        let changed = changed(message, "this is it", "this is IT");
        cases.push(case(&format!("the body was changed, {name}"), changed));
    }
    cases.extend(broken(&chains));
    // A chain that we find broken is sealed once more, as broken, and never again.
    let sealed = site.seal(&changed(of(&chains, "oo"), "this is it", "this is IT")).await;
    assert!(sealed.starts_with(b"ARC-Seal: i=3;") && sealed.windows(7).any(|text| text == b"cv=fail"));
    cases.push(case("sealed as broken", sealed.clone()));
    assert_eq!(site.seal(&sealed).await, sealed);
    cases
}

/// Each chain with the set of this hop, if it has one.
async fn hopped(
    site: &Site,
    chains: Vec<(&'static str, Vec<u8>)>,
    hop: usize,
) -> Vec<(&'static str, Vec<u8>)> {
    let order = |message: &[u8]| {
        json!({ "kind": "arc", "key": site.rsa, "selector": "rsa", "domain": "list.example",
            "message": latin1(message) })
    };
    let theirs = chains.iter().filter(|(chain, _)| chain.as_bytes().get(hop) == Some(&b't'));
    let orders: Vec<_> = theirs.map(|(_, message)| order(message)).collect();
    let mut made = site.peer.make(&orders).await.into_iter();
    let mut next = Vec::new();
    for (chain, message) in chains {
        let message = match chain.as_bytes().get(hop) {
            Some(b't') => joined(&made.next().unwrap(), &message),
            Some(_) => site.seal(&message).await,
            None => message,
        };
        next.push((chain, message));
    }
    next
}

fn broken(chains: &[(&str, Vec<u8>)]) -> Vec<Case> {
    let change =
        |name: &str, chain: &str, from: &str, to: &str| case(name, changed(of(chains, chain), from, to));
    let results = "ARC-Authentication-Results";
    vec![
        change("the first seal is gone", "tt", "ARC-Seal: i=1", "X-Was: i=1"),
        change("the last seal is gone", "oo", "ARC-Seal: i=2", "X-Was: i=2"),
        change("the last signature is gone", "oo", "ARC-Message-Signature: i=2", "X-Was: i=2"),
        change("all signatures are gone", "o", "ARC-Message-Signature: i=1", "X-Was: i=1"),
        change("results were changed", "ooo", &format!("{results}: i=1; mx"), &format!("{results}: i=1; my")),
        change("results are gone", "ooo", &format!("{results}: i=2;"), "X-Was: i=2;"),
        change("the first says pass", "o", "cv=none", "cv=pass"),
        change("the second says none", "oo", "cv=pass", "cv=none"),
        change("the last says fail", "oo", "cv=pass", "cv=fail"),
        change("a number twice", "oo", "ARC-Seal: i=2", "ARC-Seal: i=1"),
        change("the key is not there", "o", "s=rsa", "s=no"),
        change("the subject was changed", "oto", "Subject: A  plain", "Subject: Another"),
    ]
}

fn of<'a>(chains: &'a [(&str, Vec<u8>)], name: &str) -> &'a [u8] {
    &chains.iter().find(|(chain, _)| *chain == name).unwrap().1
}

fn case(name: &str, message: Vec<u8>) -> Case {
    Case::message(format!("arc: {name}"), Kind::Arc, message)
}
