//! Counting which statements of a script run.
//!
//! The engine could tell of each node that it looks at, but then it would do so on every mail. So
//! tests run a copy of the script in which a call stands before each statement, on the same line;
//! what the copy says of places is brought back to the script.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::rhai::{AST, Engine, Position};

use super::statements::starts;
use super::{engine, natives, register};

/// The name of the call: no script has a function of this name.
const PROBE: &str = "__met";

/// How often each statement of a script has run.
#[derive(Debug)]
pub(crate) struct Counter {
    path: Arc<str>,
    statements: Vec<Statement>,
}

#[derive(Debug)]
struct Statement {
    line: usize,
    column: usize,
    /// How many characters stand before it in the copy that are not in the script.
    added: usize,
    count: AtomicU64,
}

/// A copy of a script whose statements are counted, and what runs it.
pub(super) struct Counted {
    pub(super) engine: Engine,
    pub(super) ast: AST,
    pub(super) counter: Arc<Counter>,
}

impl Counted {
    /// Makes the copy; `None` where it would be no script.
    pub(super) fn copy(path: &Arc<str>, source: &str) -> Option<Self> {
        let plain = engine::sandbox();
        let starts = starts(&plain, source);
        let mut kept: Vec<(usize, usize)> = Vec::new();
        for start in starts {
            kept.push(start);
            // What looks like the start of a statement may be none, as in a `switch`.
            if compiles(&plain, &with_probes(source, &kept)).is_none() {
                kept.pop();
            }
        }
        let counter = Arc::new(Counter::new(path, &kept));
        let mut engine = engine::sandbox();
        register(&mut engine);
        natives::register(&mut engine);
        let counting = Arc::clone(&counter);
        engine.register_fn(PROBE, move |number: i64| counting.meet(number));
        let mut ast = compiles(&engine, &with_probes(source, &kept))?;
        ast.set_source(&**path);
        Some(Self { engine, ast, counter })
    }
}

impl Counter {
    fn new(path: &Arc<str>, starts: &[(usize, usize)]) -> Self {
        let statement = |(number, &(line, column)): (usize, &(usize, usize))| Statement {
            line,
            column,
            added: probe(number).chars().count(),
            count: AtomicU64::new(0),
        };
        Self { path: path.clone(), statements: starts.iter().enumerate().map(statement).collect() }
    }

    /// The script.
    pub(crate) fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// Line, column and count of each statement, in their order.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (usize, usize, u64)> {
        self.statements.iter().map(|one| (one.line, one.column, one.count.load(Ordering::Relaxed)))
    }

    /// The place in the script that a position in the copy means.
    pub(super) fn original(&self, position: Position) -> Position {
        let (Some(line), Some(column)) = (position.line(), position.position()) else { return position };
        let mut added = 0;
        for one in self.statements.iter().filter(|one| one.line == line) {
            if column < one.column + added + one.added {
                break;
            }
            added += one.added;
        }
        let number = |number: usize| u16::try_from(number).ok();
        let place = number(line).zip(number(column.saturating_sub(added)));
        place.map_or(position, |(line, column)| Position::new(line, column))
    }

    fn meet(&self, number: i64) {
        let statement = usize::try_from(number).ok().and_then(|number| self.statements.get(number));
        if let Some(statement) = statement {
            statement.count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn probe(number: usize) -> String {
    format!("{PROBE}({number});")
}

/// The text with a call before each of these places, which are sorted.
fn with_probes(source: &str, starts: &[(usize, usize)]) -> String {
    let mut lines: BTreeMap<usize, Vec<(usize, String)>> = BTreeMap::new();
    for (number, (line, column)) in starts.iter().enumerate() {
        lines.entry(*line).or_default().push((*column, probe(number)));
    }
    let mut text = String::with_capacity(source.len() + starts.len() * 12);
    for (index, line) in source.split_inclusive('\n').enumerate() {
        let Some(probes) = lines.get(&(index + 1)) else {
            text.push_str(line);
            continue;
        };
        let mut probes = probes.iter().peekable();
        for (column, char) in line.chars().enumerate() {
            while let Some((_, probe)) = probes.next_if(|(at, _)| *at == column + 1) {
                text.push_str(probe);
            }
            text.push(char);
        }
    }
    text
}

fn compiles(engine: &Engine, source: &str) -> Option<AST> {
    engine.compile(source).ok()
}

#[cfg(test)]
mod tests {
    use ::rhai::{CallFnOptions, Dynamic, Scope};

    use super::*;

    const SOURCE: &str = "\
fn grade(n) {
    let text = `${n + 1} and ${ if n > 1 { \"many\" } else { \"few\" } }`;
    if n == 0 { return \"none\"; }
    switch n {
        1 => \"one\",
        2 => { text }
        _ => { let list = [1, 2]; list.map(|x| { x + n }) }
    }
}
fn unused() { #{ a: 1 } }
";

    fn counted(calls: &[i64]) -> Vec<(usize, usize, u64)> {
        let counted = Counted::copy(&"x.rhai".into(), SOURCE).unwrap();
        for n in calls {
            let options = CallFnOptions::new().eval_ast(false);
            let ran: Result<Dynamic, _> =
                counted.engine.call_fn_with_options(options, &mut Scope::new(), &counted.ast, "grade", (*n,));
            assert!(ran.is_ok(), "{ran:?}");
        }
        counted.counter.counts().collect()
    }

    #[test]
    fn each_statement_is_counted_where_it_stands() {
        let counts = counted(&[0, 2, 3]);
        let expected = [
            (2, 5, 3),
            (3, 5, 3),
            (3, 17, 1),
            (4, 5, 2),
            (6, 16, 1),
            (7, 16, 1),
            (7, 35, 1),
            (7, 50, 2),
            (10, 15, 0),
        ];
        assert_eq!(counts, expected);
    }

    #[test]
    fn a_position_of_the_copy_is_brought_back() {
        let counter = Counter::new(&"x.rhai".into(), &[(3, 5), (3, 17)]);
        let copy = with_probes(SOURCE, &[(3, 5), (3, 17)]);
        let line = copy.lines().nth(2).unwrap();
        assert_eq!(line, "    __met(0);if n == 0 { __met(1);return \"none\"; }");
        for word in ["if", "n == 0", "return", "\"none\""] {
            let column = |line: &str| u16::try_from(line.find(word).unwrap() + 1).unwrap();
            let original = Position::new(3, column(SOURCE.lines().nth(2).unwrap()));
            assert_eq!(counter.original(Position::new(3, column(line))), original, "{word}");
        }
        assert_eq!(counter.original(Position::NONE), Position::NONE);
    }
}
