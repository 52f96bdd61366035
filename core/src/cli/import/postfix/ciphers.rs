//! `exclude=`: which cipher suites are left.
//!
//! OpenSSL's lists are of TLS 1.2 and older; the suites of TLS 1.3 are not among them (ciphers(1)).

use waxseal_plugins::verdicts::Suite;

/// Our suites of TLS 1.2: OpenSSL's name, and the words of its lists that cover it.
const TLS_1_2: [(Suite, &str, &[&str]); 6] = [
    (
        Suite::EcdheEcdsaAes256GcmSha384,
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        &["aECDSA", "ECDSA", "AES256", "AES", "AESGCM"],
    ),
    (
        Suite::EcdheEcdsaAes128GcmSha256,
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        &["aECDSA", "ECDSA", "AES128", "AES", "AESGCM"],
    ),
    (Suite::EcdheEcdsaChacha20Poly1305, "ECDHE-ECDSA-CHACHA20-POLY1305", &["aECDSA", "ECDSA", "CHACHA20"]),
    (Suite::EcdheRsaAes256GcmSha384, "ECDHE-RSA-AES256-GCM-SHA384", &["aRSA", "AES256", "AES", "AESGCM"]),
    (Suite::EcdheRsaAes128GcmSha256, "ECDHE-RSA-AES128-GCM-SHA256", &["aRSA", "AES128", "AES", "AESGCM"]),
    (Suite::EcdheRsaChacha20Poly1305, "ECDHE-RSA-CHACHA20-POLY1305", &["aRSA", "CHACHA20"]),
];

/// Words that cover all of them.
const ALL: [&str; 8] = ["ALL", "HIGH", "ECDHE", "EECDH", "kECDHE", "kEECDH", "AEAD", "TLSv1.2"];

/// Words that cover none of them: of what Waxseal does not have.
const OTHERS: [&str; 44] = [
    "aNULL",
    "eNULL",
    "NULL",
    "ADH",
    "AECDH",
    "EXP",
    "EXPORT",
    "EXPORT40",
    "EXPORT56",
    "LOW",
    "MEDIUM",
    "DES",
    "3DES",
    "RC2",
    "RC4",
    "IDEA",
    "SEED",
    "CAMELLIA",
    "CAMELLIA128",
    "CAMELLIA256",
    "ARIA",
    "ARIA128",
    "ARIA256",
    "AESCCM",
    "AESCCM8",
    "MD5",
    "SHA",
    "SHA1",
    "SHA256",
    "SHA384",
    "SSLv3",
    "TLSv1",
    "TLSv1.0",
    "RSA",
    "kRSA",
    "DH",
    "DHE",
    "EDH",
    "kDHE",
    "kEDH",
    "DSS",
    "aDSS",
    "PSK",
    "SRP",
];

/// The suites of TLS 1.2 that are left when a list is excluded.
pub(super) fn left(exclude: &str) -> Result<Vec<Suite>, String> {
    let words: Vec<&str> = exclude.split([':', ',', ' ']).filter(|word| !word.is_empty()).collect();
    if let Some(unknown) = words.iter().find(|word| !word.split('+').all(is_known)) {
        return Err(format!(
            "`exclude={unknown}`: this is no word that is known here, so what is left is not known"
        ));
    }
    let is_left = |suite: &&(Suite, &str, &[&str])| !words.iter().any(|word| covers(word, suite));
    Ok(TLS_1_2.iter().filter(is_left).map(|(suite, ..)| *suite).collect())
}

/// All suites of TLS 1.2.
pub(super) const COUNT: usize = TLS_1_2.len();

/// `A+B` covers what both cover.
fn covers(word: &str, (_, name, words): &(Suite, &str, &[&str])) -> bool {
    let is_covered = |part: &str| part == *name || words.contains(&part) || ALL.contains(&part);
    word.split('+').all(is_covered)
}

fn is_known(word: &str) -> bool {
    let is_ours = TLS_1_2.iter().any(|(_, name, words)| *name == word || words.contains(&word));
    // What has hyphens is the name of one suite.
    is_ours || ALL.contains(&word) || OTHERS.contains(&word) || word.contains('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(exclude: &str) -> Vec<&'static str> {
        left(exclude).unwrap().into_iter().map(Suite::name).collect()
    }

    #[test]
    fn what_waxseal_does_not_have_is_excluded_already() {
        assert_eq!(names("aNULL:MD5:3DES, RC4 DES-CBC3-SHA").len(), COUNT);
        assert_eq!(names("aRSA+AES128+SHA").len(), COUNT);
    }

    #[test]
    fn words_cover_suites() {
        let chacha =
            ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"];
        assert_eq!(names("AESGCM"), chacha);
        assert_eq!(names("aRSA+CHACHA20:ECDSA:AES128"), ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]);
        assert_eq!(names("ECDHE-RSA-AES256-GCM-SHA384").len(), COUNT - 1);
        assert_eq!(names("kECDHE"), Vec::<&str>::new());
        assert!(left("aNULL:ROT13").is_err_and(|problem| problem.contains("ROT13")));
    }

    #[test]
    fn the_table_has_all_our_suites_of_tls_1_2() {
        let ours = Suite::ALL.iter().filter(|suite| suite.name().contains("_WITH_"));
        assert!(ours.clone().all(|suite| TLS_1_2.iter().any(|(one, ..)| one == suite)));
        assert_eq!(ours.count(), COUNT);
    }
}
