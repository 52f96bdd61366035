//! Every file of `bad/` is refused with the findings that stand beside it, and every file of
//! `good/` is taken. `WAXSEAL_BLESS=1 cargo test` writes the findings anew: read the difference.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use waxseal_plugins::diagnostic::{Diagnostic, Severity};

use super::*;

#[test]
fn bad_files_say_what_would_be_right() {
    let files = toml_files("bad");
    assert!(files.len() > 10, "the folder of bad configurations has vanished");
    let wrong: Vec<String> = files.iter().filter_map(|file| difference(file)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_of_a_configuration_has_a_bad_file() {
    let said: String = toml_files("bad")
        .iter()
        .map(|file| std::fs::read_to_string(file.with_extension("txt")).unwrap())
        .collect();
    // C010 is of the user who checks, and no matter of the file: `cli/check/places` has its test.
    let of_files = |code: &str| code.starts_with('C') && code != "C010";
    for entry in waxseal_plugins::diagnostic::catalogue::entries().filter(|one| of_files(one.code)) {
        let (code, severity) = (entry.code, entry.severity);
        assert!(said.contains(&format!("{severity}[{code}]")), "no file of bad/ is a {severity} {code}");
    }
}

#[test]
fn good_files_are_taken() {
    for file in toml_files("good") {
        let (_, warnings) = Config::load(&file).unwrap_or_else(|errors| panic!("{}", said(&errors)));
        assert!(warnings.is_empty(), "{}:\n{}", file.display(), said(&warnings));
    }
}

#[test]
fn paths_start_at_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("waxseal.toml");
    std::fs::write(&file, include_str!("good/smallest.toml")).unwrap();
    let (config, _) = Config::load(&file).unwrap();
    assert_eq!(config.data_dir, directory.path().join("data"));
    assert_eq!(config.policies, directory.path().join("policies"));
    assert!(!config.tls.enabled, "TLS is off until somebody turns it on");
    assert!(!config.file_has_changed());
    std::fs::write(&file, "").unwrap();
    assert!(config.file_has_changed());
}

#[test]
fn a_missing_file_names_the_way_out() {
    let errors = Config::load(Path::new("/nonexistent/waxseal.toml")).unwrap_err();
    assert!(said(&errors).contains("waxseal init"), "{}", said(&errors));
}

fn difference(file: &Path) -> Option<String> {
    let found = match Config::load(file) {
        Ok((_, warnings)) => format!("(taken)\n{}", said(&warnings)),
        Err(errors) => said(&errors),
    };
    let golden = file.with_extension("txt");
    if std::env::var_os("WAXSEAL_BLESS").is_some() {
        std::fs::write(&golden, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    (found != expected).then(|| format!("{}\nexpected:\n{expected}\nfound:\n{found}", file.display()))
}

/// The findings without their excerpts: position, length, code, message, help.
fn said(findings: &[Diagnostic]) -> String {
    findings.iter().fold(String::new(), |mut text, finding| {
        let kind = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let (line, column) = (finding.place.line, finding.place.column);
        let message = finding.message.replace(folder("").to_string_lossy().as_ref(), "");
        let _ = writeln!(text, "{line}:{column}+{} {kind}[{}] {message}", finding.length, finding.code);
        if let Some(help) = &finding.help {
            let _ = writeln!(text, "    {help}");
        }
        text
    })
}

fn toml_files(name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    files
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config").join(name)
}

#[test]
fn a_directory_is_told_from_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let errors = Config::load(directory.path()).unwrap_err();
    assert!(errors[0].help.as_deref().unwrap_or_default().contains("waxseal.toml"), "{errors:?}");
}
