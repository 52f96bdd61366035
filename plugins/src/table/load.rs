//! Reading the table: parse, run once, read the rows, check the whole.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::civil::Date;
use rhai::{AST, ASTNode, Engine, EvalAltResult, Expr, OptimizationLevel, ParseError, Position, Scope};

use super::findings::Findings;
use super::syntax::{Collected, Collector};
use super::{PATH, Table, Words, checks, rows};
use crate::diagnostic::{Diagnostic, Severity};
use crate::rhai::deadline;
use crate::rhai::engine::sandbox;

/// A list of rows is no loop that has lost its way: more than a hook may take, but bounded.
const OPERATIONS: u64 = 20_000_000;
/// Elements of a list of domains.
const LIST: usize = 1_000_000;
/// Stack of the thread that runs the table, octets: each level of nested lists takes some to copy.
/// What is not used is not taken from the machine.
const STACK: usize = 256 * 1024 * 1024;
/// How long the top level may run.
const TIME: Duration = Duration::from_secs(10);

impl Table {
    /// Reads the table's text. Warnings come with it; errors come instead of it.
    ///
    /// # Errors
    ///
    /// All that is wrong, errors and warnings, in the order of the file.
    pub fn load(
        source: &str,
        words: &Words,
        today: Date,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let mut findings = Findings::new(PATH.into(), source.into());
        let Some(written) = written(source, &mut findings) else {
            return Err(findings.sorted());
        };
        let table = Self::new(rows::read(&written.rows, words, &mut findings));
        checks::check(&table, &written.rows, today, &mut findings);
        let found = findings.sorted();
        if found.iter().any(|finding| finding.severity == Severity::Error) {
            return Err(found);
        }
        Ok((table, found))
    }
}

/// Runs it on a thread that has room for the lists of a big table, however deeply they are nested;
/// where there can be none, here.
fn with_room<T: Send>(run: impl FnOnce() -> Option<T> + Send) -> Option<T> {
    let run = Mutex::new(Some(run));
    let take = || run.lock().unwrap_or_else(PoisonError::into_inner).take();
    let ran = thread::scope(|scope| {
        let thread =
            thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || take().and_then(|run| run()));
        thread.ok().map(thread::ScopedJoinHandle::join)
    });
    match ran {
        Some(Ok(ran)) => ran,
        Some(Err(panic)) => std::panic::resume_unwind(panic),
        None => take().and_then(|run| run()),
    }
}

/// The rows as written, evaluated; `None` where the text cannot be parsed or run.
pub(super) fn written(source: &str, findings: &mut Findings) -> Option<Collected> {
    with_room(|| run(source, findings))
}

/// Parses the text and reads something from its tree; `None` where it cannot be parsed.
pub(super) fn parsed<T: Send>(
    source: &str,
    findings: &mut Findings,
    read: impl FnOnce(&AST) -> T + Send,
) -> Option<T> {
    with_room(|| compile(source, findings).map(|(.., ast)| read(&ast)))
}

/// Parses and runs the text; `None` where that failed.
fn run(source: &str, findings: &mut Findings) -> Option<Collected> {
    let (engine, collector, ast) = compile(source, findings)?;
    let ran = deadline::within(TIME, OPERATIONS, || engine.run_ast_with_scope(&mut Scope::new(), &ast));
    let collected = collector.take();
    if let Err(error) = ran {
        run_time_error(*error, findings);
        return None;
    }
    never_run(&ast, &collected.ran, findings);
    Some(collected)
}

fn compile(source: &str, findings: &mut Findings) -> Option<(Engine, Collector, AST)> {
    let collector = Collector::default();
    let engine = engine(&collector);
    match engine.compile(source) {
        Ok(ast) => Some((engine, collector, ast)),
        Err(error) => {
            syntax_error(&error, collector.take(), findings);
            None
        }
    }
}

/// The sandbox of every script, with room for big tables.
fn engine(collector: &Collector) -> Engine {
    let mut engine = sandbox();
    engine.set_max_operations(OPERATIONS);
    engine.set_max_array_size(LIST);
    // The optimizer would delete blocks that never run before they can be pointed out.
    engine.set_optimization_level(OptimizationLevel::None);
    collector.register(&mut engine);
    engine
}

fn syntax_error(error: &ParseError, collected: Collected, findings: &mut Findings) {
    let place = findings.place(error.position());
    let (message, help) = match collected.misformed {
        Some(misformed) => (misformed.message, misformed.help),
        None => (error.err_type().to_string(), None),
    };
    findings.add(Diagnostic { help, ..Diagnostic::error("P001", place, message) });
}

fn run_time_error(error: EvalAltResult, findings: &mut Findings) {
    let mut error = error;
    let position = error.take_position();
    findings.error("P002", position, format!("the table cannot be run: {error}"));
}

/// A block in a function that nobody calls, or behind a condition that does not hold: its rows
/// look as if they held, and do not.
fn never_run(ast: &AST, ran: &HashSet<Position>, findings: &mut Findings) {
    ast.walk(&mut |path| {
        if let Some(ASTNode::Expr(Expr::Custom(block, _))) = path.last() {
            let first = block.inputs.first().map(Expr::position);
            if let Some(first) = first.filter(|first| !ran.contains(first)) {
                let message = "the block that begins with this row is never run: its rows do not hold";
                let never = Diagnostic::error("R007", findings.place(first), message);
                findings.add(never.helped("write the block at the top level of the file"));
            }
        }
        true
    });
}

#[cfg(test)]
mod tests {
    use rhai::Dynamic;

    use super::*;

    /// Dropping a nested list takes stack at each level: on a usual stack this would end the relay.
    #[test]
    fn deeply_nested_lists_have_room() {
        let nested = || (0..50_000).fold(Dynamic::UNIT, |inner, _| vec![inner].into());
        assert_eq!(with_room(|| nested().is_array().then_some(())), Some(()));
    }
}
