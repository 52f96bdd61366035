//! The text of the contract.

/// The WIT files: name and text of each.
///
/// ```
/// assert!(waxseal_sdk::CONTRACT.iter().any(|(name, _)| *name == "hooks.wit"));
/// ```
pub const CONTRACT: [(&str, &str); 6] = [
    ("contents.wit", include_str!("../wit/contents.wit")),
    ("facts.wit", include_str!("../wit/facts.wit")),
    ("verdicts.wit", include_str!("../wit/verdicts.wit")),
    ("hooks.wit", include_str!("../wit/hooks.wit")),
    ("grants.wit", include_str!("../wit/grants.wit")),
    ("worlds.wit", include_str!("../wit/worlds.wit")),
];

/// The version of the contract: of the WIT package.
///
/// ```
/// assert!(waxseal_sdk::CONTRACT_VERSION.starts_with("0.1."));
/// ```
pub const CONTRACT_VERSION: &str = "0.1.0";

/// The contract, as read from the files.
#[cfg(test)]
pub(crate) fn resolved() -> wit_parser::Resolve {
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_dir(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("wit")).unwrap();
    resolve
}

#[cfg(test)]
mod tests {
    use wit_parser::TypeDefKind;

    use super::*;
    use crate::export::NAMES;
    use crate::verdict::{
        IncomingCertificate, IncomingCipher, IncomingMessage, IncomingOffer, IncomingStart, OutgoingOffer,
        OutgoingRoute, OutgoingStart, Passage,
    };

    #[test]
    fn every_file_is_of_the_version_of_the_contract() {
        for (name, text) in CONTRACT {
            assert!(text.starts_with(&format!("package waxseal:policy@{CONTRACT_VERSION};")), "{name}");
        }
    }

    #[test]
    fn the_sdk_has_each_hook_of_the_contract() {
        let resolve = resolved();
        let interfaces = resolve.interfaces.iter().filter_map(|(_, interface)| interface.name.as_deref());
        let mut hooks: Vec<_> = interfaces
            .filter(|name| name.starts_with("incoming-") || name.starts_with("outgoing-"))
            .map(|name| name.replace('-', "_"))
            .collect();
        hooks.sort();
        let mut names = NAMES.to_vec();
        names.sort_unstable();
        assert_eq!(names, hooks, "hooks: the SDK on the left, WIT on the right");
    }

    #[test]
    fn the_sdk_has_each_verdict_of_the_contract() {
        let resolve = resolved();
        let interface = resolve.interfaces.iter().find(|(_, one)| one.name.as_deref() == Some("verdicts"));
        let verdicts =
            interface.unwrap().1.types.iter().filter_map(|(name, &id)| match &resolve.types[id].kind {
                TypeDefKind::Variant(variant) => {
                    let words = variant.cases.iter().map(|case| case.name.replace('-', "_")).collect();
                    Some((name.as_str(), words))
                }
                _ => None,
            });
        let verdicts: Vec<(&str, Vec<String>)> = verdicts.collect();
        let answers = [
            ("incoming-offer", IncomingOffer::WORDS),
            ("incoming-start", IncomingStart::WORDS),
            ("incoming-cipher", IncomingCipher::WORDS),
            ("incoming-certificate", IncomingCertificate::WORDS),
            ("incoming-message", IncomingMessage::WORDS),
            ("outgoing-route", OutgoingRoute::WORDS),
            ("outgoing-offer", OutgoingOffer::WORDS),
            ("outgoing-start", OutgoingStart::WORDS),
            ("passage", Passage::WORDS),
        ];
        let answers = answers.map(|(name, words)| (name, words.iter().map(ToString::to_string).collect()));
        assert_eq!(answers.to_vec(), verdicts, "verdicts: the SDK on the left, WIT on the right");
    }
}
