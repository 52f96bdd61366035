//! `functions.md`: what scripts may call besides verdicts.

use std::fmt::Write as _;

use super::hold;
use crate::editor::words::{self, Native};

const OPENING: &str = "# Functions

What a script may call, besides its own functions and the [verdicts](verdicts.md). The functions of the language itself are in [its
book](https://rhai.rs/book/language/). [The guide](../scripts.md#memory-rates-lists-and-names) shows those in use that need more than facts.
";

const CHAPTERS: [(&str, &[&[Native]]); 5] = [
    ("Texts and lists", &[&words::OF_TEXTS, &words::OF_LISTS]),
    ("Rows", &[&words::OF_ROWS, &words::OF_PARAMETERS]),
    ("Log", &[&words::ALONE]),
    ("Memory, rates, counters and lists", &[&words::OF_STATE]),
    ("Names", &[&words::OF_NAMES]),
];

#[test]
fn the_page_of_functions_is_what_editors_say() {
    let mut text = OPENING.to_owned();
    let tests: (&str, &[&[Native]]) = ("Tests", &[&words::OF_TESTS, &words::OF_TRIALS]);
    for (title, natives) in CHAPTERS.into_iter().chain([tests]) {
        writeln!(text, "\n## {title}\n\n| function | what it does |\n| --- | --- |").unwrap();
        for native in natives.iter().copied().flatten() {
            writeln!(text, "| `{}` | {} |", native.usage, native.about).unwrap();
        }
    }
    hold("functions.md", &text);
}
