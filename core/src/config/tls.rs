//! `[tls]`: the global switch, roots, identities.

use super::findings::{Problem, nearest};
use super::load::Base;
use super::section::{Entry, Section};
use super::{IdentityFiles, Tls, value};

/// The words for sets of roots; anything else is a file.
const ROOTS: [&str; 2] = ["webpki", "system"];

pub(super) fn read(section: Section<'_>, base: &Base<'_>) -> Tls {
    let tls = Tls {
        enabled: section.entry("enabled").and_then(|entry| entry.flag()).unwrap_or(false),
        roots: roots(section.entry("roots"), base),
        client_roots: roots(section.entry("client_roots"), base),
        identities: section.sections("identity").into_iter().filter_map(|one| identity(one, base)).collect(),
    };
    section.finish();
    tls
}

fn roots(entry: Option<Entry<'_>>, base: &Base<'_>) -> Vec<String> {
    let Some(entry) = entry else { return vec!["webpki".to_owned()] };
    let elements = entry.elements("a list: [\"webpki\"], [\"system\"], [\"roots.pem\"]");
    elements.iter().filter_map(|element| root(element, base)).collect()
}

fn root(entry: &Entry<'_>, base: &Base<'_>) -> Option<String> {
    let word = entry.text()?;
    if ROOTS.contains(&word) {
        return Some(word.to_owned());
    }
    if !base.path(word).exists()
        && let Some(meant) = nearest(word, &ROOTS)
    {
        let help = format!("did you mean \"{meant}\"? (\"webpki\", \"system\", or a PEM file)");
        entry.wrong(&Problem::new(format!("cannot be \"{word}\""), help));
        return None;
    }
    base.readable(entry).map(|path| path.to_string_lossy().into_owned())
}

fn identity(section: Section<'_>, base: &Base<'_>) -> Option<IdentityFiles> {
    let names = section.required("names", "[\"mail.example.org\"]").map(|entry| names(&entry));
    let certificate =
        section.required("certificate", "\"tls/cert.pem\"").and_then(|entry| base.readable(&entry));
    let key = section.required("key", "\"tls/key.pem\"").and_then(|entry| base.readable(&entry));
    section.finish();
    Some(IdentityFiles { names: names?, certificate: certificate?, key: key? })
}

fn names(entry: &Entry<'_>) -> Vec<String> {
    let names = entry.read_each(value::domain_pattern);
    if entry.is_empty_list() {
        entry
            .wrong(&Problem::new("cannot be empty", "write the names it stands for: [\"mail.example.org\"]"));
    }
    names
}
