//! The policies' own tests.
//!
//! A test is a function `test_*` of `tests/*.rhai`. It makes facts, asks a policy or filter, and
//! says what it expects; a test that fails is a finding at the line that failed.

mod answers;
mod builders;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ::rhai::{AST, Engine};
use serde::Serialize;

use crate::bundle::Bundle;
use crate::decider::Decider;
use crate::diagnostic::Diagnostic;
use crate::rhai::{self, engine};

/// The time of one test.
const TEST_TIME: Duration = Duration::from_secs(1);

/// What a run of the policies' tests came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The tests that passed, as in `tests/outgoing.rhai: test_require_defers_clear`.
    pub passed: Vec<String>,
    /// Those that failed, each with its place and message.
    pub failed: Vec<Diagnostic>,
}

/// The policies and filters that tests may ask, by the stem of their path, as in `outgoing/require`.
type Deciders = BTreeMap<Arc<str>, Decider>;

/// Runs the functions `test_*` of test files, each given as path and text, against the policies
/// and filters of a bundle.
pub fn run(bundle: &Bundle, files: &[(Arc<str>, Arc<str>)]) -> Report {
    run_on(bundle.deciders().cloned(), files)
}

/// What the parser says of a file of tests.
pub(crate) fn syntax(path: &Arc<str>, source: &str) -> Option<Diagnostic> {
    engine().compile(source).err().map(|error| rhai::syntax(path, source, &error))
}

/// An engine with what the functions of a test may call, but what asks.
fn engine() -> Engine {
    let mut engine = engine::sandbox();
    rhai::register(&mut engine);
    builders::register(&mut engine);
    engine
}

fn run_on(deciders: impl IntoIterator<Item = Decider>, files: &[(Arc<str>, Arc<str>)]) -> Report {
    let deciders: Deciders = deciders.into_iter().map(|decider| (decider.stem().into(), decider)).collect();
    let deciders = Arc::new(deciders);
    let mut engine = engine();
    answers::register(&mut engine, &deciders);
    let mut report = Report::default();
    for (path, source) in files {
        run_file(&engine, &deciders, path, source, &mut report);
    }
    report
}

fn run_file(engine: &Engine, deciders: &Deciders, path: &Arc<str>, source: &Arc<str>, report: &mut Report) {
    let mut ast = match engine.compile(&**source) {
        Ok(ast) => ast,
        Err(error) => return report.failed.push(rhai::syntax(path, source, &error)),
    };
    ast.set_source(&**path);
    for test in tests(&ast) {
        deciders.values().for_each(Decider::begin_trial);
        match rhai::call(engine, &ast, &test, Vec::new(), TEST_TIME) {
            Ok(_) => report.passed.push(format!("{path}: {test}")),
            Err(fault) => {
                let message = format!("{test}: {}", fault.message);
                let place = rhai::place(path, fault.position);
                report
                    .failed
                    .push(Diagnostic::error("E001", place, message).within(source.clone()).spanning_word());
            }
        }
    }
}

/// The tests of a file, in its order.
fn tests(ast: &AST) -> Vec<String> {
    let mut tests: Vec<_> = ast
        .iter_fn_def()
        .filter(|function| function.name.starts_with("test_") && function.params.is_empty())
        .map(|function| (function.body.start_position(), function.name.to_string()))
        .collect();
    tests.sort();
    tests.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::decider::Role;
    use crate::hooks::Direction;
    use crate::rhai::Script;

    /// The shipped files of a folder.
    fn shipped(folder: &str) -> Vec<(Arc<str>, Arc<str>)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies").join(folder);
        let files = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
        let scripts = files.filter(|path| path.extension().is_some_and(|extension| extension == "rhai"));
        let mut scripts: Vec<(Arc<str>, Arc<str>)> = scripts
            .map(|path| {
                let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
                (name.into(), std::fs::read_to_string(&path).unwrap().into())
            })
            .collect();
        scripts.sort();
        scripts
    }

    fn policies() -> Vec<Decider> {
        let of = |direction: Direction| {
            shipped(direction.word()).into_iter().map(move |(path, source)| {
                let (script, warnings) = Script::compile(&path, &source, Role::Policy(direction)).unwrap();
                assert!(warnings.is_empty(), "{}", warnings[0]);
                Decider::Script(script)
            })
        };
        of(Direction::Incoming).chain(of(Direction::Outgoing)).collect()
    }

    /// The failure of a test with this body.
    fn failure(body: &str) -> String {
        let source = format!("fn test_it() {{\n{body}\n}}");
        let report = run_on(policies(), &[("tests/mine.rhai".into(), source.into())]);
        assert!(report.passed.is_empty(), "{body} passed");
        report.failed.iter().map(|finding| format!("{} {}", finding.place, finding.message)).collect()
    }

    #[test]
    fn the_shipped_policies_pass_their_tests() {
        let report = run_on(policies(), &shipped("tests"));
        let failed: Vec<_> = report.failed.iter().map(ToString::to_string).collect();
        assert!(failed.is_empty(), "{}", failed.join("\n\n"));
        assert!(report.passed.len() > 15, "{:?}", report.passed);
        assert_eq!(policies().len(), 7);
    }

    #[test]
    fn a_failing_expectation_says_what_was_answered_and_where() {
        let message =
            failure(r#"expect(ask("outgoing/attempt", "mail", outgoing_host(#{}), mail(#{})), "defer")"#);
        assert_eq!(
            message,
            "tests/mine.rhai:2:1 test_it: expected defer, but outgoing/attempt.rhai:25:5 answers accept"
        );
        let message = failure(
            r#"expect(ask("outgoing/require", "mail", outgoing_host(#{}), mail(#{})), "defer", "4.7.4")"#,
        );
        assert!(message.contains("expected defer 4.7.4, but outgoing/require.rhai"), "{message}");
        assert!(message.contains("answers defer 4.7.5"), "{message}");
        assert!(failure("expect_eq(1, 2)").ends_with("expected 2, but it is 1"));
        assert!(failure("expect(1 == 2)").ends_with("it does not hold"));
    }

    #[test]
    fn misspelt_names_are_found() {
        let cases = [
            ("outgoing_host(#{ offer_tls: true })", "did you mean `offers_tls`?"),
            ("incoming_client(#{ row: #{ nmes: [] } })", "did you mean `names`?"),
            ("outgoing_host(#{ port: \"25\" })", "expected i64"),
            ("certificate(\"expird\")", "did you mean `expired`?"),
            ("ask(\"outgoing/requre\", \"offer\", outgoing_host(#{}))", "did you mean `outgoing/require`?"),
            ("ask(\"outgoing/require\", \"ofer\", outgoing_host(#{}))", "did you mean `offer`?"),
            ("ask(\"outgoing/require\", \"offer\", incoming_client(#{}))", "takes a host"),
            ("ask(\"outgoing/require\", \"mail\", outgoing_host(#{}), hello(#{}))", "takes a mail"),
            (
                "expect(ask(\"outgoing/require\", \"offer\", outgoing_host(#{})), \"start_tsl\")",
                "`start_tls`?",
            ),
        ];
        for (body, expected) in cases {
            let message = failure(body);
            assert!(message.contains(expected), "{body}: {message}");
        }
    }

    #[test]
    fn what_is_shipped_is_a_bundle_without_findings() {
        let site = tempfile::tempdir().unwrap();
        let snapshot = crate::bundle::Snapshot::stable(site.path()).unwrap();
        let settings = crate::bundle::Settings { tls_enabled: true, ..Default::default() };
        let (bundle, warnings) = Bundle::load(&snapshot, &settings, 1).unwrap();
        assert!(warnings.is_empty(), "{}", warnings[0]);
        let report = run(&bundle, &shipped("tests"));
        assert!(report.failed.is_empty() && !report.passed.is_empty());
    }

    /// The scripts in a page's examples.
    fn examples(page: &str) -> Vec<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies").join(page);
        let text = std::fs::read_to_string(path).unwrap();
        let blocks = text.split("```rhai\n").skip(1);
        blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn the_examples_of_the_pages_work() {
        let filters = examples("filters/README.md");
        for source in &filters {
            let found = Script::compile(&"filters/example.rhai".into(), source, Role::Filter);
            assert!(found.is_ok_and(|(_, warnings)| warnings.is_empty()), "{source}");
        }
        let tests = examples("README.md");
        for source in &tests {
            let report = run_on(policies(), &[("tests/example.rhai".into(), source.as_str().into())]);
            assert!(report.failed.is_empty() && !report.passed.is_empty(), "{source}");
        }
        assert!(!filters.is_empty() && !tests.is_empty());
    }

    #[test]
    fn a_broken_test_file_is_a_finding() {
        let report = run_on([], &[("tests/mine.rhai".into(), "fn test_it() {".into())]);
        assert_eq!(report.failed[0].code, "P001");
    }
}
