//! The guides: every script, table and test in them works, and every link leads somewhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::bundle::{Bundle, Settings, Snapshot};
use crate::testing;

/// The guides that have scripts.
const GUIDES: [&str; 4] = ["tutorial.md", "scripts.md", "filters.md", "migration.md"];

/// What stands before an example of the outgoing block alone.
const INCOMING: &str = "incoming {\n    \"*\" attempt\n}\n";

/// The table where a guide has shown none yet.
const ORDINARY: &str = "incoming {\n    \"*\" attempt\n}\noutgoing {\n    \"*\" attempt\n}\n";

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// The scripts, tables and tests of a page.
fn blocks(page: &str) -> Vec<String> {
    let text = fs::read_to_string(docs().join(page)).unwrap();
    let begins = text.split("```rhai\n").skip(1);
    begins.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_scripts_of_the_guides_work() {
    for page in GUIDES {
        let (mut scripts, mut table, mut tried) = (Vec::<(String, String)>::new(), ORDINARY.to_owned(), 0);
        for block in blocks(page) {
            if let Some(head) = block.strip_prefix("//! ") {
                let path = head.split_once(": ").unwrap_or_else(|| panic!("{page}: {block}")).0;
                scripts.push((path.to_owned(), block.clone()));
            } else if !block.starts_with("fn test_") {
                table =
                    if block.contains("incoming {") { block.clone() } else { format!("{INCOMING}{block}") };
            }
            let bundle = loaded(page, &scripts, &table);
            if block.starts_with("fn test_") {
                let report = testing::run(&bundle, &[("tests/mine.rhai".into(), Arc::from(block.as_str()))]);
                let failed: String = report.failed.iter().map(|failed| failed.finding.to_string()).collect();
                assert!(failed.is_empty() && !report.passed.is_empty(), "{page}: {failed}");
            }
            tried += 1;
        }
        assert!(tried > 0, "{page} has no example");
    }
}

/// The bundle of all that a page has shown so far; nothing in it deserves a word.
fn loaded(page: &str, scripts: &[(String, String)], table: &str) -> Bundle {
    let files = scripts.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let snapshot = Snapshot::of(files.chain([("domains.rhai", table)]));
    let settings = Settings { tls_enabled: true, ..Settings::default() };
    let said = |findings: &[crate::diagnostic::Diagnostic]| {
        findings.iter().map(|one| format!("{one}\n")).collect::<String>()
    };
    let (bundle, findings) = Bundle::load(&snapshot, &settings, 1)
        .unwrap_or_else(|rejected| panic!("{page}: {}", said(&rejected.diagnostics)));
    assert!(findings.is_empty(), "{page}: {}", said(&findings));
    bundle
}

#[test]
fn the_links_of_the_pages_lead_somewhere() {
    let mut pages = files(&docs());
    pages.extend(files(&docs().join("reference")));
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    assert!(pages.len() > 10, "the pages have vanished");
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            if path.starts_with("https://") {
                continue;
            }
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            assert!(target.exists(), "{}: `{link}` leads nowhere", page.display());
            let is_there = anchor.is_empty() || headings(&target).contains(&anchor.to_owned());
            assert!(is_there, "{}: `{link}` has no such heading", page.display());
        }
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The anchors of a page's headings, as code hosts make them.
fn headings(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let titles = text
        .lines()
        .filter_map(|line| line.strip_prefix('#'))
        .map(|line| line.trim_start_matches('#').trim());
    let anchor = |title: &str| {
        let kept = title.to_lowercase().replace(' ', "-");
        kept.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_')).collect()
    };
    titles.map(anchor).collect()
}
