//! What there is: every hook with its facts and verdicts, as linter and editors must know them.

use std::sync::LazyLock;

use crate::facts::{Body, Certificate, Facts, Kind, Part, Row};
use crate::hooks::{Direction, Hook, HookName, incoming, outgoing};
use crate::spoken::{CodeClass, FromSpoken, Setter, Word};

/// The facts of one type: its word, the names and types.
#[derive(Debug)]
pub(crate) struct FactTable {
    pub(crate) word: &'static str,
    pub(crate) facts: Vec<Fact>,
}

/// One fact: its name, its type, what it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) doc: &'static str,
}

/// One hook of one direction.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) direction: Direction,
    pub(crate) hook: HookName,
    /// When it is asked.
    pub(crate) doc: &'static str,
    pub(crate) parameters: Vec<&'static FactTable>,
    pub(crate) words: &'static [Word],
    pub(crate) setters: &'static [Setter],
    pub(crate) codes: CodeClass,
}

static SIGNATURES: LazyLock<Vec<Signature>> = LazyLock::new(|| {
    vec![
        signature::<incoming::Connect>(),
        signature::<incoming::Ehlo>(),
        signature::<incoming::Offer>(),
        signature::<incoming::Start>(),
        signature::<incoming::Cipher>(),
        signature::<incoming::Certificate>(),
        signature::<incoming::Mail>(),
        signature::<incoming::Rcpt>(),
        signature::<incoming::Message>(),
        signature::<outgoing::Route>(),
        signature::<outgoing::Offer>(),
        signature::<outgoing::Start>(),
        signature::<outgoing::Cipher>(),
        signature::<outgoing::Certificate>(),
        signature::<outgoing::Mail>(),
        signature::<outgoing::Delivered>(),
        signature::<outgoing::Deferred>(),
        signature::<outgoing::Failed>(),
    ]
});

static ROW: LazyLock<FactTable> = LazyLock::new(fact_table::<Row>);
static BODY: LazyLock<FactTable> = LazyLock::new(fact_table::<Body>);
static CERTIFICATE: LazyLock<FactTable> = LazyLock::new(fact_table::<Certificate>);
static PART: LazyLock<FactTable> = LazyLock::new(fact_table::<Part>);

/// All hooks of a direction.
pub(crate) fn hooks(direction: Direction) -> impl Iterator<Item = &'static Signature> {
    SIGNATURES.iter().filter(move |signature| signature.direction == direction)
}

/// The hook of this name in a direction, if there is one.
pub(crate) fn hook(direction: Direction, hook: HookName) -> Option<&'static Signature> {
    hooks(direction).find(|signature| signature.hook == hook)
}

impl Signature {
    /// How a script writes it, as in `mail(client, mail)`.
    pub(crate) fn usage(&self) -> String {
        let parameters: Vec<_> = self.parameters.iter().map(|table| table.word).collect();
        format!("{}({})", self.hook, parameters.join(", "))
    }

    /// How it is called in messages, as in `outgoing offer`.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.direction, self.hook)
    }
}

impl FactTable {
    /// The type of a fact, if there is one of this name.
    pub(crate) fn kind(&self, name: &str) -> Option<Kind> {
        self.fact(name).map(|(_, kind)| kind)
    }

    /// The fact of this name with its type, if there is one.
    pub(crate) fn fact(&self, name: &str) -> Option<(&'static str, Kind)> {
        self.facts.iter().find(|fact| fact.name == name).map(|fact| (fact.name, fact.kind))
    }

    /// All names.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.facts.iter().map(|fact| fact.name).collect()
    }
}

/// The facts behind a fact that has some itself.
pub(crate) fn behind(kind: Kind) -> Option<&'static FactTable> {
    match kind {
        Kind::Row => Some(&ROW),
        Kind::Certificate => Some(&CERTIFICATE),
        Kind::Body => Some(&BODY),
        _ => None,
    }
}

/// The facts of each element of a list.
pub(crate) fn of_each(kind: Kind) -> Option<&'static FactTable> {
    match kind {
        Kind::Parts => Some(&PART),
        _ => None,
    }
}

fn signature<H: Hook>() -> Signature {
    let tables = [fact_table::<H::Peer>(), fact_table::<H::Subject>()];
    Signature {
        direction: H::DIRECTION,
        hook: H::NAME,
        doc: H::DOC,
        // Built once for the life of the process.
        parameters: tables
            .into_iter()
            .filter(|table| !table.facts.is_empty())
            .map(|table| &*Box::leak(Box::new(table)))
            .collect(),
        words: <H::Verdict as FromSpoken>::WORDS,
        setters: <H::Verdict as FromSpoken>::SETTERS,
        codes: <H::Verdict as FromSpoken>::CODES,
    }
}

fn fact_table<T: Facts>() -> FactTable {
    let facts = T::FACTS.iter().map(|fact| Fact { name: fact.name, kind: fact.kind, doc: fact.doc });
    FactTable { word: T::WORD, facts: facts.collect() }
}
