use std::net::IpAddr;
use std::time::{Duration, Instant};

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::{Parameter, Version};

const TODAY: Date = date(2026, 11, 23);

fn words() -> Words {
    let of = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    Words {
        incoming: of(&["attempt", "require", "require_verified"]),
        outgoing: of(&["attempt", "prevent", "require", "require_verified"]),
    }
}

fn load(source: &str) -> Result<(Table, Vec<Diagnostic>), Vec<Diagnostic>> {
    Table::load(source, &words(), TODAY)
}

fn good(source: &str) -> Table {
    load(source).unwrap_or_else(|found| panic!("{found:#?}")).0
}

/// A table with these outgoing rows, and `*` in both directions.
fn outgoing(rows: &str) -> Result<(Table, Vec<Diagnostic>), Vec<Diagnostic>> {
    load(&format!("incoming {{ \"*\" attempt }}\noutgoing {{\n\"*\" attempt\n{rows}\n}}"))
}

fn codes(found: &[Diagnostic]) -> Vec<&str> {
    found.iter().map(|finding| finding.code).collect()
}

#[test]
fn the_table_of_the_design_is_read() {
    let table = good(
        r#"
        incoming {
            "*"                attempt
            "*.bank.example"   require_verified   because "contract 2026-17"
            "192.0.2.0/24"     require
        }
        outgoing {
            "*"                attempt
            "partner.org"      require            min_version "1.3"
            "legacy.example"   prevent            because "breaks on STARTTLS, ticket 4711"   until "2027-06-30"
        }
        "#,
    );
    let row = table.outgoing("partner.org", TODAY);
    assert_eq!((row.policy.as_str(), row.min_version), ("require", Version::Tls13));
    assert_eq!(row.place, "domains.rhai:9:13");
    let row = table.outgoing("legacy.example", date(2027, 6, 30));
    assert_eq!((row.policy.as_str(), row.valid_until.as_str()), ("prevent", "2027-06-30"));
    assert_eq!(table.outgoing("legacy.example", date(2027, 7, 1)).policy, "attempt");
    assert_eq!(table.incoming("192.0.2.9".parse().expect("address"), TODAY).policy, "require");
}

#[test]
fn every_clause_is_read() {
    let pin = "ab".repeat(32);
    let (table, _) = outgoing(&format!(
        r#""x.example" require_verified
             min_version "1.2" suites ["tls_aes_256_gcm_sha384"] groups ["X25519"]
             names ["Mail.Bücher.example", ".example.net"] pins "sha256:{pin}" roots ["webpki", "ca.pem"]
             identity "mx.example" because "min_version" until "2027-06-30" with #{{ limit: 3, on: true }}
           "y.example" require_verified names "mx""#,
    ))
    .expect("good");
    let row = table.outgoing("x.example", TODAY);
    assert_eq!(row.suites, ["TLS_AES_256_GCM_SHA384"]);
    assert_eq!(row.groups, ["x25519"]);
    assert_eq!(row.names, ["mail.xn--bcher-kva.example", ".example.net"]);
    assert_eq!(row.pins, [format!("sha256:{pin}")]);
    assert_eq!(row.roots, ["webpki", "ca.pem"]);
    assert_eq!((row.identity.as_str(), row.because.as_str()), ("mx.example", "min_version"));
    assert_eq!(row.parameters.get("limit"), Some(&Parameter::Number(3)));
    assert_eq!(row.parameters.get("on"), Some(&Parameter::Flag(true)));
    for spelling in ["y.example", "Y.Example", "y.example."] {
        assert_eq!(table.outgoing(spelling, TODAY).names, ["mx"], "{spelling}");
    }
}

#[test]
fn values_are_expressions_and_blocks_may_stand_in_loops() {
    let table = good(
        r#"
        const MODERN = ["TLS_AES_256_GCM_SHA384"];
        let reason = "contract";
        incoming { "*" attempt }
        outgoing { "*" attempt }
        outgoing { "a.example" require suites MODERN because reason + " 1" }
        for name in ["b", "c"] { outgoing { `${name}.example` require } }
        "#,
    );
    assert_eq!(table.outgoing("a.example", TODAY).suites, ["TLS_AES_256_GCM_SHA384"]);
    assert_eq!(table.outgoing("a.example", TODAY).because, "contract 1");
    assert_eq!(table.outgoing("c.example", TODAY).policy, "require");
}

#[test]
fn what_is_wrong_is_said_with_its_code_and_place() {
    for (rows, code, place, said) in [
        (r#""x.example" requre_verified"#, "P001", "4:13", "did you mean `require_verified`?"),
        (r#""x.example""#, "P001", "5:1", "after the pattern comes the word of a policy"),
        (r#""x.example" min_version "1.3""#, "P001", "4:13", "after the pattern comes"),
        (r#""x.example" require becuase "x""#, "P001", "4:21", "did you mean `because`?"),
        ("x.example require", "P001", "4:1", "no clause `x`"),
        (r#""x.example" require, "#, "P001", "4:20", "begins no row"),
        (r#""x.example require"#, "P001", "4:1", "closing quote is missing"),
        ("# mine", "P001", "4:1", "begins no row"),
        (r#""x.example" require "*" attempt"#, "R001", "4:21", "has a row already, at domains.rhai:3:1"),
        (r#""X.example" require "x.EXAMPLE" require"#, "R001", "4:21", "already"),
        (r#""exam ple" require"#, "R005", "4:1", "no domain"),
        (r#""10.0.0.1" require"#, "R005", "4:1", "recipient's domain"),
        (r#""x.example" require because "a" because "b""#, "R006", "4:33", "twice"),
        (r#""x.example" require min_version "1.1""#, "R008", "4:33", "write \"1.2\" or \"1.3\""),
        (r#""x.example" require suites []"#, "R008", "4:28", "empty"),
        (r#""x.example" require groups ["x25518"]"#, "R008", "4:28", "did you mean `x25519`?"),
        (r#""x.example" require until "June""#, "R008", "4:27", "no day"),
        (r#""x.example" require pins "sha256:1""#, "R008", "4:26", "64 hexadecimal digits"),
        (r#""x.example" require with 3"#, "R008", "4:26", "`#{...}`"),
        (r#""x.example" require because 1 / 0"#, "P002", "4:31", "cannot be run"),
        (r#""x.example" require because nobody"#, "P001", "4:29", "Undefined variable"),
    ] {
        let found = outgoing(rows).expect_err(rows);
        let error = found.iter().find(|finding| finding.severity == Severity::Error).expect("an error");
        let got = (error.code, error.place.to_string());
        assert_eq!(got, (code, format!("domains.rhai:{place}")), "{rows}: {}", error.message);
        assert!(error.message.contains(said), "{rows}: {}", error.message);
    }
}

#[test]
fn a_direction_without_any_is_an_error() {
    let found = load("incoming { \"*\" attempt }").expect_err("no outgoing `*`");
    assert_eq!(codes(&found), ["R002"]);
    let found = load("").expect_err("nothing at all");
    assert_eq!(codes(&found), ["R002", "R002"]);
}

#[test]
fn a_bad_row_for_any_is_not_called_missing() {
    let found = load("incoming { \"*\" atempt }\noutgoing { \"*\" attempt }").expect_err("no such policy");
    assert_eq!(codes(&found), ["P001"]);
}

#[test]
fn a_block_that_never_runs_is_an_error() {
    let base = "incoming { \"*\" attempt } outgoing { \"*\" attempt }";
    for block in ["fn rows() { outgoing { \"x\" require } }", "if false { outgoing { \"x\" require } }"] {
        let found = load(&format!("{base}\n{block}")).expect_err(block);
        assert_eq!(codes(&found), ["R007"], "{block}");
    }
    assert!(load(&format!("{base}\nfn rows() {{ outgoing {{ \"x\" require }} }}\nrows();")).is_ok());
}

#[test]
fn any_cannot_end() {
    let found = load("incoming { \"*\" attempt until \"2030-01-01\" } outgoing { \"*\" attempt }");
    assert_eq!(codes(&found.expect_err("`*` ends")), ["R009"]);
}

#[test]
fn what_deserves_a_look_is_a_warning() {
    let both = |policy: &str| format!(r#""x.example" {policy} "*.x.example" {policy}"#);
    for (rows, expected) in [
        (both("require"), vec![]),
        (both("require until \"2026-11-22\""), vec!["R010", "R010"]),
        (both("require until \"2026-12-23\""), vec!["R010", "R010"]),
        (both("require until \"2026-12-24\""), vec![]),
        (both("prevent"), vec!["R011", "R011"]),
        (r#""x.example" require"#.into(), vec![]),
        (r#""*.x.example" require"#.into(), vec!["R012"]),
    ] {
        let (_, warnings) = outgoing(&rows).expect("warnings only");
        assert_eq!(codes(&warnings), expected, "{rows}");
        assert!(warnings.iter().all(|warning| warning.severity == Severity::Warning));
    }
}

#[test]
fn a_row_that_says_the_same_as_the_one_beneath_is_pointed_out() {
    let incoming = |rows: &str| {
        let source = format!("incoming {{ \"*\" attempt {rows} }} outgoing {{ \"*\" attempt }}");
        let (_, warnings) = load(&source).expect("warnings only");
        warnings.iter().map(|one| format!("{} {}", one.code, one.message)).collect::<Vec<_>>()
    };
    for (rows, said) in [
        (r#""x.example" attempt"#, "R003 `x.example` says the same as `*`"),
        (r#""10.0.0.0/8" require "10.1.0.0/16" require"#, "R003 `10.1.0.0/16` says the same as `10.0.0.0/8`"),
    ] {
        let found = incoming(rows);
        assert!(found.len() == 1 && found[0].starts_with(said), "{rows}: {found:?}");
    }
    for rows in [
        r#""x.example" attempt because "whatever comes""#,
        r#""x.example" attempt with #{ limit: 3 }"#,
        r#""x.example" attempt until "2999-01-01""#,
        // Beside the row of an address, that of the domain holds and `*` does not.
        r#""x.example" attempt "10.0.0.0/8" require"#,
        r#""x.example" require "10.0.0.0/8" attempt"#,
    ] {
        assert_eq!(incoming(rows), Vec::<String>::new(), "{rows}");
    }
}

#[test]
fn at_mail_the_explicit_rows_of_both_lookups_are_asked() {
    let table = good(
        r#"incoming { "*" attempt "10.0.0.0/8" require "bank.example" require_verified }
           outgoing { "*" attempt }"#,
    );
    let policies = |address: &str, domain| {
        let rows = table.incoming_at_mail(address.parse().expect("address"), domain, TODAY);
        rows.iter().map(|row| row.policy.clone()).collect::<Vec<_>>()
    };
    assert_eq!(policies("10.1.1.1", Some("bank.example")), ["require", "require_verified"]);
    assert_eq!(policies("::ffff:10.1.1.1", None), ["require"]);
    assert_eq!(policies("192.0.2.1", Some("bank.example")), ["require_verified"]);
    assert_eq!(policies("192.0.2.1", Some("example.org")), ["attempt"]);
    assert_eq!(policies("192.0.2.1", None), ["attempt"]);
}

#[test]
fn beneath_a_row_is_the_next_that_matches() {
    let table = good(
        r#"incoming { "*" attempt "10.0.0.0/8" require "10.1.0.0/16" require "10.1.1.1" require }
           outgoing { "*" attempt "*.x" require "*.b.x" require "a.b.x" require }"#,
    );
    let beneath = table.entries().iter().map(|entry| {
        let below = table.beneath(entry, TODAY).map(|below| below.pattern.to_string());
        format!("{} -> {}", entry.pattern, below.unwrap_or_default())
    });
    assert_eq!(
        beneath.collect::<Vec<_>>(),
        ["* -> ", "10.0.0.0/8 -> *", "10.1.0.0/16 -> 10.0.0.0/8", "10.1.1.1 -> 10.1.0.0/16"]
            .into_iter()
            .chain(["* -> ", "*.x -> *", "*.b.x -> *.x", "a.b.x -> *.b.x"])
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_big_table_loads_at_once() {
    let rows: String = (0..10_000).map(|number| format!("\"d{number}.example\" require\n")).collect();
    let started = Instant::now();
    let (table, _) = outgoing(&rows).expect("good");
    // Well under a second in release; this build is slower.
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!(table.outgoing("d9999.example", TODAY).policy, "require");
}

/// Whether a pattern matches, and how specific it is, said as naively as can be.
fn naive(pattern: &str, name: &str) -> Option<usize> {
    match pattern.strip_prefix('*') {
        Some("") => Some(0),
        Some(suffix) => (name.len() > suffix.len() && name.ends_with(suffix)).then_some(suffix.len()),
        None => (pattern == name).then_some(usize::MAX),
    }
}

fn name() -> impl Strategy<Value = String> {
    proptest::collection::vec("[ab]", 1..5).prop_map(|labels| labels.join("."))
}

fn pattern() -> impl Strategy<Value = String> {
    (name(), any::<bool>()).prop_map(|(name, below)| if below { format!("*.{name}") } else { name })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn names_are_found_as_naively(patterns in proptest::collection::btree_set(pattern(), 0..12), name in name()) {
        let rows: String = patterns.iter().map(|pattern| format!("\"{pattern}\" require\n")).collect();
        let (table, _) = outgoing(&rows).expect("good");
        let expected = patterns.iter().map(String::as_str).chain(["*"])
            .filter_map(|pattern| naive(pattern, &name).map(|rank| (rank, pattern)))
            .max().map(|(_, pattern)| pattern.to_owned());
        prop_assert_eq!(Some(table.outgoing(&name, TODAY).pattern.clone()), expected);
    }

    #[test]
    fn addresses_are_found_as_naively(
        networks in proptest::collection::btree_set((0_u32..256, 0_u8..=32), 0..12),
        address in 0_u32..256,
    ) {
        let networks: BTreeSet<_> = networks.into_iter()
            .filter_map(|(bits, length)| ipnet::Ipv4Net::new((bits << 24).into(), length).ok())
            .map(|network| network.trunc())
            .collect();
        let rows: String = networks.iter().map(|network| format!("\"{network}\" require\n")).collect();
        let table = good(&format!("incoming {{ \"*\" attempt\n{rows} }} outgoing {{ \"*\" attempt }}"));
        let address = std::net::Ipv4Addr::from(address << 24);
        let expected = networks.iter().filter(|network| network.contains(&address))
            .max_by_key(|network| network.prefix_len())
            .map_or_else(|| "*".to_owned(), ToString::to_string);
        prop_assert_eq!(&table.incoming(IpAddr::V4(address), TODAY).pattern, &expected);
    }

    #[test]
    fn no_text_panics_the_loader(text in r#"((incoming|outgoing|attempt|until|with|names|"\*"|"x"|[{}#\[\]`$(]) ?){0,20}"#) {
        let _ = load(&text);
    }
}
