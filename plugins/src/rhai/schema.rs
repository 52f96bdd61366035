//! What there is: every hook with its facts and verdicts, as the linter must know them.

use std::sync::LazyLock;

use crate::facts::{Certificate, Facts, Kind, Row};
use crate::hooks::{Direction, Hook, HookName, incoming, outgoing};
use crate::spoken::{CodeClass, FromSpoken, Setter, Word};

/// The facts of one type: its word, the names and types.
#[derive(Debug)]
pub(super) struct FactTable {
    pub(super) word: &'static str,
    pub(super) facts: Vec<(&'static str, Kind)>,
}

/// One hook of one direction.
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) direction: Direction,
    pub(super) hook: HookName,
    pub(super) parameters: Vec<&'static FactTable>,
    pub(super) words: &'static [Word],
    pub(super) setters: &'static [Setter],
    pub(super) codes: CodeClass,
}

static SIGNATURES: LazyLock<Vec<Signature>> = LazyLock::new(|| {
    vec![
        signature::<incoming::Connect>(),
        signature::<incoming::Offer>(),
        signature::<incoming::Start>(),
        signature::<incoming::Cipher>(),
        signature::<incoming::Certificate>(),
        signature::<incoming::Mail>(),
        signature::<incoming::Rcpt>(),
        signature::<outgoing::Offer>(),
        signature::<outgoing::Start>(),
        signature::<outgoing::Cipher>(),
        signature::<outgoing::Certificate>(),
        signature::<outgoing::Mail>(),
    ]
});

static ROW: LazyLock<FactTable> = LazyLock::new(fact_table::<Row>);
static CERTIFICATE: LazyLock<FactTable> = LazyLock::new(fact_table::<Certificate>);

/// All hooks of a direction.
pub(super) fn hooks(direction: Direction) -> impl Iterator<Item = &'static Signature> {
    SIGNATURES.iter().filter(move |signature| signature.direction == direction)
}

/// The hook of this name in a direction, if there is one.
pub(super) fn hook(direction: Direction, hook: HookName) -> Option<&'static Signature> {
    hooks(direction).find(|signature| signature.hook == hook)
}

impl Signature {
    /// How a script writes it, as in `mail(client, mail)`.
    pub(super) fn usage(&self) -> String {
        let parameters: Vec<_> = self.parameters.iter().map(|table| table.word).collect();
        format!("{}({})", self.hook, parameters.join(", "))
    }

    /// How it is called in messages, as in `outgoing offer`.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.direction, self.hook)
    }
}

impl FactTable {
    /// The type of a fact, if there is one of this name.
    pub(super) fn kind(&self, name: &str) -> Option<Kind> {
        self.fact(name).map(|(_, kind)| kind)
    }

    /// The fact of this name with its type, if there is one.
    pub(super) fn fact(&self, name: &str) -> Option<(&'static str, Kind)> {
        self.facts.iter().find(|(fact, _)| *fact == name).copied()
    }

    /// All names.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.facts.iter().map(|(name, _)| *name).collect()
    }
}

/// The facts behind a fact that has some itself.
pub(super) fn behind(kind: Kind) -> Option<&'static FactTable> {
    match kind {
        Kind::Row => Some(&ROW),
        Kind::Certificate => Some(&CERTIFICATE),
        _ => None,
    }
}

fn signature<H: Hook>() -> Signature {
    let tables = [fact_table::<H::Peer>(), fact_table::<H::Subject>()];
    Signature {
        direction: H::DIRECTION,
        hook: H::NAME,
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
    FactTable { word: T::WORD, facts: T::FACTS.iter().map(|fact| (fact.name, fact.kind)).collect() }
}
