//! `match=`: which names or keys a certificate must have.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use waxseal_plugins::table::Pattern;

use super::policy::Level;

/// What a clause of the row holds, and what differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Matched {
    /// The values; none where the policy means them anyhow.
    pub(super) values: Vec<String>,
    /// What to say at the row.
    pub(super) note: Option<String>,
}

/// The names of `verify` and `secure`, whose defaults are `smtp_tls_verify_cert_match = hostname` and
/// `smtp_tls_secure_cert_match = nexthop, dot-nexthop`.
pub(super) fn names(level: Level, lists: &[&str], pattern: &Pattern) -> Result<Matched, String> {
    let default = if level == Level::Verify { "hostname" } else { "nexthop:dot-nexthop" };
    let list = if lists.is_empty() { default.to_owned() } else { lists.join(":") };
    let words: Vec<&str> = list.split([':', ',', ' ']).filter(|word| !word.is_empty()).collect();
    let (of_domain, others): (Vec<&str>, Vec<&str>) =
        words.iter().partition(|word| ["nexthop", "dot-nexthop"].contains(&**word));
    let is_both = of_domain.contains(&"nexthop") && of_domain.contains(&"dot-nexthop");
    let mut values: Vec<String> = others.iter().map(|word| name(word)).collect();
    if values.is_empty() && is_both {
        // What `require_verified` asks for by itself: the recipient's domain, or a name below it.
        return Ok(Matched::default());
    }
    if let Pattern::Domain(domain) = pattern {
        values.extend(of_domain.iter().map(|word| word.replace("nexthop", domain).replace("dot-", ".")));
        return Ok(Matched { values, note: None });
    }
    let left_out = of_domain.join(":");
    if values.is_empty() {
        return Err(format!("`match={left_out}`: a row for many domains cannot name each of them"));
    }
    let note = format!("`match={left_out}` is left out: a row for many domains cannot name each of them");
    Ok(Matched { values, note: (!left_out.is_empty()).then_some(note) })
}

/// `hostname` is the name of the MX record, which whoever forges the record chooses himself.
fn name(word: &str) -> String {
    if word == "hostname" { "mx".to_owned() } else { word.to_ascii_lowercase() }
}

/// The digests of `fingerprint`, as pins. Postfix takes digests of certificates and of public keys;
/// only the latter are pins, and who means a certificate gets no mail through until the row is
/// mended: the stricter reading.
pub(super) fn pins(lists: &[&str]) -> Result<Matched, String> {
    let words = lists.iter().flat_map(|list| list.split(['|', ' '])).filter(|word| !word.is_empty());
    let (mut values, mut others) = (Vec::new(), Vec::new());
    for word in words {
        let digest = HEXLOWER_PERMISSIVE.decode(word.replace(':', "").as_bytes());
        match digest {
            Ok(digest) if digest.len() == 32 => values.push(format!("sha256:{}", HEXLOWER.encode(&digest))),
            _ => others.push(word),
        }
    }
    if values.is_empty() {
        return Err(
            "a pin is the SHA-256 of a public key: ask for that, or see it with `waxseal probe`".to_owned()
        );
    }
    let mut note =
        "pins are digests of public keys: where this is one of a certificate, mail waits".to_owned();
    if !others.is_empty() {
        note = format!("{note}; left out, since they are no SHA-256: {}", others.join(", "));
    }
    Ok(Matched { values, note: Some(note) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(level: Level, list: &[&str], pattern: &Pattern) -> Result<Vec<String>, String> {
        names(level, list, pattern).map(|matched| matched.values)
    }

    #[test]
    fn names_follow_level_and_domain() {
        let (one, below) = (Pattern::Domain("a.example".into()), Pattern::Below("a.example".into()));
        assert_eq!(named(Level::Verify, &[], &one).unwrap(), ["mx"]);
        assert_eq!(named(Level::Secure, &[], &one).unwrap(), Vec::<String>::new());
        assert_eq!(named(Level::Secure, &[], &below).unwrap(), Vec::<String>::new());
        assert_eq!(named(Level::Secure, &["nexthop"], &one).unwrap(), ["a.example"]);
        assert_eq!(
            named(Level::Secure, &["MX.b.example", "dot-nexthop"], &one).unwrap(),
            ["mx.b.example", ".a.example"]
        );
        let mixed = names(Level::Secure, &["mx.b.example:nexthop"], &below).unwrap();
        assert_eq!(mixed.values, ["mx.b.example"]);
        assert!(mixed.note.is_some_and(|note| note.contains("`match=nexthop` is left out")));
        assert!(named(Level::Secure, &["nexthop"], &below).is_err());
    }

    #[test]
    fn only_sha_256_makes_a_pin() {
        let colons = vec!["AB"; 32].join(":");
        let found = pins(&[&format!("{colons}|{}", vec!["00"; 20].join(":"))]).unwrap();
        assert_eq!(found.values, [format!("sha256:{}", "ab".repeat(32))]);
        assert!(found.note.is_some_and(|note| note.contains("no SHA-256: 00:00")));
        assert!(pins(&["00:11"]).is_err() && pins(&[]).is_err());
    }
}
