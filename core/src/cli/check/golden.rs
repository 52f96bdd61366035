//! Certificates and roots that have something wrong, and what is said of them, exactly as it is
//! printed: `golden/CODE-what/` beside this file has the configuration, what certificates are made for
//! it, and `expected.txt`. `UPDATE=1` writes what is said now: read the difference.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, DnType, KeyPair};
use serde::Deserialize;
use waxseal_plugins::diagnostic::catalogue;

use super::*;

/// What a case's `certificates.toml` may ask for.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Made {
    certificate: Vec<Certificate>,
    /// Files that vanish once the configuration is read.
    vanish: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Certificate {
    name: String,
    /// Where it is appended to, and its key beside it; either may be left out.
    file: Option<String>,
    key: Option<String>,
    /// The year in which it ends.
    #[serde(default = "in_far_future")]
    ends: i32,
}

fn in_far_future() -> i32 {
    3000
}

#[test]
fn certificates_are_judged_as_expected() {
    let mut codes = BTreeSet::new();
    for case in cases() {
        let (found, file) = (said(&case), case.join("expected.txt"));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&file, &found).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(found, expected, "{}", case.display());
        let code = case.file_name().unwrap().to_string_lossy()[..4].to_owned();
        assert!(found.contains(&format!("[{code}]")), "{} has not its code:\n{found}", case.display());
        codes.insert(code);
    }
    let known = catalogue::entries().filter(|entry| entry.code.starts_with('K')).map(|entry| entry.code);
    let missing: Vec<_> = known.filter(|code| !codes.contains(*code)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "each wants a folder");
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/check/golden");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn said(case: &Path) -> String {
    let site = tempfile::tempdir().unwrap();
    let made = fs::read_to_string(case.join("certificates.toml")).unwrap_or_default();
    let made: Made = toml::from_str(&made).unwrap();
    for entry in fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path()) {
        // A name with dots for the folders' ends: `data.tls` is the file `data/tls`.
        let name = entry.file_name().unwrap().to_string_lossy().replace("__", "/");
        put(&site.path().join(name), &fs::read_to_string(&entry).unwrap());
    }
    made.certificate.iter().for_each(|one| make(one, site.path()));
    let (config, warnings) = Config::load(&site.path().join("waxseal.toml")).unwrap();
    assert_eq!(warnings, []);
    for file in &made.vanish {
        fs::remove_file(site.path().join(file)).unwrap();
    }
    let mut findings = Tls::load(&config).map_or_else(|errors| errors, |(_, warnings)| warnings);
    findings.extend(check_signing_keys(&config));
    let text: String = findings.iter().map(|finding| format!("{finding}\n\n")).collect();
    text.replace(&*site.path().to_string_lossy(), "/etc/waxseal")
}

fn make(wanted: &Certificate, site: &Path) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![wanted.name.clone()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, &wanted.name);
    params.not_after = rcgen::date_time_ymd(wanted.ends, 1, 1);
    let certificate = params.self_signed(&key).unwrap();
    if let Some(file) = &wanted.file {
        put(&site.join(file), &certificate.pem());
    }
    if let Some(file) = &wanted.key {
        put(&site.join(file), &key.serialize_pem());
    }
}

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let before = fs::read_to_string(path).unwrap_or_default();
    fs::write(path, before + text).unwrap();
}
