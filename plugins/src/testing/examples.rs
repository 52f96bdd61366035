//! The filters of `examples/filters`: each is fine as it stands, and passes its own tests.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bundle::{Checked, Settings, check};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/filters")
}

/// The filters, by the names of their files.
fn names() -> Vec<String> {
    let entries = fs::read_dir(examples()).unwrap().map(|entry| entry.unwrap().path());
    let scripts = entries.filter(|path| path.extension().is_some_and(|extension| extension == "rhai"));
    let mut names: Vec<_> =
        scripts.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Copies files of the examples to where a site has them, and checks them as `waxseal check` does.
fn checked(files: &[(String, String)]) -> Checked {
    let site = tempfile::tempdir().unwrap();
    for folder in ["filters", "tests", "lists"] {
        fs::create_dir(site.path().join(folder)).unwrap();
    }
    for (from, to) in files {
        let copied = fs::copy(examples().join(from), site.path().join(to));
        copied.unwrap_or_else(|error| panic!("{from}: {error}"));
    }
    for list in fs::read_dir(examples().join("lists")).unwrap() {
        let list = list.unwrap().path();
        fs::copy(&list, site.path().join("lists").join(list.file_name().unwrap())).unwrap();
    }
    let settings = Settings { tls_enabled: true, ..Settings::default() };
    check(site.path(), &settings.for_directory(site.path()))
}

fn script(name: &str) -> (String, String) {
    (format!("{name}.rhai"), format!("filters/{name}.rhai"))
}

fn test(name: &str) -> (String, String) {
    (format!("tests/{name}.rhai"), format!("tests/{name}.rhai"))
}

fn said(checked: &Checked) -> String {
    let findings = checked.diagnostics.iter().map(ToString::to_string);
    findings.chain(checked.tests.findings().map(|finding| finding.to_string())).collect()
}

#[test]
fn each_is_without_findings_and_passes_its_tests() {
    let names = names();
    assert!(names.len() >= 6, "the examples have vanished");
    for name in names {
        let checked = checked(&[script(&name), test(&name)]);
        assert_eq!(said(&checked), "", "{name}");
        let own = checked.tests.passed.iter().filter(|test| *test.file == *format!("tests/{name}.rhai"));
        assert!(own.count() > 0, "{name} has no test");
    }
}

#[test]
fn all_of_them_go_together() {
    let files: Vec<_> = names().iter().flat_map(|name| [script(name), test(name)]).collect();
    assert_eq!(said(&checked(&files)), "");
}

#[test]
fn no_test_holds_of_another_filter() {
    for name in names() {
        let other = (if name == "archive_copy" { "disclaimer" } else { "archive_copy" }).to_owned();
        let stranger = (format!("{other}.rhai"), format!("filters/{name}.rhai"));
        assert!(
            !checked(&[stranger, test(&name)]).tests.failed.is_empty(),
            "{name}: its tests hold of anything"
        );
    }
}
