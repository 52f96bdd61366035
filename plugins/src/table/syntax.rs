//! The two words that the table adds to Rhai: `incoming { rows }` and `outgoing { rows }`.
//!
//! A small [state machine](Block) tells Rhai's parser what may come next; patterns and values are
//! Rhai expressions. When the top level runs, each block puts its rows, evaluated, into [`Collected`].

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rhai::{Dynamic, Engine, EvalContext, Expression, ImmutableString, LexError, ParseError, Position};

use super::clause::Clause;
use super::grammar::{Block, Misformed, Shape};
use super::values;
use crate::hooks::Direction;

/// A row as written, its expressions evaluated.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) direction: Direction,
    pub(super) pattern: Part,
    pub(super) policy: (String, Position),
    pub(super) clauses: Vec<(Clause, Position, Part)>,
}

impl Written {
    /// Whether its pattern is `*`.
    pub(super) fn is_for_any(&self) -> bool {
        values::text(&self.pattern.value).is_ok_and(|text| text == "*")
    }
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) value: Dynamic,
    pub(super) position: Position,
}

/// What parsing and running the table bring to light.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) rows: Vec<Written>,
    /// Where the blocks begin that were run.
    pub(super) ran: HashSet<Position>,
    /// Why the parser stopped, if this syntax is the reason.
    pub(super) misformed: Option<Misformed>,
}

/// Shared with the engine's callbacks.
#[derive(Clone, Debug, Default)]
pub(super) struct Collector(Arc<Mutex<Collected>>);

impl Collector {
    /// Teaches an engine the two words.
    pub(super) fn register(&self, engine: &mut Engine) {
        for direction in [Direction::Incoming, Direction::Outgoing] {
            let (parsing, running) = (self.clone(), self.clone());
            engine.register_custom_syntax_with_state_raw(
                direction.word(),
                move |_, ahead, state| parsing.next(ahead, state),
                false,
                move |context, inputs, state| running.run(direction, context, inputs, state),
            );
        }
    }

    /// What was collected so far; nothing remains.
    pub(super) fn take(&self) -> Collected {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Collected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, ahead: &str, state: &mut Dynamic) -> Result<Option<ImmutableString>, ParseError> {
        if !state.is::<Block>() {
            *state = Dynamic::from(Block::default());
        }
        let Some(mut block) = state.write_lock::<Block>() else {
            return Ok(None);
        };
        block.next(ahead).map(|symbol| symbol.map(Into::into)).map_err(|misformed| {
            let error = LexError::ImproperSymbol(ahead.to_owned(), misformed.message.clone());
            self.lock().misformed = Some(misformed);
            error.into_err(Position::NONE)
        })
    }

    fn run(
        &self,
        direction: Direction,
        context: &mut EvalContext<'_, '_, '_, '_, '_, '_>,
        inputs: &[Expression<'_>],
        state: &Dynamic,
    ) -> Result<Dynamic, Box<rhai::EvalAltResult>> {
        let block = state.read_lock::<Block>();
        let shapes = block.as_ref().map(|block| block.shapes.as_slice()).unwrap_or_default();
        for shape in shapes {
            if let Some(written) = shape.written(direction, context, inputs)? {
                self.lock().rows.push(written);
            }
        }
        if let Some(first) = inputs.first() {
            self.lock().ran.insert(first.position());
        }
        Ok(Dynamic::UNIT)
    }
}

impl Shape {
    /// The row, evaluated; `None` if the parser took less than it was told, which it does not.
    fn written(
        &self,
        direction: Direction,
        context: &mut EvalContext<'_, '_, '_, '_, '_, '_>,
        inputs: &[Expression<'_>],
    ) -> Result<Option<Written>, Box<rhai::EvalAltResult>> {
        let (Some(pattern), Some(policy)) = (inputs.get(self.pattern), inputs.get(self.policy)) else {
            return Ok(None);
        };
        let pattern = Part::evaluated(pattern, context)?;
        let word = policy.get_string_value().unwrap_or_default().to_owned();
        let mut clauses = Vec::with_capacity(self.clauses.len());
        for (clause, index) in &self.clauses {
            if let (Some(word), Some(value)) = (inputs.get(*index), inputs.get(index + 1)) {
                clauses.push((*clause, word.position(), Part::evaluated(value, context)?));
            }
        }
        Ok(Some(Written { direction, pattern, policy: (word, policy.position()), clauses }))
    }
}

impl Part {
    fn evaluated(
        expression: &Expression<'_>,
        context: &mut EvalContext<'_, '_, '_, '_, '_, '_>,
    ) -> Result<Self, Box<rhai::EvalAltResult>> {
        let value = context.eval_expression_tree(expression)?;
        Ok(Self { value, position: expression.position() })
    }
}
