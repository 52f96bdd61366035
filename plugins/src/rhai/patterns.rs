//! `matches`: whether a regular expression finds something in a text.
//!
//! The library takes time in proportion to the text, whatever the pattern: no text of a peer can make it slow. A pattern is
//! compiled once, and kept for the next call.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use ::rhai::{Engine, EvalAltResult, ImmutableString};
use regex::{Regex, RegexBuilder};

/// Octets of a pattern as it is written, and as it is compiled: both bound the time for each octet of a text.
const WRITTEN: usize = 1_000;
const COMPILED: usize = 256 * 1024;
/// Octets that one search may take besides.
const WORKING: usize = 256 * 1024;
/// Groups in groups.
const NESTING: u32 = 32;
/// Patterns that are kept. Scripts write some; who makes more while mail flows has them compiled anew.
const KEPT: usize = 256;

/// The patterns that were met.
static PATTERNS: LazyLock<RwLock<HashMap<ImmutableString, Regex>>> = LazyLock::new(RwLock::default);

/// Registers it.
pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("matches", matches);
}

fn matches(text: &str, pattern: ImmutableString) -> Result<bool, Box<EvalAltResult>> {
    let known = PATTERNS.read().unwrap_or_else(PoisonError::into_inner).get(&pattern).cloned();
    if let Some(known) = known {
        return Ok(known.is_match(text));
    }
    let compiled = compile(&pattern)?;
    let found = compiled.is_match(text);
    let mut patterns = PATTERNS.write().unwrap_or_else(PoisonError::into_inner);
    if patterns.len() >= KEPT {
        patterns.clear();
    }
    patterns.insert(pattern, compiled);
    Ok(found)
}

/// What is wrong with a pattern; `None` where nothing is.
pub(super) fn wrong(pattern: &str) -> Option<String> {
    compile(pattern).err()
}

fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > WRITTEN {
        return Err(format!("a pattern of {} octets is too long: {WRITTEN} are the most", pattern.len()));
    }
    let mut builder = RegexBuilder::new(pattern);
    builder.size_limit(COMPILED).dfa_size_limit(WORKING).nest_limit(NESTING);
    builder.build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            format!("the pattern `{pattern}` says too much: with less repetition it would be smaller")
        }
        error => format!("`{pattern}` is no pattern: {}", reason(&error.to_string())),
    })
}

/// The library shows the place below the pattern, and says the reason last.
fn reason(error: &str) -> &str {
    let last = error.lines().last().unwrap_or(error);
    last.strip_prefix("error: ").unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, pattern: &str) -> bool {
        matches(text, pattern.into()).unwrap()
    }

    #[test]
    fn a_pattern_is_found_anywhere_unless_it_says_where() {
        assert!(found("Re: Invoice 2026-77", r"\d{4}-\d+"));
        assert!(!found("Re: Invoice 2026-77", r"^\d{4}"));
        assert!(found("RECHNUNG für Ärzte", "(?i)für ärzte$"));
        assert!(found("", "^$"));
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        assert_eq!(wrong("(a").unwrap(), "`(a` is no pattern: unclosed group");
        assert!(wrong(r"(a)\1").unwrap().contains("backreferences are not supported"));
        assert!(matches("a", "[".into()).unwrap_err().to_string().contains("`[` is no pattern"));
        assert!(wrong(&"a".repeat(WRITTEN + 1)).unwrap().contains("1000 are the most"));
        assert!(wrong(r"\w{900}{900}").unwrap().contains("says too much"));
        assert!(wrong(&format!("{}{}", "(".repeat(40), ")".repeat(40))).is_some());
        assert_eq!(wrong(r"^[\w.+-]+@example\.org$"), None);
    }

    #[test]
    fn more_patterns_than_are_kept_still_work() {
        for number in 0..3 * KEPT {
            assert!(found(&format!("no. {number}"), &format!(r"no\. {number}$")));
        }
        assert!(PATTERNS.read().unwrap().len() <= KEPT);
    }
}
