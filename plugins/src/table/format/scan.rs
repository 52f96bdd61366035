//! The text of a table in pieces: what Rhai reads as one, and what stands between.

use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

/// A piece of the text, by its octets.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) kind: Kind,
    pub(crate) range: Range<usize>,
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name, a number.
    Word,
    /// A text in quotes of any kind, with all that is interpolated in it.
    Text,
    /// `// ...` or `/* ... */`.
    Comment,
    Newline,
    /// Blanks, but no newline.
    Space,
    /// One character.
    Mark(char),
}

impl Piece {
    /// Whether Rhai sees it.
    pub(crate) fn is_code(&self) -> bool {
        !matches!(self.kind, Kind::Comment | Kind::Newline | Kind::Space)
    }
}

/// Takes a text apart; together the pieces are the text.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut scanner = Scanner { text, rest: text.char_indices().peekable() };
    let mut pieces = Vec::new();
    while let Some(piece) = scanner.piece() {
        pieces.push(piece);
    }
    pieces
}

struct Scanner<'a> {
    text: &'a str,
    rest: Peekable<CharIndices<'a>>,
}

impl Scanner<'_> {
    fn piece(&mut self) -> Option<Piece> {
        let start = self.at();
        let (_, first) = self.rest.next()?;
        let kind = match first {
            '\n' => Kind::Newline,
            '/' if self.sees("/") => {
                self.skip_while(|one| one != '\n');
                Kind::Comment
            }
            '/' if self.sees("*") => self.block_comment(),
            '"' | '`' | '\'' => self.quoted(first),
            '#' if self.sees("\"") || self.sees("#") => self.raw(),
            _ if first.is_whitespace() => {
                self.skip_while(|one| one.is_whitespace() && one != '\n');
                Kind::Space
            }
            _ if is_part_of_word(first) => {
                self.skip_while(is_part_of_word);
                Kind::Word
            }
            other => Kind::Mark(other),
        };
        Some(Piece { kind, range: start..self.at() })
    }

    fn at(&mut self) -> usize {
        self.rest.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn sees(&mut self, next: &str) -> bool {
        let at = self.at();
        self.text.get(at..).is_some_and(|rest| rest.starts_with(next))
    }

    fn skip_while(&mut self, belongs: impl Fn(char) -> bool) {
        while self.rest.next_if(|(_, one)| belongs(*one)).is_some() {}
    }

    /// Comments of this kind nest.
    fn block_comment(&mut self) -> Kind {
        let mut depth = 1;
        self.rest.next();
        while depth > 0
            && let Some((_, one)) = self.rest.next()
        {
            if one == '/' && self.sees("*") {
                self.rest.next();
                depth += 1;
            } else if one == '*' && self.sees("/") {
                self.rest.next();
                depth -= 1;
            }
        }
        Kind::Comment
    }

    /// A quote that stands twice is part of the text; between backticks nothing is escaped, and
    /// expressions stand in `${..}`.
    fn quoted(&mut self, quote: char) -> Kind {
        while let Some((_, one)) = self.rest.next() {
            if one == '\\' && quote != '`' {
                self.rest.next();
            } else if one == '$' && quote == '`' && self.sees("{") {
                self.interpolated();
            } else if one == quote && self.rest.next_if(|(_, next)| *next == quote).is_none() {
                break;
            }
        }
        Kind::Text
    }

    fn interpolated(&mut self) {
        let mut depth = 0;
        while let Some(piece) = self.piece() {
            match piece.kind {
                Kind::Mark('{') => depth += 1,
                Kind::Mark('}') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }

    /// `#"..."#`, with as many `#` behind as before.
    fn raw(&mut self) -> Kind {
        let start = self.at();
        self.skip_while(|one| one == '#');
        let marks = self.at() - start + 1;
        if !self.sees("\"") {
            return Kind::Mark('#');
        }
        self.rest.next();
        let end = format!("\"{}", "#".repeat(marks));
        while !self.sees(&end) && self.rest.next().is_some() {}
        for _ in 0..end.len() {
            self.rest.next();
        }
        Kind::Text
    }
}

fn is_part_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        pieces(text).into_iter().map(|piece| (piece.kind, &text[piece.range])).collect()
    }

    #[test]
    fn texts_and_comments_are_one_piece() {
        for text in [
            r#""a // b \" c""#,
            r#""a""b""#,
            "`a ${ x + `}` } \" b`",
            r##"#"a " b"#"##,
            r###"##"a "# b"##"###,
            "'}'",
            "'\\''",
        ] {
            assert_eq!(kinds(text), [(Kind::Text, text)]);
        }
        for text in ["// a \"b", "/* a /* b */ c */"] {
            assert_eq!(kinds(text), [(Kind::Comment, text)]);
        }
        let map = [(Kind::Mark('#'), "#"), (Kind::Mark('{'), "{"), (Kind::Word, "a"), (Kind::Mark('}'), "}")];
        assert_eq!(kinds("#{a}"), map);
    }

    proptest! {
        #[test]
        fn pieces_are_the_text(text in r#"([a-z"'`#{}$/*\\\n ]|\PC){0,40}"#) {
            let together: String = kinds(&text).into_iter().map(|(_, piece)| piece).collect();
            prop_assert_eq!(together, text);
        }
    }
}
