//! A text in pieces, and the way from one to the next.

use std::ops::Range;

use crate::table::scan::{self, Kind, Piece};

/// A text in pieces.
pub(super) struct Tokens<'a> {
    source: &'a str,
    pieces: Vec<Piece>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { source, pieces: scan::pieces(source) }
    }

    /// How many pieces there are.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    pub(super) fn kind(&self, index: usize) -> Option<Kind> {
        self.pieces.get(index).map(|piece| piece.kind)
    }

    /// The octets of a piece; those at the end of the text where there is none.
    pub(super) fn range(&self, index: usize) -> Range<usize> {
        let end = self.source.len();
        self.pieces.get(index).map_or(end..end, |piece| piece.range.clone())
    }

    pub(super) fn text(&self, index: usize) -> &'a str {
        self.source.get(self.range(index)).unwrap_or_default()
    }

    /// The word that a piece is.
    pub(super) fn word(&self, index: usize) -> Option<&'a str> {
        (self.kind(index)? == Kind::Word).then(|| self.text(index))
    }

    /// What stands between the quotes of a piece.
    pub(super) fn quoted(&self, index: usize) -> Option<&'a str> {
        if self.kind(index)? != Kind::Text {
            return None;
        }
        let text = self.text(index);
        let quote = text.chars().next().filter(|quote| matches!(quote, '"' | '`'))?;
        let inner = text.strip_prefix(quote)?;
        Some(inner.strip_suffix(quote).unwrap_or(inner))
    }

    pub(super) fn is(&self, index: usize, mark: char) -> bool {
        self.kind(index) == Some(Kind::Mark(mark))
    }

    /// The last piece of code before this one.
    pub(super) fn before(&self, index: usize) -> Option<usize> {
        self.pieces.get(..index)?.iter().rposition(Piece::is_code)
    }

    /// The next piece of code behind this one.
    pub(super) fn after(&self, index: usize) -> Option<usize> {
        self.from(index + 1)
    }

    /// This piece, or the next one that is code.
    pub(super) fn from(&self, index: usize) -> Option<usize> {
        let next = self.pieces.get(index..)?.iter().position(Piece::is_code)?;
        Some(index + next)
    }

    /// The piece beneath the cursor: the one it stands in, or a word or text that ends there.
    pub(super) fn beneath(&self, offset: usize) -> Option<usize> {
        let index = self.pieces.partition_point(|piece| piece.range.end <= offset);
        let is_named = |index: &usize| matches!(self.kind(*index), Some(Kind::Word | Kind::Text));
        let touched = index.checked_sub(1).filter(|before| self.range(*before).end == offset);
        let here = Some(index).filter(|index| self.range(*index).contains(&offset));
        here.filter(is_named).or(touched.filter(is_named)).or(here)
    }

    /// The bracket that closes the one there.
    pub(super) fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for index in open..self.len() {
            match self.kind(index) {
                Some(Kind::Mark('{' | '(' | '[')) => depth += 1,
                Some(Kind::Mark('}' | ')' | ']')) => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 {
                return Some(index).filter(|_| index > open);
            }
        }
        None
    }

    /// The bracket that opens the one there.
    pub(super) fn opening(&self, close: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for index in (0..=close).rev() {
            match self.kind(index) {
                Some(Kind::Mark('}' | ')' | ']')) => depth += 1,
                Some(Kind::Mark('{' | '(' | '[')) => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 {
                return Some(index).filter(|_| index < close);
            }
        }
        None
    }

    /// The nearest bracket before a piece that is still open there.
    pub(super) fn open_before(&self, index: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for index in (0..index).rev() {
            match self.kind(index) {
                Some(Kind::Mark('}' | ')' | ']')) => depth += 1,
                Some(Kind::Mark('{' | '(' | '[')) if depth == 0 => return Some(index),
                Some(Kind::Mark('{' | '(' | '[')) => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// What is being written at the end of the text: the pieces are those up to the cursor.
    pub(super) fn written(&self) -> Written {
        let Some(last) = self.len().checked_sub(1) else { return Written::Nothing };
        let start = self.range(last).start;
        match self.kind(last) {
            Some(Kind::Word) => Written::Word { index: last, start },
            Some(Kind::Text) if !self.is_closed(last) => Written::Text { index: last, start: start + 1 },
            // Only a line's end is the end of this kind, and `*/` that of the other.
            Some(Kind::Comment) if self.text(last).starts_with("//") => Written::Comment,
            Some(Kind::Comment) if !self.text(last).ends_with("*/") => Written::Comment,
            _ => Written::Nothing,
        }
    }

    fn is_closed(&self, index: usize) -> bool {
        let text = self.text(index);
        let Some(quote) = text.chars().next() else { return false };
        let Some(inner) = text.get(1..).and_then(|rest| rest.strip_suffix(quote)) else { return false };
        let escapes = inner.chars().rev().take_while(|one| *one == '\\').count();
        quote == '`' || escapes % 2 == 0
    }
}

/// What the cursor is in the midst of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// Something new begins.
    Nothing,
    /// A word, from there.
    Word { index: usize, start: usize },
    /// A text in quotes, from behind the quote.
    Text { index: usize, start: usize },
    /// Nobody is to be helped there.
    Comment,
}

impl Written {
    /// The piece in front of which to look for what it belongs to.
    pub(super) fn index(self, tokens: &Tokens<'_>) -> usize {
        match self {
            Self::Word { index, .. } | Self::Text { index, .. } => index,
            Self::Nothing | Self::Comment => tokens.len(),
        }
    }
}

/// The comment at the head of a file, without its marks.
pub(super) fn head_comment(text: &str) -> String {
    let lines = text.lines().map(str::trim_start).take_while(|line| line.starts_with("//"));
    let bare = lines.map(|line| line.trim_start_matches('/').trim_start_matches('!').trim());
    bare.collect::<Vec<_>>().join("\n")
}

/// The comment that ends right in front of this octet, without its marks.
pub(super) fn comment_above(text: &str, at: usize) -> String {
    let above = text.get(..at).unwrap_or_default();
    let lines = above.lines().rev().skip(usize::from(!above.ends_with('\n'))).map(str::trim);
    let mut lines: Vec<_> =
        lines.take_while(|line| line.starts_with("//") && !line.starts_with("//!")).collect();
    lines.reverse();
    let bare = lines.into_iter().map(|line| line.trim_start_matches('/').trim());
    bare.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_being_written_is_told_apart() {
        let written = |text: &str| Tokens::new(text).written();
        assert_eq!(written("host.na"), Written::Word { index: 2, start: 5 });
        assert_eq!(written("host."), Written::Nothing);
        assert_eq!(written(r#"x "a\""#), Written::Text { index: 2, start: 3 });
        assert_eq!(written(r#"x """#), Written::Nothing);
        assert_eq!(written(r#"x "a\\""#), Written::Nothing);
        assert_eq!(written("x // a"), Written::Comment);
        assert_eq!(written("x // a\n"), Written::Nothing);
        assert_eq!(written("/* a */"), Written::Nothing);
    }

    #[test]
    fn comments_lose_their_marks() {
        assert_eq!(head_comment("//! One.\n//!\n//! Two.\n\nfn x"), "One.\n\nTwo.");
        let text = "//! Head.\n// About it.\nfn x() {}";
        assert_eq!(comment_above(text, text.find("fn").unwrap()), "About it.");
        assert_eq!(comment_above("fn x() {}", 0), "");
    }
}
