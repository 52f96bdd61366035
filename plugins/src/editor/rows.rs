//! The domain table: which word may come next, what a row says, where its policy is.

mod complete;
mod explain;
mod read;

use super::document::{Document, Target};
use super::surroundings::Found;
use super::tokens::Tokens;

pub(super) use complete::completions;
pub(super) use explain::explanation;
pub(super) use read::blocks;

use read::Part;

/// Where the policy of the row at this octet is.
pub(super) fn definition(document: &Document<'_>, at: usize) -> Option<Target> {
    let tokens = Tokens::new(document.text);
    let blocks = blocks(&tokens);
    let index = tokens.beneath(at)?;
    let (block, row, part) = read::part(&blocks, index)?;
    if part == Part::Value {
        return None;
    }
    let name = tokens.word(row.policy?)?;
    document.around.policy(block.direction, name).map(Found::target)
}
