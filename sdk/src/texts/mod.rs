//! What scripts can ask of a text or a name, under the same names.
//!
//! For what scripts write as `text.matches(pattern)` a plugin takes a crate of its choice, such as `regex-lite`: it is part of the
//! plugin, and its fuel.

mod cards;
mod listed;
mod names;

pub use cards::card_number;
pub(crate) use listed::listed_name;
pub use names::{is_below, is_within, network};
