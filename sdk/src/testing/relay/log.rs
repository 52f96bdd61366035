//! What was said.

use super::with;

/// Lines that a call may say, and characters of one.
const LINES: u32 = 16;
const TEXT_LENGTH: usize = 400;

/// How it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::testing) enum Tone {
    Debug,
    Info,
    Alarm,
}

pub(crate) fn debug(text: &str) {
    say(Tone::Debug, text);
}

pub(crate) fn info(text: &str) {
    say(Tone::Info, text);
}

pub(crate) fn alarm(text: &str) {
    say(Tone::Alarm, text);
}

pub(in crate::testing) fn said(tone: Tone) -> Vec<String> {
    let of = |(said, text): &(Tone, String)| (*said == tone).then(|| text.clone());
    with(|relay| relay.said.iter().filter_map(of).collect())
}

fn say(tone: Tone, text: &str) {
    let said = with(|relay| {
        relay.call.lines = relay.call.lines.saturating_add(1);
        relay.call.lines
    });
    match said {
        ..=LINES => with(|relay| relay.said.push((tone, clean(text)))),
        said if said == LINES + 1 => {
            relay_says(&format!("says more than {LINES} lines in a call: the rest is left out"));
        }
        _ => {}
    }
}

/// The relay's own word on a plugin.
pub(super) fn relay_says(text: &str) {
    with(|relay| relay.said.push((Tone::Alarm, text.to_owned())));
}

/// One line of text, as the relay writes it.
pub(super) fn clean(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    // Those too that turn the rest of a line around.
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let printable = |c: char| if c.is_control() || turns(c) { '?' } else { c };
    words.join(" ").chars().map(printable).take(TEXT_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Passage, Verdict, accept};

    #[test]
    fn a_call_may_say_so_many_lines() {
        (0..30).for_each(|number| info(&format!("line {number}")));
        assert_eq!(said(Tone::Info).len(), 16);
        assert_eq!(said(Tone::Alarm), ["says more than 16 lines in a call: the rest is left out"]);
        let _: Verdict<Passage> = accept();
        info("of the next call");
        assert_eq!(said(Tone::Info).len(), 17);
    }

    #[test]
    fn a_line_is_one_line() {
        info("f\u{fc}r\r\n  two\u{7}");
        info(&"x".repeat(1000));
        assert_eq!(said(Tone::Info).first().map(String::as_str), Some("f\u{fc}r two?"));
        assert_eq!(said(Tone::Info).get(1).map(String::len), Some(400));
    }
}
