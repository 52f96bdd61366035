//! What may be written at the cursor.

use std::ops::Range;

/// One proposal of a completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What is listed.
    pub label: String,
    /// What it is.
    pub kind: ProposalKind,
    /// In a word or two: a type, a file.
    pub detail: String,
    /// What it means, in Markdown.
    pub about: String,
    /// What is written.
    pub insert: Insert,
    /// The octets that it replaces.
    pub replaces: Range<usize>,
}

/// What a proposal writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Insert {
    /// The text.
    Plain(String),
    /// A snippet with places to fill in (`${1:why}`), as the protocol of language servers has it.
    Snippet(String),
}

/// What a proposal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposalKind {
    /// A fact.
    Fact,
    /// A verdict, or what is chained to one.
    Verdict,
    /// A hook, as a function to be written.
    Hook,
    /// A policy of the table.
    Policy,
    /// A clause of a row, a word of the language.
    Keyword,
    /// A value in quotes.
    Value,
    /// A function.
    Function,
    /// A variable.
    Variable,
}

/// Gathers proposals that replace the same octets.
pub(super) struct Proposals {
    replaces: Range<usize>,
    all: Vec<Proposal>,
}

impl Proposals {
    pub(super) fn new(replaces: Range<usize>) -> Self {
        Self { replaces, all: Vec::new() }
    }

    /// Adds one that writes its label.
    pub(super) fn plain(&mut self, kind: ProposalKind, label: &str, detail: &str, about: &str) {
        self.add(kind, label, detail, about, Insert::Plain(label.to_owned()));
    }

    /// Adds one that is a snippet.
    pub(super) fn snippet(&mut self, kind: ProposalKind, label: &str, snippet: &str, about: &str) {
        self.add(kind, label, "", about, Insert::Snippet(snippet.to_owned()));
    }

    pub(super) fn add(&mut self, kind: ProposalKind, label: &str, detail: &str, about: &str, insert: Insert) {
        // Both directions of a filter may have the same fact.
        if self.all.iter().any(|one| one.label == label) {
            return;
        }
        self.all.push(Proposal {
            label: label.to_owned(),
            kind,
            detail: detail.to_owned(),
            about: about.trim().to_owned(),
            insert,
            replaces: self.replaces.clone(),
        });
    }

    pub(super) fn done(self) -> Vec<Proposal> {
        self.all
    }
}
