//! Places as editors count them: lines, and columns in units that depend on what was agreed.

use std::ops::Range;

use gen_lsp_types as lsp;

/// What a column counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Octets.
    Utf8,
    /// Units of 16 bits, which every editor knows.
    #[default]
    Utf16,
}

/// The lines of a text.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl Encoding {
    /// The one to use, of those that an editor has.
    pub(super) fn agreed(offered: &[lsp::PositionEncodingKind]) -> Self {
        if offered.contains(&lsp::PositionEncodingKind::UTF8) { Self::Utf8 } else { Self::Utf16 }
    }

    pub(super) fn kind(self) -> lsp::PositionEncodingKind {
        match self {
            Self::Utf8 => lsp::PositionEncodingKind::UTF8,
            Self::Utf16 => lsp::PositionEncodingKind::UTF16,
        }
    }

    fn width(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str, encoding: Encoding) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(end, _)| end + 1)).collect();
        Self { text, starts, encoding }
    }

    /// The octet at a position. One that is beyond the line's end means its end, and one within a
    /// character its beginning.
    pub(super) fn octet(&self, position: lsp::Position) -> usize {
        let Some(start) = usize::try_from(position.line).ok().and_then(|line| self.starts.get(line).copied())
        else {
            return self.text.len();
        };
        let rest = self.text.get(start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let wanted = usize::try_from(position.character).unwrap_or(usize::MAX);
        let mut width = 0;
        for (at, character) in line.char_indices() {
            width += self.encoding.width(character.encode_utf8(&mut [0; 4]));
            if width > wanted {
                return start + at;
            }
        }
        start + line.len()
    }

    pub(super) fn position(&self, octet: usize) -> lsp::Position {
        let line = self.starts.partition_point(|start| *start <= octet).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let before = self.text.get(start..octet).unwrap_or_default();
        lsp::Position::new(count(line), count(self.encoding.width(before)))
    }

    pub(super) fn range(&self, octets: &Range<usize>) -> lsp::Range {
        lsp::Range::new(self.position(octets.start), self.position(octets.end))
    }

    /// From the first character to the last.
    pub(super) fn whole(&self) -> lsp::Range {
        self.range(&(0..self.text.len()))
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two octets, four octets: one unit, two units of 16 bits.
    const TEXT: &str = "a\u{e4}b\n\u{1f512}x\r\n";

    #[test]
    fn positions_and_octets_are_each_other() {
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            let lines = Lines::new(TEXT, encoding);
            for (octet, _) in TEXT.char_indices().filter(|(_, one)| !matches!(one, '\r' | '\n')) {
                assert_eq!(lines.octet(lines.position(octet)), octet, "{encoding:?}");
            }
        }
        let x = TEXT.find('x').unwrap();
        assert_eq!(Lines::new(TEXT, Encoding::Utf16).position(x), lsp::Position::new(1, 2));
        assert_eq!(Lines::new(TEXT, Encoding::Utf8).position(x), lsp::Position::new(1, 4));
    }

    #[test]
    fn what_is_not_in_the_text_is_at_its_nearest_end() {
        let lines = Lines::new(TEXT, Encoding::Utf16);
        assert_eq!(lines.octet(lsp::Position::new(0, 99)), TEXT.find('\n').unwrap());
        assert_eq!(lines.octet(lsp::Position::new(1, 99)), TEXT.find('\r').unwrap());
        assert_eq!(
            lines.octet(lsp::Position::new(1, 1)),
            TEXT.find('\u{1f512}').unwrap(),
            "half a character"
        );
        assert_eq!(lines.octet(lsp::Position::new(99, 0)), TEXT.len());
    }
}
