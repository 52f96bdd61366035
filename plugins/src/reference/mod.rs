//! The pages of `docs/reference` that are made of this crate, and the tests that hold them and the guides.
//!
//! `UPDATE=1 cargo test -p waxseal-plugins --lib reference` writes them anew.

mod diagnostics;
mod facts;
mod functions;
mod guides;
mod hooks;
mod verdicts;

use std::fs;
use std::path::Path;

/// What stands above each page.
const MADE: &str = "<!-- Made from the code; a test holds it. UPDATE=1 cargo test -p waxseal-plugins --lib reference -->\n\n";

/// Holds that a page is what the code says.
fn hold(page: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference").join(page);
    let text = format!("{MADE}{text}");
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &text).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == text,
        "docs/reference/{page} has drifted: UPDATE=1 cargo test -p waxseal-plugins --lib reference"
    );
}

/// A documentation comment as one line.
fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
