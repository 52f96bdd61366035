//! The text of the contract.

/// The WIT files: name and text of each.
///
/// ```
/// assert!(waxseal_sdk::CONTRACT.iter().any(|(name, _)| *name == "hooks.wit"));
/// ```
pub const CONTRACT: [(&str, &str); 5] = [
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

#[cfg(test)]
mod tests {
    use super::{CONTRACT, CONTRACT_VERSION};

    #[test]
    fn every_file_is_of_the_version_of_the_contract() {
        for (name, text) in CONTRACT {
            assert!(text.starts_with(&format!("package waxseal:policy@{CONTRACT_VERSION};")), "{name}");
        }
    }
}
