//! The pages of `docs/reference` that are made of a crate, each by the test beside what it is about. Both crates that
//! make pages have this file as a module.
//!
//! `UPDATE=1 cargo test -p CRATE --lib reference` writes them anew.

use std::fs;
use std::path::Path;

/// What writes the pages of this crate anew.
const UPDATE: &str = concat!("UPDATE=1 cargo test -p ", env!("CARGO_PKG_NAME"), " --lib reference");

/// Holds that a page is what the code says.
pub(crate) fn hold(page: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference").join(page);
    let text = format!("<!-- Made from the code; a test holds it. {UPDATE} -->\n\n{text}");
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &text).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(written == text, "docs/reference/{page} has drifted: {UPDATE}");
}
