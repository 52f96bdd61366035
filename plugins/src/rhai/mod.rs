//! The host of scripts.
//!
//! A script is compiled once, linted, and shared by all threads. Asked a hook, it is given facts it
//! can only read, and a bounded time; whatever goes wrong in it becomes a failure with its place,
//! and never a panic of the relay.

mod cards;
mod compare;
mod counter;
pub(crate) mod deadline;
pub(crate) mod engine;
mod facts;
mod fault;
mod lint;
mod natives;
mod patterns;
mod reaching;
mod reads;
pub(crate) mod schema;
mod speak;
mod statements;
mod text;
pub(crate) mod voice;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ::rhai::{AST, CallFnOptions, Dynamic, Engine, Position, Scope};

pub(crate) use counter::Counter;
pub(crate) use fault::Fault;
pub(crate) use lint::syntax;
pub(crate) use natives::Named;
pub(crate) use speak::source;
pub(crate) use voice::{Hearing, LINES, hearing};

use counter::Counted;
use natives::Needs;

use crate::decider::Role;
use crate::decision::{Answer, Failure, Outcome};
use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::Facts;
use crate::hooks::{Direction, Hook, HookName};
use crate::place::Place;
use crate::spoken::Spoken;
use crate::state::{Manner, Reaches};

/// The time of one call: some thousand times what a hook takes.
const CALL_TIME: Duration = Duration::from_millis(50);
/// The time of the top level, which runs once per load.
const LOAD_TIME: Duration = Duration::from_secs(1);

/// One engine for all policies and filters; it is never changed.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut engine = engine::sandbox();
    register(&mut engine);
    natives::register(&mut engine);
    engine
});

/// A compiled script: immutable, shared by all threads, cheap to clone.
#[derive(Clone)]
pub struct Script {
    path: Arc<str>,
    role: Role,
    ast: AST,
    hooks: Vec<Defined>,
    /// The names of all properties that it reads, of whatever.
    reads: Arc<BTreeSet<String>>,
    needs: Needs,
    /// What it reaches, where it needs something besides facts.
    reaches: Option<Arc<Reaches>>,
    /// Where it is a copy whose statements are counted.
    counted: Option<Arc<Counted>>,
}

/// A hook that the script has, and where.
#[derive(Clone, Debug)]
struct Defined {
    direction: Direction,
    hook: HookName,
    position: Position,
}

impl Script {
    /// Compiles and lints a script. Warnings come with it; errors come instead of it.
    pub fn compile(
        path: &Arc<str>,
        source: &str,
        role: Role,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let mut ast = ENGINE.compile(source).map_err(|error| vec![syntax(path, source, &error)])?;
        ast.set_source(&**path);
        let (hooks, mut diagnostics) = lint::check(&ENGINE, &ast, path, source, role);
        if let Err(fault) = run_top_level(&ENGINE, &ast) {
            diagnostics.push(lint::top_level(path, source, &fault));
        }
        if diagnostics.iter().any(|finding| finding.severity == Severity::Error) {
            return Err(diagnostics);
        }
        let (needs, reads) = (Needs::of(&ast), Arc::new(reads::of(&ast)));
        let path = path.clone();
        Ok((Self { path, role, ast, hooks, reads, needs, reaches: None, counted: None }, diagnostics))
    }

    /// A copy whose statements are counted, for tests; `source` is its text.
    pub(crate) fn counted(&self, source: &str) -> Option<(Self, Arc<Counter>)> {
        let counted = Arc::new(Counted::copy(&self.path, source)?);
        let counter = Arc::clone(&counted.counter);
        Some((Self { counted: Some(counted), ..self.clone() }, counter))
    }

    /// Its file, relative to the policies' directory.
    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// What it is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Whether it has this hook in this direction.
    pub fn has(&self, direction: Direction, hook: HookName) -> bool {
        self.defined(direction, hook).is_some()
    }

    /// Whether it may read a fact of this name: it has a property of the name somewhere.
    pub fn may_read(&self, fact: &str) -> bool {
        self.reads.contains(fact)
    }

    /// Asks it: `None` where it has no such hook, or has no opinion. Blocks where it looks names up.
    pub fn ask<H: Hook>(&self, peer: &Arc<H::Peer>, subject: &Arc<H::Subject>) -> Option<Answer<H::Verdict>> {
        self.ask_as::<H>(Manner::Asked, peer, subject)
    }

    fn ask_as<H: Hook>(
        &self,
        manner: Manner,
        peer: &Arc<H::Peer>,
        subject: &Arc<H::Subject>,
    ) -> Option<Answer<H::Verdict>> {
        let defined = self.defined(H::DIRECTION, H::NAME)?;
        let mut arguments = vec![Dynamic::from(peer.clone())];
        if !H::Subject::FACTS.is_empty() {
            arguments.push(Dynamic::from(subject.clone()));
        }
        let (engine, ast) = match &self.counted {
            None => (&*ENGINE, &self.ast),
            Some(counted) => (&counted.engine, &counted.ast),
        };
        let reach = self.reaches.as_ref().map(|reaches| natives::begin(reaches.of(manner)));
        let said = call_reaching(engine, ast, H::NAME.word(), arguments, CALL_TIME, reach);
        let (outcome, position) = match said.and_then(|said| self.verdict::<H>(said)) {
            Ok(None) => return None,
            Ok(Some((verdict, position))) => (Outcome::Verdict(verdict), position),
            Err(Fault { message, position }) => (Outcome::Failure(Failure { message }), position),
        };
        let position = match &self.counted {
            None => position,
            Some(counted) => counted.counter.original(position),
        };
        let position = position.or_else(defined.position);
        Some(Answer { outcome, place: place(&self.path, position) })
    }

    fn defined(&self, direction: Direction, hook: HookName) -> Option<&Defined> {
        self.hooks.iter().find(|defined| defined.direction == direction && defined.hook == hook)
    }

    /// The hook's verdict and where it was spoken; `None` for no opinion.
    fn verdict<H: Hook>(&self, said: Dynamic) -> Result<Option<(H::Verdict, Position)>, Fault> {
        if said.is_unit() {
            return Ok(None);
        }
        let spoken = said.try_cast_result::<Spoken>().map_err(|other| {
            let kind = compare::name(&other);
            Fault::new(format!("returned {kind}, where a verdict was expected"), Position::NONE)
        })?;
        let position = spoken.position;
        let hook = format!("{} {}", H::DIRECTION, H::NAME);
        Ok(Some((spoken.into_verdict::<H::Verdict>(self.role, &hook)?, position)))
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").field("path", &self.path).field("hooks", &self.hooks).finish_non_exhaustive()
    }
}

/// The functions that need more than facts, by name.
#[cfg(test)]
pub(crate) fn natives() -> impl Iterator<Item = &'static str> {
    natives::all()
}

/// What policies, filters and tests have in common: facts, verdicts, functions on texts.
pub(crate) fn register(engine: &mut Engine) {
    facts::register(engine);
    speak::register(engine);
    text::register(engine);
    patterns::register(engine);
    cards::register(engine);
}

/// Calls a function of a script. Errors, limits and panics all become faults.
pub(crate) fn call(
    engine: &Engine,
    ast: &AST,
    function: &str,
    arguments: Vec<Dynamic>,
    time: Duration,
) -> Result<Dynamic, Fault> {
    call_reaching(engine, ast, function, arguments, time, None)
}

/// The same of one that reaches something: natives find it in the tag of the call.
fn call_reaching(
    engine: &Engine,
    ast: &AST,
    function: &str,
    arguments: Vec<Dynamic>,
    time: Duration,
    reach: Option<Dynamic>,
) -> Result<Dynamic, Fault> {
    // The top level has run at load; by default each call would run it again.
    let options = CallFnOptions::new().eval_ast(false);
    let options = match reach {
        Some(reach) => options.with_tag(reach),
        None => options,
    };
    guarded(time, engine::OPERATIONS, || {
        engine.call_fn_with_options(options, &mut Scope::new(), ast, function, arguments)
    })
}

/// Runs the statements outside functions.
pub(crate) fn run_top_level(engine: &Engine, ast: &AST) -> Result<(), Fault> {
    guarded(LOAD_TIME, engine::OPERATIONS, || engine.run_ast(ast))
}

/// The place of a position in a file.
pub(crate) fn place(path: &Arc<str>, position: Position) -> Place {
    Place::new(path.clone(), position.line().unwrap_or(0), position.position().unwrap_or(0))
}

fn guarded<T>(
    time: Duration,
    operations: u64,
    run: impl FnOnce() -> Result<T, Box<::rhai::EvalAltResult>>,
) -> Result<T, Fault> {
    voice::begin();
    // Nothing that the call could leave half-changed is used again: scope and arguments are its own.
    match catch_unwind(AssertUnwindSafe(|| deadline::within(time, operations, run))) {
        Ok(result) => result.map_err(|error| Fault::from(&*error)),
        Err(_) => Err(Fault::new("a function of the script host panicked", Position::NONE)),
    }
}
