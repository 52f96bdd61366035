//! The lines of a map, as postmap(1) reads them.

/// A logical line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it begins, from 1.
    pub(super) number: usize,
    /// What is looked up.
    pub(super) key: String,
    /// What is found, its white space made single.
    pub(super) value: String,
}

/// The logical lines of a text. One that begins with white space goes on with the one before it;
/// comments and blank lines may stand between.
pub(super) fn read(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let words = line.trim();
        if words.is_empty() || words.starts_with('#') {
            continue;
        }
        let goes_on = line.starts_with(char::is_whitespace);
        match lines.last_mut().filter(|_| goes_on) {
            Some(before) => before.go_on(words),
            None => lines.push(Line::new(index + 1, words)),
        }
    }
    lines
}

impl Line {
    fn new(number: usize, words: &str) -> Self {
        let (key, value) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
        Self { number, key: key.to_owned(), value: single_spaced(value) }
    }

    fn go_on(&mut self, words: &str) {
        self.value = single_spaced(&format!("{} {words}", self.value));
    }
}

fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_on_over_comments() {
        let text = "# a map\n\nexample.com\tencrypt\n   # the last of them\n  protocols=TLSv1.3\n\nexample.net may\n";
        let expected = [
            Line { number: 3, key: "example.com".into(), value: "encrypt protocols=TLSv1.3".into() },
            Line { number: 7, key: "example.net".into(), value: "may".into() },
        ];
        assert_eq!(read(text), expected);
    }
}
