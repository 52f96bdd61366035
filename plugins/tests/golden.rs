//! Every code of the catalogue, by files that have it: `golden/CODE-what/` holds what stands in a
//! policies' directory, and `expected.txt` what is said of it, exactly as it is printed.
//!
//! `UPDATE=1 cargo test -p waxseal-plugins --test golden` writes what is said now: read the difference.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use waxseal_plugins::bundle::{self, Settings};
use waxseal_plugins::diagnostic::{Diagnostic, catalogue};
use waxseal_plugins::outside::Nowhere;
use waxseal_plugins::reload::{Live, Reloaded, Removals, Source};
use waxseal_plugins::wasm::Host;

#[path = "../../tests/harness/wat.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is written for the end-to-end tests")]
mod wat;

/// Files of a case that are not part of its policies.
const EXPECTED: &str = "expected.txt";
const SETTINGS: &str = "settings.toml";
/// What stands in a case where its policies change under a relay that runs.
const BEFORE: &str = "before";
const AFTER: &str = "after";

/// What a case's `settings.toml` may say: what the configuration would.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Said {
    tls_enabled: bool,
    identities: BTreeSet<String>,
    transports: Option<BTreeSet<String>>,
    /// The plugins that are granted something.
    plugins: Vec<String>,
}

impl Default for Said {
    fn default() -> Self {
        Self { tls_enabled: true, identities: BTreeSet::new(), transports: None, plugins: Vec::new() }
    }
}

#[test]
fn findings_are_said_as_expected() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (found, file) = (said(&case), case.join(EXPECTED));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&file, &found).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        let code = name(&case).split('-').next().unwrap().to_owned();
        if found != expected {
            wrong.push(format!("{}\nexpected:\n{expected}\nfound:\n{found}", case.display()));
        } else if !found.contains(&format!("[{code}]")) {
            wrong.push(format!("{} does not have {code}:\n{found}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_of_this_crate_has_a_case() {
    let cases: BTreeSet<String> = cases().iter().map(|case| name(case)[..4].to_owned()).collect();
    let own = catalogue::entries().map(|entry| entry.code).filter(|code| !code.starts_with(['C', 'K']));
    let missing: Vec<_> = own.filter(|code| !cases.contains(*code)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "each wants a folder in tests/golden");
}

#[test]
fn severities_are_those_of_the_catalogue() {
    for case in cases() {
        let expected = fs::read_to_string(case.join(EXPECTED)).unwrap();
        for entry in catalogue::entries() {
            let other = if entry.severity.to_string() == "error" { "warning" } else { "error" };
            assert!(!expected.contains(&format!("{other}[{}]", entry.code)), "{}", case.display());
        }
    }
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 50, "the golden cases have vanished");
    cases
}

fn name(case: &Path) -> String {
    case.file_name().unwrap().to_string_lossy().into_owned()
}

/// All that is said of a case, as it is printed.
fn said(case: &Path) -> String {
    let site = tempfile::tempdir().unwrap();
    let policies = site.path().join("policies");
    let settings = settings(case, site.path());
    let findings = match name(case).as_str() {
        "B000-the_runtime_is_gone" => without_runtime(case, &policies, settings),
        "B002-never_at_rest" => {
            copy(case, &policies);
            // A file that says something else at each reading.
            std::os::unix::fs::symlink("/proc/uptime", policies.join("domains.rhai")).unwrap();
            check(&policies, &settings)
        }
        _ if case.join(BEFORE).exists() => changed(case, &policies, settings),
        _ => {
            copy(case, &policies);
            check(&policies, &settings)
        }
    };
    let text: String = findings.iter().map(|finding| format!("{finding}\n\n")).collect();
    text.replace(&*site.path().to_string_lossy(), "/etc/waxseal")
}

fn settings(case: &Path, site: &Path) -> Settings {
    let text = fs::read_to_string(case.join(SETTINGS)).unwrap_or_default();
    let Said { tls_enabled, identities, transports, plugins } = toml::from_str(&text).unwrap();
    let grants: BTreeMap<_, _> = plugins.into_iter().map(|name| (name, BTreeSet::new())).collect();
    let host = Host::new(None, grants, Arc::new(Nowhere));
    let directory = site.to_owned();
    Settings { tls_enabled, identities, directory, lists: None, transports, plugins: host, reader: None }
}

fn check(policies: &Path, settings: &Settings) -> Vec<Diagnostic> {
    let checked = bundle::check(policies, settings);
    let failed = checked.tests.findings().collect::<Vec<_>>();
    checked.diagnostics.into_iter().chain(failed).collect()
}

/// Policies that change under a relay that runs.
fn changed(case: &Path, policies: &Path, settings: Settings) -> Vec<Diagnostic> {
    copy(&case.join(BEFORE), policies);
    let live = live(policies, settings);
    fs::remove_dir_all(policies).unwrap();
    copy(&case.join(AFTER), policies);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    rejected(runtime.block_on(live.reload(Removals::Refuse)))
}

/// A reload while the process ends: its work is never done.
fn without_runtime(case: &Path, policies: &Path, settings: Settings) -> Vec<Diagnostic> {
    copy(case, policies);
    let live = live(policies, settings);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let handle = runtime.handle().clone();
    runtime.shutdown_background();
    let _inside = handle.enter();
    let mut findings = rejected(pollster::block_on(live.reload(Removals::Refuse)));
    for finding in &mut findings {
        // Tasks are numbered through the life of the process.
        finding.message.retain(|character| !character.is_ascii_digit());
    }
    findings
}

fn live(policies: &Path, settings: Settings) -> Live {
    let last_good = policies.with_file_name("last-good");
    let source = Source { directory: policies.to_owned(), last_good, settings };
    Live::load(source).unwrap_or_else(|rejected| panic!("{rejected}"))
}

fn rejected(reloaded: Reloaded) -> Vec<Diagnostic> {
    match reloaded {
        Reloaded::Rejected { diagnostics, .. } => diagnostics,
        other => panic!("it was taken: {other:?}"),
    }
}

/// Copies a case's policies; of `NAME.wat` a component is made.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else if path.extension().is_some_and(|extension| extension == "wat") {
            fs::write(target.with_extension("wasm"), component(&path)).unwrap();
        } else if ![EXPECTED, SETTINGS].contains(&name(&path).as_str()) {
            fs::copy(&path, target).unwrap();
        }
    }
}

/// A component of the world that the first line names, with the code behind it.
fn component(path: &Path) -> Vec<u8> {
    let text = fs::read_to_string(path).unwrap();
    let world = text.lines().next().unwrap().trim_start_matches(";; ");
    wat::component(&[world], &text)
}
