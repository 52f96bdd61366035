//! The functions of a script, also of one that is half written.

use std::ops::Range;

use super::tokens::{Tokens, comment_above};
use crate::table::scan::Kind;

/// A function: where it stands, and what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    /// The octets of its name.
    pub(super) name_at: Range<usize>,
    pub(super) parameters: Vec<&'a str>,
    /// The octets of the whole.
    pub(super) whole: Range<usize>,
    /// Its pieces between the braces.
    pub(super) body: Range<usize>,
    /// What the comment above it says.
    pub(super) about: String,
}

impl Function<'_> {
    /// How it is called: `name(a, b)`.
    pub(super) fn usage(&self) -> String {
        format!("{}({})", self.name, self.parameters.join(", "))
    }
}

/// All functions, in the order of the file.
pub(super) fn functions<'a>(tokens: &Tokens<'a>, source: &'a str) -> Vec<Function<'a>> {
    let mut functions = Vec::new();
    let mut next = 0;
    while let Some(index) = tokens.from(next) {
        next = index + 1;
        if tokens.word(index) == Some("fn")
            && let Some(function) = function(tokens, source, index)
        {
            next = function.body.end;
            functions.push(function);
        }
    }
    functions
}

/// The function in whose body the octet is.
pub(super) fn around<'f, 'a>(functions: &'f [Function<'a>], offset: usize) -> Option<&'f Function<'a>> {
    functions.iter().find(|one| one.name_at.end < offset && offset <= one.whole.end)
}

fn function<'a>(tokens: &Tokens<'a>, source: &'a str, at: usize) -> Option<Function<'a>> {
    let name = tokens.after(at)?;
    let word = tokens.word(name)?;
    let open = tokens.after(name).filter(|open| tokens.is(*open, '('))?;
    let close = tokens.closing(open)?;
    let parameters = (open..close).filter_map(|index| tokens.word(index)).collect();
    let brace = tokens.after(close).filter(|brace| tokens.is(*brace, '{'))?;
    let end = end(tokens, brace);
    let start = tokens.range(at).start;
    Some(Function {
        name: word,
        name_at: tokens.range(name),
        parameters,
        whole: start..tokens.range(end).end,
        body: brace + 1..end,
        about: comment_above(source, start),
    })
}

/// The brace that closes the body. Where it is still missing, the body ends in front of the next
/// function that begins a line.
fn end(tokens: &Tokens<'_>, brace: usize) -> usize {
    let next = (brace..tokens.len()).find(|index| {
        let begins_line = index.checked_sub(1).is_some_and(|one| tokens.kind(one) == Some(Kind::Newline));
        begins_line && matches!(tokens.word(*index), Some("fn" | "private"))
    });
    let last = next.map_or(tokens.len(), |next| next.saturating_sub(1));
    tokens.closing(brace).filter(|close| *close <= last).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_without_its_end_does_not_swallow_the_next() {
        let text = "// Asks.\nfn offer(host) {\n    if host. {\n\nfn mail(host, mail) { accept() }\n";
        let functions = functions(&Tokens::new(text), text);
        let names: Vec<_> = functions.iter().map(Function::usage).collect();
        assert_eq!(names, ["offer(host)", "mail(host, mail)"]);
        assert_eq!(functions[0].about, "Asks.");
        let at = text.find("host. ").unwrap() + 5;
        assert_eq!(around(&functions, at).map(|one| one.name), Some("offer"));
    }
}
