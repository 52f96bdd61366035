//! A recorded judgement of a certificate, as it would be by other names and pins: as far as the record
//! tells. For replaying decisions; mail is judged by the chain itself.

use std::collections::BTreeSet;

use waxseal_plugins::facts::Certificate;

use super::digest;
use super::judgement::{MOST_NAMES, WRONG_NAME, has_name, wrong_name};

/// What a chain is judged by besides names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standard {
    /// The row's pins.
    pub pins: Vec<String>,
    /// The sets of roots; `None` for the configured ones.
    pub roots: Option<BTreeSet<String>>,
}

/// The judgement by another standard and other names; `None` where the record does not tell.
pub fn judge(
    recorded: &Certificate,
    before: &Standard,
    now: &Standard,
    expected: &[String],
) -> Option<Certificate> {
    let expected_names = expected.to_vec();
    if !recorded.presented {
        return Some(Certificate { expected_names, ..recorded.clone() });
    }
    if before.roots != now.roots {
        return None;
    }
    let pinned = pinned(recorded, &before.pins, &now.pins)?;
    let name_matches = has_name(&recorded.names, expected);
    // The record has the first names only.
    if !name_matches && recorded.names.len() >= MOST_NAMES {
        return None;
    }
    let of_name = recorded.problem.starts_with(WRONG_NAME);
    let other_problem = if of_name { String::new() } else { recorded.problem.clone() };
    let judged = Certificate { pinned, name_matches, expected_names, ..recorded.clone() };
    let problem = match (other_problem.is_empty(), name_matches) {
        (true, false) => wrong_name(&judged),
        _ => other_problem,
    };
    Some(Certificate { verified: problem.is_empty(), problem, ..judged })
}

/// Of the chain only the leaf's key is on record.
fn pinned(recorded: &Certificate, before: &[String], now: &[String]) -> Option<bool> {
    let is_leaf = |pin: &String| digest::is_pin_of(pin, &recorded.spki_sha256);
    if before == now {
        Some(recorded.pinned)
    } else if now.is_empty() || !recorded.possession {
        Some(false)
    } else if now.iter().any(is_leaf) || recorded.pinned && before.iter().all(|pin| now.contains(pin)) {
        Some(true)
    } else {
        let fewer = !recorded.pinned && now.iter().all(|pin| before.contains(pin));
        let alone = !recorded.trusted && recorded.chain_length <= 1;
        (fewer || alone).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> Certificate {
        Certificate {
            presented: true,
            verified: true,
            trusted: true,
            name_matches: true,
            possession: true,
            expected_names: vec!["example.org".into()],
            names: vec!["mx.example.org".into()],
            spki_sha256: "ab".repeat(32),
            chain_length: 2,
            ..Certificate::default()
        }
    }

    fn standard(pins: &[&str]) -> Standard {
        Standard { pins: pins.iter().map(|pin| (*pin).to_owned()).collect(), roots: None }
    }

    fn judged(recorded: &Certificate, expected: &str) -> Option<Certificate> {
        judge(recorded, &standard(&[]), &standard(&[]), &[expected.to_owned()])
    }

    #[test]
    fn names_are_compared_anew_and_all_else_stays() {
        let wrong = judged(&certificate(), "other.example").unwrap();
        assert!(!wrong.verified && !wrong.name_matches);
        assert_eq!(wrong.problem, "the certificate is for mx.example.org; expected is other.example");
        let right = judged(&wrong, ".example.org").unwrap();
        assert!(right.verified && right.name_matches && right.problem.is_empty(), "{right:?}");
        let expired = Certificate { problem: "the certificate has expired".into(), ..wrong };
        let right = judged(&expired, ".example.org").unwrap();
        assert!(!right.verified && right.name_matches);
    }

    #[test]
    fn what_the_record_does_not_tell_is_not_guessed() {
        let names = (0..MOST_NAMES).map(|number| format!("n{number}.example")).collect();
        assert_eq!(judged(&Certificate { names, ..certificate() }, "n1000.example"), None);
        let webpki = Standard { roots: Some(["webpki".to_owned()].into()), ..standard(&[]) };
        assert_eq!(judge(&certificate(), &standard(&[]), &webpki, &[]), None);
    }

    #[test]
    fn pins_are_told_by_the_leaf_or_not_at_all() {
        let leaf = format!("sha256:{}", "ab".repeat(32));
        let other = format!("sha256:{}", "cd".repeat(32));
        let pinned = |before: &[&str], now: &[&str]| {
            judge(&certificate(), &standard(before), &standard(now), &[]).map(|judged| judged.pinned)
        };
        assert_eq!(pinned(&[], &[&leaf]), Some(true));
        assert_eq!(pinned(&[], &[&other]), None);
        assert_eq!(pinned(&[&other, "sha256:ef"], &[&other]), Some(false));
        assert_eq!(pinned(&[&leaf], &[]), Some(false));
    }
}
