//! The policies' own tests.
//!
//! A test is a function `test_*` of `tests/*.rhai`. It asks a policy or filter alone, or plays a whole
//! delivery or reception over the table, and says what it expects. A test that fails is a finding at
//! the line that failed, with the trace of what was asked.
//!
//! - `builders`, `value`: facts of every hook
//! - `question`: one hook of one policy or filter
//! - `conversations`, `given`: whole deliveries and receptions; `letters`: the message of one
//! - `imagined`: what goes by in time, and what is answered about names
//! - `answers`, `cases`: what was answered, and what is expected of it
//! - [`coverage`]: which lines and rows the tests have met

mod answers;
mod builders;
mod cases;
mod conversations;
pub mod coverage;
mod given;
mod imagined;
mod letters;
mod question;
mod report;
mod stage;
mod trace;
mod value;

#[cfg(test)]
mod examples;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use ::rhai::{AST, Engine, Position};

use crate::bundle::Bundle;
use crate::diagnostic::Diagnostic;
use crate::rhai::{self, Fault, engine, voice};
use coverage::Coverage;
use stage::Stage;
use trace::Trace;

pub use report::{Failed, Passed, Report};

/// The time of one test.
const TEST_TIME: Duration = Duration::from_secs(1);

/// A file of tests: its path and its text.
pub type TestFile = (Arc<str>, Arc<str>);

/// Which tests are run, and what is found out besides.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only tests of which file or name contains this; `None` for all.
    pub filter: Option<String>,
    /// Whether lines and rows are counted.
    pub counting: Counting,
}

/// Whether the lines and rows that tests meet are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counting {
    /// They are not.
    #[default]
    Nothing,
    /// They are: the scripts under test are copies in which each statement is counted.
    LinesAndRows,
}

/// What the parser says of a file of tests.
pub(crate) fn syntax(path: &Arc<str>, source: &str) -> Option<Diagnostic> {
    let mut engine = engine::sandbox();
    rhai::register(&mut engine);
    engine.compile(source).err().map(|error| rhai::syntax(path, source, &error))
}

/// Runs the functions `test_*` of test files against the policies, filters and table of a bundle.
pub fn run(bundle: &Bundle, files: &[TestFile]) -> Report {
    run_selected(bundle, files, &Selection::default())
}

/// Runs those that are selected.
pub fn run_selected(bundle: &Bundle, files: &[TestFile], selection: &Selection) -> Report {
    voice::silent(|| match selection.counting {
        Counting::Nothing => on_stage(bundle.clone(), files, selection).0,
        Counting::LinesAndRows => {
            let (counted, scripts) = bundle.counted();
            let (report, stage) = on_stage(counted, files, selection);
            Report { coverage: Some(Coverage::of(bundle, &scripts, &stage.rows())), ..report }
        }
    })
}

fn on_stage(bundle: Bundle, files: &[TestFile], selection: &Selection) -> (Report, Arc<Stage>) {
    let stage = Arc::new(Stage::new(bundle));
    let engine = engine_on(&stage);
    let mut report = Report::default();
    for (path, source) in files {
        File { engine: &engine, stage: &stage, path, source }.run(selection, &mut report);
    }
    (report, stage)
}

/// The sandbox of every script, and what tests have besides.
fn engine_on(stage: &Arc<Stage>) -> Engine {
    let mut engine = engine::sandbox();
    rhai::register(&mut engine);
    builders::register(&mut engine);
    answers::register(&mut engine, stage);
    question::register(&mut engine, stage);
    conversations::register(&mut engine, stage);
    cases::register(&mut engine, stage);
    imagined::register(&mut engine, stage);
    engine
}

/// A file whose tests run.
struct File<'a> {
    engine: &'a Engine,
    stage: &'a Stage,
    path: &'a Arc<str>,
    source: &'a Arc<str>,
}

impl File<'_> {
    fn run(&self, selection: &Selection, report: &mut Report) {
        let mut ast = match self.engine.compile(&**self.source) {
            Ok(ast) => ast,
            Err(error) => {
                let finding = rhai::syntax(self.path, self.source, &error);
                return report.failed.push(Failed::to_compile(self.path, finding));
            }
        };
        ast.set_source(&**self.path);
        let is_meant = |test: &String| {
            selection.filter.as_ref().is_none_or(|text| self.path.contains(text) || test.contains(text))
        };
        for (position, test) in tests(&ast).into_iter().filter(|(_, test)| is_meant(test)) {
            self.stage.begin_test();
            match rhai::call(self.engine, &ast, &test, Vec::new(), TEST_TIME) {
                Ok(_) => {
                    let assumed = self.stage.assumed();
                    report.passed.push(Passed { file: self.path.clone(), test, assumed });
                }
                // What runs too long says no line.
                Err(Fault { message, position: at }) => {
                    let fault = Fault { message, position: at.or_else(position) };
                    report.failed.extend(self.failures(&test, &fault));
                }
            }
        }
    }

    /// A test's failure; or of each of its cases.
    fn failures(&self, test: &str, fault: &Fault) -> Vec<Failed> {
        let cases = self.stage.take_failed();
        if cases.is_empty() {
            return vec![self.failure(test, None, fault, self.stage.last())];
        }
        let failed = cases.into_iter();
        failed.map(|one| self.failure(test, Some(one.case), &one.fault, one.trace)).collect()
    }

    fn failure(&self, test: &str, case: Option<String>, fault: &Fault, trace: Option<Trace>) -> Failed {
        let of_case = case.as_ref().map(|case| format!(" ({case})")).unwrap_or_default();
        let message = format!("{test}{of_case}: {}", fault.message);
        let place = rhai::place(self.path, fault.position);
        let finding = Diagnostic::error("E001", place, message).within(self.source.clone()).spanning_word();
        let mut trace = trace.map(|trace| trace.lines().to_vec()).unwrap_or_default();
        trace.extend(self.stage.unknown_names());
        Failed { file: self.path.clone(), test: test.to_owned(), case, finding, trace }
    }
}

/// The tests of a file with their places, in its order.
fn tests(ast: &AST) -> Vec<(Position, String)> {
    let mut tests: Vec<_> = ast
        .iter_fn_def()
        .filter(|function| function.name.starts_with("test_") && function.params.is_empty())
        .map(|function| (function.body.start_position(), function.name.to_string()))
        .collect();
    tests.sort();
    tests
}
