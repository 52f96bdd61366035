//! What is wrong in a directory, file by file.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::document::Document;
use super::surroundings::Surroundings;
use crate::bundle::{Bundle, Settings};
use crate::diagnostic::{Diagnostic, Severity};

/// What only the configuration can tell.
const OF_CONFIGURATION: [&str; 3] = ["B007", "B008", "B010"];

/// All findings of the site's texts, by path: of each alone, and of what they must hold together, down
/// to the tests. A text without findings has an empty list.
///
/// `settings` are what the configuration says; without it, what only it can tell is not found. Plugins
/// are not loaded: where there are some, each text is looked at alone.
pub fn findings(around: &Surroundings, settings: Option<&Settings>) -> BTreeMap<String, Vec<Diagnostic>> {
    let mut all: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
    for path in around.paths() {
        let text = around.text(path).unwrap_or_default();
        all.insert(path.to_owned(), Document { path, text, around }.diagnostics());
    }
    // With an error in one of them there is no bundle to be looked at.
    let is_broken = all.values().flatten().any(|finding| finding.severity == Severity::Error);
    for finding in if is_broken { Vec::new() } else { together(around, settings) } {
        if let Some(of_file) = all.get_mut(&*finding.place.path) {
            of_file.push(finding);
        }
    }
    for of_file in all.values_mut() {
        of_file.sort();
        of_file.dedup();
    }
    all
}

/// What the files must hold together.
fn together(around: &Surroundings, settings: Option<&Settings>) -> Vec<Diagnostic> {
    if around.has_plugins() {
        return Vec::new();
    }
    let usual = Settings { tls_enabled: true, ..Settings::default() };
    let snapshot = around.snapshot();
    let mut found = match Bundle::load(&snapshot, settings.unwrap_or(&usual), 1) {
        Ok((_, warnings)) => warnings,
        Err(rejected) => rejected.diagnostics,
    };
    found.retain(|finding| settings.is_some() || !OF_CONFIGURATION.contains(&finding.code));
    for finding in &mut found {
        if finding.source.is_empty()
            && let Some(text) = around.text(&finding.place.path)
        {
            finding.source = Arc::from(text);
        }
    }
    found
}
