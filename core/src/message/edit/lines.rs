//! The lines of a text that is put into a message.

use crate::message::structure::declared::Lines;

/// The most characters of a line, in any set: no set that mail has needs more than four octets for one.
const LINE: usize = 240;

/// Lines that are flowed have at most so many characters (RFC 3676 section 4.2).
const FLOWED: usize = 72;

/// What separates a signature from a text: it ends with a space, and does not go on (RFC 3676 section 4.3).
const SIGNATURE: &str = "-- ";

/// A text whose lines end with CRLF.
pub(super) fn canonical(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

/// A text as it stands in a part whose lines are read in this way, without a line end behind it.
pub(super) fn composed(text: &str, lines: Lines) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let composed: Vec<String> =
        text.trim_end_matches('\n').split('\n').map(|line| compose(line, lines)).collect();
    composed.join("\r\n")
}

fn compose(line: &str, lines: Lines) -> String {
    let (width, soft) = match lines {
        Lines::Fixed => (LINE, ""),
        Lines::Flowed => (FLOWED, ""),
        // The space between the words, and the one that goes.
        Lines::FlowedWithoutSpace => (FLOWED, " "),
    };
    let flowed = lines != Lines::Fixed;
    let line = if flowed && line != SIGNATURE { line.trim_end_matches(' ') } else { line };
    let wrapped = wrap(line, width, flowed);
    let last = wrapped.len().saturating_sub(1);
    let stuffed = wrapped.iter().enumerate().map(|(number, piece)| {
        // RFC 3676 section 4.4.
        let stuff = flowed && (piece.starts_with([' ', '>']) || piece.starts_with("From "));
        format!("{}{piece}{}", if stuff { " " } else { "" }, if number < last { soft } else { "" })
    });
    stuffed.collect::<Vec<_>>().join("\r\n")
}

/// A line cut behind spaces so that no piece has more characters; where there is no space, and it must be, in the midst of a word.
fn wrap(line: &str, width: usize, flowed: bool) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), line);
    while let Some((end, _)) = rest.char_indices().nth(width) {
        let space = rest.get(..end).and_then(|piece| piece.rfind(' ')).map(|at| at + 1);
        // A flowed line that ends without a space would end the paragraph: a long word stays whole as long as it may.
        let long = || rest.find(' ').filter(|at| *at < LINE).map(|at| at + 1);
        let hard = || rest.char_indices().nth(LINE).map(|(at, _)| at);
        let cut = space.or_else(|| if flowed { long().or_else(hard) } else { Some(end) });
        let Some((piece, after)) = cut.and_then(|cut| rest.split_at_checked(cut)) else { break };
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_crlf() {
        assert_eq!(canonical("a\nb\r\nc\rd"), "a\r\nb\r\nc\r\nd");
        assert_eq!(composed("a \n\nb\n", Lines::Fixed), "a \r\n\r\nb");
    }

    #[test]
    fn flowed_lines_are_stuffed_and_go_on_with_a_space() {
        let flowed = |text| composed(text, Lines::Flowed);
        assert_eq!(flowed(" a \n>b\nFrom c\n-- \nd  "), "  a\r\n >b\r\n From c\r\n-- \r\nd");
        let words = "word ".repeat(40);
        let text = flowed(&words);
        assert!(text.lines().count() > 2 && text.lines().all(|line| line.len() <= 73), "{text}");
        assert_eq!(text.replace(" \r\n", " "), words.trim_end());
        let without = composed(&words, Lines::FlowedWithoutSpace);
        assert_eq!(without.replace(" \r\n", ""), words.trim_end());
    }

    #[test]
    fn no_line_is_longer_than_may_be() {
        let long = "é".repeat(1_000);
        for lines in [Lines::Fixed, Lines::Flowed] {
            let text = composed(&long, lines);
            assert!(text.lines().all(|line| line.len() <= 998), "{lines:?}");
            assert_eq!(text.replace("\r\n", ""), long);
        }
    }
}
