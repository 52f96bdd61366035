//! A text, and what can be asked about it.

use std::ops::Range;

use super::proposal::Proposal;
use super::surroundings::{Found, Origin, Surroundings};
use super::symbol::Symbol;
use super::{rows, script, symbol};
use crate::bundle::analyse;
use crate::decider::Role;
use crate::diagnostic::Diagnostic;
use crate::hooks::Direction;
use crate::table;

/// A text of a policies' directory, as it stands in the editor.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// Its path in the directory, with `/` between its parts: it says what the text is.
    pub path: &'a str,
    /// The text.
    pub text: &'a str,
    /// What it stands in.
    pub around: &'a Surroundings,
}

/// What is said of something beneath the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// In Markdown.
    pub text: String,
    /// The octets that it is about.
    pub about: Range<usize>,
}

/// Where something is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// In the same text.
    Here(Range<usize>),
    /// A file of the site, by its path in the directory.
    Site(String),
    /// A file that came with the program.
    Shipped(String),
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Table,
    Decider(Role),
    Tests,
}

impl Document<'_> {
    /// What is wrong with this text alone; [`findings`](super::findings()) has what is wrong between
    /// files, too.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        analyse(self.path, self.text, &self.around.words())
    }

    /// What may be written at this octet.
    pub fn completions(&self, at: usize) -> Vec<Proposal> {
        match self.sort() {
            Some(Sort::Table) => rows::completions(self, at),
            Some(sort) => script::completions(self, sort, at),
            None => Vec::new(),
        }
    }

    /// What is to say of what stands at this octet.
    pub fn explanation(&self, at: usize) -> Option<Explanation> {
        match self.sort()? {
            Sort::Table => rows::explanation(self, at),
            sort => script::explanation(self, sort, at),
        }
    }

    /// Where that is defined which stands at this octet.
    pub fn definition(&self, at: usize) -> Option<Target> {
        match self.sort()? {
            Sort::Table => rows::definition(self, at),
            sort => script::definition(self, sort, at),
        }
    }

    /// What the text has: functions, blocks and their rows.
    pub fn symbols(&self) -> Vec<Symbol> {
        self.sort().map(|sort| symbol::symbols(self.text, sort)).unwrap_or_default()
    }

    /// The text in its canonical layout; `None` where there is none, or nothing to change. Only the
    /// table has one.
    pub fn formatted(&self) -> Option<String> {
        if self.sort()? != Sort::Table {
            return None;
        }
        table::format(self.text).ok().filter(|formatted| formatted != self.text)
    }

    /// The text up to the cursor; `None` if the octet is not between characters.
    pub(super) fn up_to(&self, at: usize) -> Option<&str> {
        self.text.get(..at)
    }

    /// How far the word reaches behind the cursor, which a proposal replaces with it.
    pub(super) fn end_of_word(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        at + rest.find(|one: char| !one.is_alphanumeric() && one != '_').unwrap_or(rest.len())
    }

    /// How far the text in quotes reaches behind the cursor; where its end is missing, no further than
    /// the cursor.
    pub(super) fn end_of_text(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let end =
            rest.find(['"', '\n']).filter(|end| rest.get(*end..).is_some_and(|end| end.starts_with('"')));
        at + end.unwrap_or(0)
    }

    fn sort(&self) -> Option<Sort> {
        if self.path == table::PATH {
            return Some(Sort::Table);
        }
        let (folder, file) = self.path.split_once('/')?;
        if !file.ends_with(".rhai") {
            return None;
        }
        match folder {
            "incoming" => Some(Sort::Decider(Role::Policy(Direction::Incoming))),
            "outgoing" => Some(Sort::Decider(Role::Policy(Direction::Outgoing))),
            "filters" => Some(Sort::Decider(Role::Filter)),
            "tests" => Some(Sort::Tests),
            _ => None,
        }
    }
}

impl Found<'_> {
    /// The file itself.
    pub(super) fn target(self) -> Target {
        match self.origin {
            Origin::Site => Target::Site(self.path),
            Origin::Shipped => Target::Shipped(self.path),
        }
    }

    /// In words: where it is, and what its head says.
    pub(super) fn in_words(&self) -> String {
        let origin = match self.origin {
            Origin::Site => "",
            Origin::Shipped => ", as it is shipped",
        };
        format!("**{}**{origin}\n\n{}", self.path, self.about())
    }
}
