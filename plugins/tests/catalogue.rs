//! The catalogue of codes lists what can be found, and its examples are what they say.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use waxseal_plugins::bundle::{Bundle, Settings, Snapshot};
use waxseal_plugins::diagnostic::{Severity, catalogue};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The codes of all findings in a file of policies, the shipped ones beside it.
fn codes(file: &str, text: &str) -> Vec<&'static str> {
    let settings = Settings { tls_enabled: true, ..Settings::default() };
    let findings = match Bundle::load(&Snapshot::of([(file, text)]), &settings, 1) {
        Ok((_, warnings)) => warnings,
        Err(rejected) => rejected.diagnostics,
    };
    findings.into_iter().map(|finding| finding.code).collect()
}

#[test]
fn wrong_examples_have_the_finding_and_right_ones_have_none() {
    let mut tried = 0;
    for entry in catalogue::entries() {
        // What the configuration says is the relay's to check.
        let Some(example) = entry.example.filter(|example| example.file.ends_with(".rhai")) else { continue };
        let wrong = codes(example.file, example.wrong);
        assert!(wrong.contains(&entry.code), "{} is wrong otherwise: {wrong:?}", entry.code);
        let right = codes(example.file, example.right);
        let silent = right.iter().all(|code| *code == "R012");
        assert!(silent, "{} is right, and has {right:?}", entry.code);
        tried += 1;
    }
    assert!(tried > 40, "the examples have vanished");
}

/// The codes that stand in the sources of a crate, without those of its tests.
fn emitted(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["tests", "catalogue"].contains(&name.as_str()) {
                emitted(&path, codes);
            }
        } else if name.ends_with(".rs") && !["tests.rs", "catalogue.rs"].contains(&name.as_str()) {
            let text = fs::read_to_string(&path).unwrap();
            let used = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            codes.extend(used.split('"').filter(|part| is_code(part)).map(str::to_owned));
        }
    }
}

fn is_code(text: &str) -> bool {
    text.len() == 4
        && text.starts_with(|first: char| "BCEFHKPRTW".contains(first))
        && text.chars().skip(1).all(|digit| digit.is_ascii_digit())
}

#[test]
fn every_code_that_can_be_found_is_in_the_catalogue_and_none_besides() {
    let mut found = BTreeSet::new();
    for part in ["plugins/src", "core/src"] {
        emitted(&repository().join(part), &mut found);
    }
    let listed: BTreeSet<String> = catalogue::entries().map(|entry| entry.code.to_owned()).collect();
    let (missing, unused): (Vec<_>, Vec<_>) =
        (found.difference(&listed).collect(), listed.difference(&found).collect());
    assert!(missing.is_empty() && unused.is_empty(), "not listed: {missing:?}; never found: {unused:?}");
}

/// `UPDATE_REFERENCE=1 cargo test -p waxseal-plugins --test catalogue` writes the table anew.
#[test]
fn the_page_lists_all_codes() {
    let path = repository().join("policies/README.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, _) = page.split_once("| code | finding |").unwrap();
    let expected = format!("{before}{}", table());
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(&path, &expected).unwrap();
    } else {
        assert!(page == expected, "policies/README.md has drifted: run this with UPDATE_REFERENCE=1");
    }
}

fn table() -> String {
    let mut table = "| code | finding |\n| --- | --- |\n".to_owned();
    for chapter in catalogue::CHAPTERS {
        writeln!(table, "| **{}** | {} |", chapter.title, chapter.about).unwrap();
        for entry in chapter.entries {
            let severity = if entry.severity == Severity::Warning { "warning: " } else { "" };
            writeln!(table, "| `{}` | {severity}{} |", entry.code, entry.title).unwrap();
        }
    }
    table
}
