//! Findings in SARIF 2.1.0 (OASIS, 27 March 2020), which code hosts and editors read.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use waxseal_plugins::diagnostic::catalogue::{self, Entry};
use waxseal_plugins::diagnostic::{Diagnostic, Severity};
use waxseal_plugins::place::Place;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// What the paths of policies start at: section 3.14.14.
const POLICIES: &str = "POLICIES";
/// How findings about the configuration call it where they know no path.
const CONFIGURATION: &str = "waxseal.toml";

/// The findings of one run. Paths of policies are relative to their directory, so that a result reads
/// the same on every machine.
pub(super) fn log(findings: &[Diagnostic], configuration: &Path, policies: Option<&Path>) -> Value {
    let rules: Vec<&Entry> = catalogue::entries().collect();
    let results: Vec<Value> = findings.iter().map(|one| result(one, configuration, &rules)).collect();
    let mut run = json!({
        "tool": { "driver": {
            "name": "waxseal",
            "version": env!("CARGO_PKG_VERSION"),
            "rules": rules.iter().map(|entry| rule(entry)).collect::<Vec<_>>(),
        } },
        "columnKind": "unicodeCodePoints",
        "results": results,
    });
    if let (Some(policies), Some(run)) = (policies, run.as_object_mut()) {
        let uri = format!("{}/", file_uri(policies));
        run.insert("originalUriBaseIds".to_owned(), json!({ POLICIES: { "uri": uri } }));
    }
    json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] })
}

fn rule(entry: &Entry) -> Value {
    json!({
        "id": entry.code,
        "shortDescription": { "text": entry.title },
        "fullDescription": { "text": entry.explanation },
        "help": { "text": entry.to_string() },
        "defaultConfiguration": { "level": level(entry.severity) },
    })
}

fn result(finding: &Diagnostic, configuration: &Path, rules: &[&Entry]) -> Value {
    let help = finding.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
    let mut physical = json!({ "artifactLocation": artifact(&finding.place, configuration) });
    if let (Some(region), Some(physical)) = (region(finding), physical.as_object_mut()) {
        physical.insert("region".to_owned(), region);
    }
    json!({
        "ruleId": finding.code,
        "ruleIndex": rules.iter().position(|entry| entry.code == finding.code),
        "level": level(finding.severity),
        "message": { "text": format!("{}{help}", finding.message) },
        "locations": [{ "physicalLocation": physical }],
    })
}

fn artifact(place: &Place, configuration: &Path) -> Value {
    let path = Path::new(&*place.path);
    if path.is_absolute() {
        json!({ "uri": file_uri(path) })
    } else if path == configuration || path == Path::new(CONFIGURATION) {
        json!({ "uri": file_uri(configuration) })
    } else {
        json!({ "uri": encoded(&place.path), "uriBaseId": POLICIES })
    }
}

/// Lines and columns count from 1, and the end is the first column behind it: section 3.30.
fn region(finding: &Diagnostic) -> Option<Value> {
    let Place { source, line, column, .. } = &finding.place;
    // A place in the source of a plugin is none in the file that we have.
    match (source, *line, *column) {
        (None, 1.., 0) => Some(json!({ "startLine": line })),
        (None, 1.., 1..) => {
            let end = column + finding.length;
            Some(json!({ "startLine": line, "startColumn": column, "endColumn": end }))
        }
        _ => None,
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn file_uri(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    format!("file://{}", encoded(&absolute.to_string_lossy()))
}

/// RFC 3986 section 2: what is not unreserved is written as its octets.
fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
        if is_plain {
            text.push(byte.into());
        } else {
            // Writing to a text cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(findings: &[Diagnostic]) -> Value {
        let policies = Path::new("/etc/waxseal/policies");
        let mut log = log(findings, Path::new("/etc/waxseal/waxseal.toml"), Some(policies));
        let base = &log["runs"][0]["originalUriBaseIds"]["POLICIES"]["uri"];
        assert_eq!(base, "file:///etc/waxseal/policies/");
        log["runs"][0]["results"].take()
    }

    #[test]
    fn a_finding_has_its_rule_and_its_region() {
        let place = Place::new("outgoing/mine.rhai", 2, 5);
        let finding = Diagnostic::error("F003", place, "there is no function `start_tsl`");
        let results = results(&[finding.spanning(9).helped("did you mean `start_tls`?")]);
        let rule = catalogue::entries().position(|entry| entry.code == "F003");
        let expected = json!([{
            "ruleId": "F003",
            "ruleIndex": rule,
            "level": "error",
            "message": { "text": "there is no function `start_tsl`\ndid you mean `start_tls`?" },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": "outgoing/mine.rhai", "uriBaseId": "POLICIES" },
                "region": { "startLine": 2, "startColumn": 5, "endColumn": 14 },
            } }],
        }]);
        assert_eq!(results, expected);
    }

    #[test]
    fn places_are_addresses() {
        let at = |place| results(&[Diagnostic::warning("W008", place, "x")]);
        let physical = |place| at(place)[0]["locations"][0]["physicalLocation"].clone();
        let file = |uri: &str| json!({ "artifactLocation": { "uri": uri } });
        assert_eq!(physical(Place::file("waxseal.toml")), file("file:///etc/waxseal/waxseal.toml"));
        assert_eq!(physical(Place::file("/srv/our keys/ü.pem")), file("file:///srv/our%20keys/%C3%BC.pem"));
        let in_plugin = physical(Place::within("outgoing/a.wasm", "src/lib.rs", 3, 1));
        assert_eq!(in_plugin["region"], Value::Null);
    }
}
