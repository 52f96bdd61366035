//! What an editor asks about a text of the policies' directory, as it stands, saved or not.
//!
//! Everything here is pure: a [`Document`] is a text, its path, and the [`Surroundings`] it stands in.
//! Places are octets of the text; whoever speaks with an editor turns them into lines and columns.
//! A text in the midst of being written is seldom one that can be parsed, so that what is asked at
//! the cursor is read from the text's pieces, and only findings come from the parser.
//!
//! - [`Document`]: what can be asked
//! - `findings`: what is wrong, in all files together
//! - `script`: policies, filters and tests: completion, explanations, definitions
//! - `rows`: the domain table, the same
//! - `words`: what is said of clauses, functions and facts
//! - `tokens`, `outline`: a text in pieces; its functions

mod document;
mod findings;
mod fix;
mod outline;
mod proposal;
mod rows;
mod script;
mod surroundings;
mod symbol;
mod tokens;
pub(crate) mod words;

#[cfg(test)]
mod tests;

pub use document::{Document, Explanation, Target};
pub use findings::findings;
pub use fix::{Fix, fix};
pub use proposal::{Insert, Proposal, ProposalKind};
pub use surroundings::Surroundings;
pub use symbol::{Symbol, SymbolKind};
