use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn laid_out(source: &str) -> String {
    let text = format(source).unwrap_or_else(|found| panic!("{}\n{source}", found[0]));
    assert_eq!(format(&text).unwrap_or_else(|found| panic!("{}\n{text}", found[0])), text, "not at rest");
    text
}

#[test]
fn rows_stand_in_columns_and_clauses_in_their_order() {
    let source = r#"// The table.
const SINCE = "2026";
incoming { "*" attempt
}
outgoing {  // to whom

  // everyone
"*"    attempt   // else


    "partner.org" require because "x" min_version "1.3"
        "b.example" require_verified   with #{a:  1,
           b: [ 1,2 ] } names [ "mx1.b.example",
             "mx2.b.example" ] until "2999-01-01"   // soon
    "c.example" require_verified because SINCE + " c"

}
let done = true;
"#;
    let expected = r#"// The table.
const SINCE = "2026";
incoming {
    "*"                  attempt
}
outgoing { // to whom
    // everyone
    "*"                  attempt   // else

    "partner.org"        require            min_version "1.3"   because "x"
    "b.example"          require_verified
        names ["mx1.b.example", "mx2.b.example"]
        until "2999-01-01"
        with #{a: 1, b: [1,2] }   // soon
    "c.example"          require_verified   because SINCE + " c"
}
let done = true;
"#;
    assert_eq!(laid_out(source), expected);
}

#[test]
fn comments_among_the_parts_of_a_row_stay_there() {
    let source = "incoming { \"*\" attempt }\noutgoing {\n\"*\" attempt\n  \"x\" require // since May\n     because \"y\"\n}\n";
    let expected = "incoming {\n    \"*\"                  attempt\n}\noutgoing {\n    \"*\"                  attempt\n    \"x\" require // since May\n     because \"y\"\n}\n";
    assert_eq!(laid_out(source), expected);
}

#[test]
fn comments_before_the_brace_stand_at_the_head_of_the_block() {
    let rows = "    \"*\"                  attempt\n}\n";
    for (head, expected) in [
        ("incoming /* ours */ {", "incoming { /* ours */\n"),
        ("incoming // behind\n{", "incoming { // behind\n"),
        ("incoming\n{ // behind\n", "incoming { // behind\n"),
        ("incoming // one\n\n// two\n{ // three\n", "incoming { // one\n    // two\n    // three\n"),
        ("incoming\n/* ours */ { /* all */", "incoming {\n    /* ours */\n    /* all */\n"),
    ] {
        assert_eq!(laid_out(&format!("{head} \"*\" attempt }}\n")), format!("{expected}{rows}"), "{head}");
    }
    assert_eq!(laid_out("incoming /* no rows */ { }\n"), "incoming { /* no rows */\n}\n");
}

#[test]
fn a_layout_without_a_comment_is_refused() {
    let source = "incoming { /* ours */\r\n  \"*\" attempt } // all  \r\n";
    let held = |laid_out: &str| {
        held(source, laid_out.to_owned(), Findings::new(PATH.into(), source.into()))
            .map_err(|found| found[0].to_string())
    };
    assert!(held("/* ours */ incoming { \"*\" attempt }\n// all\n").is_ok());
    for laid_out in ["incoming { \"*\" attempt } // all", "incoming { // all\n /* ours */ \"*\" attempt }"] {
        let said = held(laid_out).expect_err("it is not the same");
        assert!(said.contains("cannot be laid out without losing a comment"), "{said}");
    }
}

#[test]
fn plain_rhai_around_the_blocks_stays_as_it_is() {
    let source = "fn  odd( x ){ x }\nincoming{\"*\" attempt}   outgoing{\"*\" attempt}\nfor name in [\"b\" ,\"c\"] {\n  outgoing { `${name}.example` require because odd( name ) }\n}\n";
    let expected = "fn  odd( x ){ x }\nincoming {\n    \"*\"                  attempt\n}\noutgoing {\n    \"*\"                  attempt\n}\nfor name in [\"b\" ,\"c\"] {\n  outgoing {\n      `${name}.example`    require   because odd(name)\n  }\n}\n";
    assert_eq!(laid_out(source), expected);
}

#[test]
fn words_of_clauses_may_be_variables() {
    let source = "let suites = [\"TLS_AES_256_GCM_SHA384\"];\nincoming { \"*\" attempt }\noutgoing { \"*\" attempt \"x\" require suites suites because \"incoming { }\" }\n";
    assert!(laid_out(source).contains("require   suites suites   because \"incoming { }\"\n"));
}

#[test]
fn what_is_no_table_is_left_alone() {
    let script = "fn offer(host){start_tls()}\n// outgoing { }\n";
    assert_eq!(format(script).as_deref(), Ok(script));
    let found = format("outgoing { \"x\" }").expect_err("no policy");
    assert_eq!(found.iter().map(|one| one.code).collect::<Vec<_>>(), ["P001"]);
    let found = format("outgoing { \"x\" require because 1 / 0 }").expect_err("cannot be run");
    assert_eq!(found.iter().map(|one| one.code).collect::<Vec<_>>(), ["P002"]);
}

#[test]
fn lines_end_as_they_did() {
    let laid_out = laid_out("incoming {\r\n\"*\" attempt\r\n}\r\n");
    assert_eq!(laid_out, "incoming {\r\n    \"*\"                  attempt\r\n}\r\n");
}

#[test]
fn what_is_shipped_is_laid_out() {
    for text in [
        include_str!("../../../../policies/domains.rhai"),
        include_str!("../../../../examples/gateway/policies/domains.rhai"),
        include_str!("../../../../examples/own-policy/policies/domains.rhai"),
        include_str!("../../../../core/src/cli/init/domains.rhai"),
        include_str!("../../../../core/src/cli/demo/files/domains.rhai"),
    ] {
        assert_eq!(laid_out(text), text);
    }
}

/// What may stand in a block, each with what may stand around it.
const ROWS: &[&str] = &[
    "\"x.example\" require",
    "\"*\" attempt",
    "\"a\" + \".b\" require because \"x\"",
    "`${1 + 1}.example` require",
    "\"p\" require_verified until \"2999-01-01\" min_version \"1.3\" because \"a // b\"",
    "\"l\" require with #{ a: [1, 2], b: #{ c: \"}\" } } names [\"mx\"]",
    "\"s\" require\n\n because \"later\" /* in the middle */ min_version \"1.2\"",
    "\"r\" require because #\"raw \" text\"#",
    "// a comment \" with a quote",
    "/* another\n   one { */",
    "\n\n",
];
const GAPS: &[&str] = &["\n", " \n ", "\n\t", "\n\n\n", "   // behind\n", " /* behind */ \n"];
/// What may stand before the brace.
const HEADS: &[&str] = &["\n", " ", " // one\n", " /* one */ ", "\n\n/* two\nlines { */"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// `format` itself compares what is said before and after.
    #[test]
    fn any_table_comes_to_rest_and_keeps_its_comments(
        head in proptest::collection::vec(select(HEADS), 0..4),
        rows in proptest::collection::vec((select(ROWS), select(GAPS)), 0..8),
    ) {
        let rows: String = rows.iter().flat_map(|(row, gap)| [*row, *gap]).collect();
        let source = format!("outgoing{}{{{rows}}}\n// the end\n", head.concat());
        let once = format(&source).map_err(|found| TestCaseError::fail(found[0].to_string()))?;
        let twice = format(&once).map_err(|found| TestCaseError::fail(found[0].to_string()))?;
        prop_assert_eq!(&once, &twice);
        prop_assert_eq!(comments(&source), comments(&once));
        let gaps = once.contains("\n\n\n");
        prop_assert!(!gaps);
    }
}
