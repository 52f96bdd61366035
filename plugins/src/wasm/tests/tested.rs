//! Plugins under the policies' own tests.

use super::support::mail_plugin;
use crate::bundle::{Bundle, Settings, Snapshot};
use crate::testing::{Counting, Selection, run_selected};

const TABLE: &str =
    "incoming { \"*\" attempt }\noutgoing { \"*\" attempt \"plugin.example\" under_test because \"tried\" }";

const TESTS: &str = r#"
fn test_whole_deliveries_ask_the_plugin() {
    let sent = deliver(#{ to: "plugin.example", host: "no_tls" });
    expect(sent, "waits", "4.7.5");
    expect_eq(sent.decided_by, "outgoing/under_test.wasm");
    expect_eq(sent.text, "two lines");
    expect(sent.asked("offer"), "start_tls");
}

fn test_it_is_asked_alone() {
    expect(ask("outgoing/under_test", "mail", outgoing_host(#{})), "defer", "4.7.5");
}
"#;

#[test]
fn plugins_are_tested_as_scripts_are() {
    // `defer("4.7.5", "two lines")`, of `result<option<passage>, string>` at 1024.
    let data = "(data (i32.const 2048) \"4.7.5\") (data (i32.const 2064) \"two lines\")";
    let words = [(4, 1), (8, 1), (12, 1), (16, 2048), (20, 5), (24, 2064), (28, 9)];
    let put = |(offset, value): (u32, u32)| {
        format!("(i32.store (i32.const {}) (i32.const {value}))", 1024 + offset)
    };
    let body = format!("{}(i32.const 1024)", words.map(put).concat());
    let snapshot = Snapshot::of([("domains.rhai", TABLE)])
        .with_plugin("outgoing/under_test.wasm", &mail_plugin(data, &body));
    let settings = Settings { tls_enabled: true, ..Settings::default() };
    let (bundle, _) = Bundle::load(&snapshot, &settings, 1).unwrap_or_else(|bad| panic!("{bad}"));
    for counting in [Counting::Nothing, Counting::LinesAndRows] {
        let selection = Selection { counting, ..Selection::default() };
        let report = run_selected(&bundle, &[("tests/mine.rhai".into(), TESTS.into())], &selection);
        assert!(report.failed.is_empty(), "{}", report.failed[0]);
        assert_eq!(report.passed.len(), 2);
    }
}
