//! What may come next in a block of the table, token by token.

use super::clause::Clause;
use crate::suggest;

/// The state machine of a block.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    next: Next,
    pub(super) shapes: Vec<Shape>,
    /// How many inputs the parser has taken.
    inputs: usize,
}

/// Where the parser is.
#[derive(Clone, Copy, Debug, Default)]
enum Next {
    #[default]
    Open,
    Row,
    Policy,
    Clause,
    Value,
    Done,
}

/// Which inputs of the block make up a row.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) pattern: usize,
    pub(super) policy: usize,
    /// The clause, and the index of its word; its value follows.
    pub(super) clauses: Vec<(Clause, usize)>,
}

impl Block {
    /// What the parser is to take, given the text of the token ahead; `None` at the end.
    ///
    /// # Errors
    ///
    /// The token ahead does not belong there.
    pub(super) fn next(&mut self, ahead: &str) -> Result<Option<&'static str>, Misformed> {
        match self.next {
            Next::Open => self.open(ahead),
            Next::Row => self.row(ahead),
            Next::Policy => self.policy(ahead),
            Next::Clause => self.clause(ahead),
            Next::Value => Ok(self.input("$expr$", Next::Clause)),
            Next::Done => Ok(None),
        }
    }

    fn open(&mut self, ahead: &str) -> Result<Option<&'static str>, Misformed> {
        if ahead != "{" {
            return Err(Misformed::new("the rows stand in braces").helped("write `outgoing { ... }`"));
        }
        self.next = Next::Row;
        Ok(Some("{"))
    }

    fn row(&mut self, ahead: &str) -> Result<Option<&'static str>, Misformed> {
        match ahead {
            "}" => {
                self.next = Next::Done;
                Ok(Some("}"))
            }
            // The text of an interpolated string is not known to the parser: `string` stands for it.
            _ if ahead.starts_with('"') || ahead == "string" => {
                let (pattern, policy) = (self.inputs, self.inputs + 1);
                self.shapes.push(Shape { pattern, policy, clauses: Vec::new() });
                Ok(self.input("$expr$", Next::Policy))
            }
            "{EOF}" => Err(Misformed::new("the block is not closed: `}` is missing")),
            _ => Err(Misformed::stray(ahead, self.shapes.is_empty())),
        }
    }

    fn policy(&mut self, ahead: &str) -> Result<Option<&'static str>, Misformed> {
        if is_word(ahead) && Clause::from_word(ahead).is_none() {
            return Ok(self.input("$token$", Next::Clause));
        }
        let missing = Misformed::new("after the pattern comes the word of a policy");
        Err(missing.helped(r#"write `"example.org" require`"#))
    }

    fn clause(&mut self, ahead: &str) -> Result<Option<&'static str>, Misformed> {
        let Some(clause) = Clause::from_word(ahead) else {
            return self.row(ahead);
        };
        let word = self.inputs;
        if let Some(shape) = self.shapes.last_mut() {
            shape.clauses.push((clause, word));
        }
        Ok(self.input("$token$", Next::Value))
    }

    fn input(&mut self, marker: &'static str, next: Next) -> Option<&'static str> {
        self.inputs += 1;
        self.next = next;
        Some(marker)
    }
}

/// What is wrong with a row's form.
#[derive(Clone, Debug)]
pub(super) struct Misformed {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Misformed {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    fn helped(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Something stands where a row begins, or, behind a row, a clause.
    fn stray(ahead: &str, at_first: bool) -> Self {
        let quote = "a row begins with its pattern in quotes, as in `\"example.org\" require`";
        if ahead.starts_with("Open string") {
            return Self::new("a text has no end: its closing quote is missing").helped(quote);
        }
        if ahead.starts_with('#') {
            return Self::new(format!("`{ahead}` begins no row")).helped("a comment begins with `//`");
        }
        if at_first || !is_word(ahead) {
            return Self::new(format!("`{ahead}` begins no row")).helped(quote);
        }
        let words = Clause::ALL.map(Clause::word);
        Self::new(format!("no clause `{ahead}`{}", suggest::did_you_mean(ahead, words))).helped(quote)
    }
}

fn is_word(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || character == '_')
}
