//! Whole maps, and the tables they become.

use waxseal_plugins::bundle::{Bundle, Settings, Snapshot};
use waxseal_plugins::diagnostic::Severity;

use super::*;

/// A map with all there is.
const RICH: &str = include_str!("rich/tls_policy");

fn loaded(table: &str, directory: &Path) -> (Option<Bundle>, Vec<String>) {
    let settings = Settings { tls_enabled: true, directory: directory.to_owned(), ..Settings::default() };
    match Bundle::load(&Snapshot::of([("domains.rhai", table)]), &settings, 1) {
        Ok((bundle, findings)) => (Some(bundle), findings.iter().map(ToString::to_string).collect()),
        Err(rejected) => {
            let errors = rejected.diagnostics.iter().filter(|one| one.severity == Severity::Error);
            (None, errors.map(ToString::to_string).collect())
        }
    }
}

/// `UPDATE=1` writes the table anew: read the difference.
#[test]
fn a_rich_map_becomes_a_table_that_loads() {
    let table = Import::of(RICH, Level::May).table("tls_policy");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/import/postfix/rich/domains.rhai");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &table).unwrap();
    }
    assert_eq!(table, fs::read_to_string(&file).unwrap_or_default());
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("partner-ca.pem"), "").unwrap();
    let (bundle, findings) = loaded(&table, directory.path());
    assert!(bundle.is_some(), "{}", findings.join("\n"));
}

#[test]
fn what_is_not_converted_is_counted_and_said_with_its_line() {
    let import = Import::of(
        "a.example encrypt\n[relay.example]:587 encrypt\nb.example encrypt colour=blue\n",
        Level::May,
    );
    assert_eq!((import.converted(), import.refused()), (1, 2));
    let remarks = import.remarks();
    assert!(remarks[0].starts_with("2: [relay.example]:587: not converted: rows are of"), "{remarks:?}");
    assert_eq!(remarks[1], "3: b.example: not converted: Postfix has no attribute `colour`");
    let table = import.table("map");
    assert!(table.contains("    // \"DOMAIN\""), "{table}");
    let bundle = loaded(&table, Path::new("/")).0.unwrap();
    let policy_of = |domain| bundle.table().outgoing(domain, waxseal_plugins::table::today()).policy.clone();
    assert_eq!(policy_of("b.example"), "require_verified", "the row beneath would be weaker");
    assert_eq!(policy_of("relay.example"), "attempt");
}

#[test]
fn a_level_without_counterpart_opens_nothing() {
    let import = Import::of("", Level::Fingerprint);
    assert_eq!(import.refused(), 1);
    let (bundle, _) = loaded(&import.table("map"), Path::new("/"));
    let row = bundle.unwrap().table().outgoing("any.example", waxseal_plugins::table::today());
    assert_eq!(row.policy, "require_verified");
}

/// A text from a file of somebody else's must not become code.
#[test]
fn no_entry_writes_anything_but_its_own_row() {
    let map =
        "a.example encrypt servername=\"x\\\"because\nx\"}outgoing{ none\n*.b.example none\n a.example\n";
    let import = Import::of(map, Level::May);
    let (bundle, findings) = loaded(&import.table("a\nb"), Path::new("/"));
    let bundle = bundle.unwrap_or_else(|| panic!("{}", findings.join("\n")));
    let patterns: Vec<_> = bundle.table().entries().iter().map(|entry| entry.pattern.to_string()).collect();
    assert_eq!(patterns, ["*", "*", "a.example"]);
}

#[test]
fn the_file_that_is_there_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let (map, output) = (directory.path().join("map"), directory.path().join("domains.rhai"));
    fs::write(&map, "a.example encrypt\n").unwrap();
    let import =
        || Arguments { file: map.clone(), output: Some(output.clone()), security_level: Level::May }.run();
    assert_eq!(import().unwrap(), Outcome::Fine);
    assert!(fs::read_to_string(&output).unwrap().contains("\"a.example\""));
    fs::write(&output, "mine").unwrap();
    assert!(import().is_err_and(|error| error.to_string().contains("left as it is")));
    assert_eq!(fs::read_to_string(&output).unwrap(), "mine");
}
