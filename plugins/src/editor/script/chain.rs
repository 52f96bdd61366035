//! Chains of names, as in `host.row.min_version`, read from the pieces of the text.

use crate::editor::tokens::Tokens;
use crate::spoken::Word;
use crate::table::scan::Kind;

/// What a chain begins with, and the properties behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain<'a> {
    pub(super) root: Root<'a>,
    pub(super) properties: Vec<&'a str>,
}

/// What a chain begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root<'a> {
    Variable(&'a str),
    /// A text in quotes.
    Text,
    /// `accept()` and what is chained to it.
    Verdict,
}

impl<'a> Chain<'a> {
    /// The chain that ends with this piece; `None` if it is none whose meaning is known.
    pub(super) fn ending(tokens: &Tokens<'a>, last: usize) -> Option<Self> {
        if tokens.is(last, ')') {
            return Self::of_verdict(tokens, last);
        }
        if tokens.kind(last)? == Kind::Text {
            return Some(Self { root: Root::Text, properties: Vec::new() });
        }
        let mut words = vec![tokens.word(last)?];
        let mut first = last;
        while let Some(dot) = tokens.before(first).filter(|dot| tokens.is(*dot, '.')) {
            first = tokens.before(dot)?;
            words.push(tokens.word(first)?);
        }
        let root = Root::Variable(words.pop()?);
        words.reverse();
        Some(Self { root, properties: words })
    }

    /// The chain that begins with this piece and is nothing else: no call, no operator.
    pub(super) fn from(tokens: &Tokens<'a>, first: usize) -> Option<Self> {
        let (mut last, mut next) = (first, tokens.after(first));
        while let Some(dot) = next.filter(|next| tokens.is(*next, '.')) {
            last = tokens.after(dot)?;
            next = tokens.after(last);
        }
        let ends = next.is_none_or(|next| tokens.is(next, ';'));
        Self::ending(tokens, last).filter(|_| ends)
    }

    fn of_verdict(tokens: &Tokens<'a>, close: usize) -> Option<Self> {
        let mut close = close;
        loop {
            let name = tokens.before(tokens.opening(close)?)?;
            let word = tokens.word(name)?;
            match tokens.before(name).filter(|dot| tokens.is(*dot, '.')) {
                Some(dot) => close = tokens.before(dot).filter(|before| tokens.is(*before, ')'))?,
                None => {
                    let verdict = Self { root: Root::Verdict, properties: Vec::new() };
                    return Word::from_word(word).map(|_| verdict);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(text: &str) -> Option<Chain<'_>> {
        let tokens = Tokens::new(text);
        Chain::ending(&tokens, tokens.before(tokens.len())?)
    }

    #[test]
    fn chains_are_read_backwards() {
        let chain = ending("if x && host.row.names").unwrap();
        assert_eq!((chain.root, chain.properties), (Root::Variable("host"), vec!["row", "names"]));
        assert_eq!(ending("accept().min_version(\"1.3\")").unwrap().root, Root::Verdict);
        assert_eq!(ending("mine(x)"), None);
        assert_eq!(ending("x[0].y"), None);
    }
}
