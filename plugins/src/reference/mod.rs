//! The pages of `docs/reference` that are made of this crate, and the tests that hold them and the guides.
//!
//! `UPDATE=1 cargo test -p waxseal-plugins --lib reference` writes them anew.

mod diagnostics;
mod facts;
mod functions;
mod guides;
mod hooks;
mod page;
mod verdicts;

use page::hold;

/// A documentation comment as one line.
fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
