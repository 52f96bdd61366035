//! The catalogue of codes: what each finding means, why it matters, and what would be right.
//!
//! This is data, in one place: `waxseal check --explain` prints it, SARIF and the reference are made
//! of it. A test holds that every code that can be found is here, and none besides; that the wrong
//! example of each script and table has the finding, and the right one has not.

mod bundle;
mod certificates;
mod configuration;
mod functions;
mod hooks;
mod plugins;
mod rows;

use std::fmt;

use serde::Serialize;

use super::Severity;
use crate::suggest;

/// Columns of an explanation.
const WIDTH: usize = 80;

/// What is to say of one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The stable code, as in `H001`.
    pub code: &'static str,
    /// Whether it stops the files from being used.
    pub severity: Severity,
    /// What is found, without a full stop.
    pub title: &'static str,
    /// Why it matters, and what to do.
    pub explanation: &'static str,
    /// What has the finding, and what has not; `None` where no few lines could show it.
    pub example: Option<Example>,
}

/// A wrong and a right piece of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The file, as it is called in a site's directory.
    pub file: &'static str,
    /// What has the finding.
    pub wrong: &'static str,
    /// What would be right.
    pub right: &'static str,
}

/// Codes that belong together: what their findings are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Chapter {
    /// What it is about.
    pub title: &'static str,
    /// Where such findings are.
    pub about: &'static str,
    /// Its codes, in their order.
    pub entries: &'static [Entry],
}

/// All chapters, in the order of the reference.
pub const CHAPTERS: [Chapter; 7] = [
    configuration::CHAPTER,
    certificates::CHAPTER,
    rows::CHAPTER,
    hooks::CHAPTER,
    functions::CHAPTER,
    plugins::CHAPTER,
    bundle::CHAPTER,
];

/// All codes.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    CHAPTERS.iter().flat_map(|chapter| chapter.entries)
}

/// What is to say of a code, written in letters of any size.
///
/// # Errors
///
/// There is no such code; what was probably meant is said.
pub fn explain(code: &str) -> Result<&'static Entry, UnknownCode> {
    let unknown = || UnknownCode { code: code.to_owned(), meant: nearest(code) };
    entries().find(|entry| entry.code.eq_ignore_ascii_case(code)).ok_or_else(unknown)
}

/// A code that nothing has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCode {
    code: String,
    meant: Option<&'static str>,
}

impl std::error::Error for UnknownCode {}

impl fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no code `{}`", self.code)?;
        match self.meant {
            Some(meant) => write!(f, "; did you mean `{meant}`?"),
            None => f.write_str("; `waxseal check --explain` lists all"),
        }
    }
}

impl fmt::Display for Entry {
    /// For people: the code and its title, why it matters, a wrong and a right example.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}[{}]: {}\n", self.severity, self.code, self.title)?;
        f.write_str(&wrapped(self.explanation))?;
        if let Some(Example { file, wrong, right }) = self.example {
            write!(f, "\n\nWrong, in {file}:\n\n{}\n\nRight:\n\n{}", indented(wrong), indented(right))?;
        }
        Ok(())
    }
}

/// In lines that fit a terminal.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + word.chars().count() < WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

fn indented(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("    {line}") };
    text.trim_matches('\n').lines().map(line).collect::<Vec<_>>().join("\n")
}

/// `F03` and `FOO3` mean `F003`; so does `f003`, which is found anyhow.
fn nearest(code: &str) -> Option<&'static str> {
    let code = code.to_ascii_uppercase().replace('O', "0");
    suggest::nearest(&code, entries().map(|entry| entry.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_and_misspelt_ones_recognised() {
        assert_eq!(explain("f001").map(|entry| entry.code), Ok("F001"));
        let said = |code: &str| explain(code).map_err(|unknown| unknown.to_string());
        assert_eq!(said("R04"), Err("there is no code `R04`; did you mean `R004`?".to_owned()));
        assert_eq!(said("F0O3"), Err("there is no code `F0O3`; did you mean `F003`?".to_owned()));
        assert!(said("nonsense").is_err_and(|said| said.contains("--explain")));
    }

    #[test]
    fn each_code_is_there_once_in_its_order() {
        let codes: Vec<_> = entries().map(|entry| entry.code).collect();
        let once: std::collections::BTreeSet<_> = codes.iter().collect();
        assert_eq!(once.len(), codes.len(), "a code stands twice");
        for entry in entries() {
            assert!(!entry.title.ends_with('.') && entry.explanation.ends_with('.'), "{}", entry.code);
        }
    }

    #[test]
    fn an_explanation_reads_well() {
        let said = explain("F003").map(ToString::to_string).unwrap_or_default();
        assert!(said.starts_with("error[F003]: a function that does not exist\n\n"), "{said}");
        assert!(said.contains("\n\nWrong, in outgoing/mine.rhai:\n\n    fn offer(host) {\n"), "{said}");
        assert!(entries().all(|entry| wrapped(entry.explanation).lines().all(|line| line.len() <= WIDTH)));
        assert_eq!(wrapped("a b").lines().count(), 1);
        assert!(said.contains("\n\nRight:\n\n    fn offer(host) {\n"), "{said}");
    }
}
