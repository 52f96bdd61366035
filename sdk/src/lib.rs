//! What a plugin author needs: the contract of hooks, facts and verdicts.
//!
//! The contract is in the WIT files of `wit/`, package `waxseal:policy@0.1.0`: `facts.wit` (what a
//! hook is told), `verdicts.wit` (what it answers), `hooks.wit` (an interface for each hook),
//! `grants.wit` (what it may ask of the relay) and `worlds.wit` (what a plugin exports). [`CONTRACT`] is their text.
//!
//! The relay runs scripts today. The traits, the export macro and the test kit for WebAssembly
//! plugins will stand here; the contract is laid down first, so that scripts and plugins are told
//! the same facts by the same names.

/// The WIT files: name and text of each.
pub const CONTRACT: [(&str, &str); 5] = [
    ("facts.wit", include_str!("../wit/facts.wit")),
    ("verdicts.wit", include_str!("../wit/verdicts.wit")),
    ("hooks.wit", include_str!("../wit/hooks.wit")),
    ("grants.wit", include_str!("../wit/grants.wit")),
    ("worlds.wit", include_str!("../wit/worlds.wit")),
];

/// The version of the contract: of the WIT package.
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
