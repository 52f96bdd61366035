//! What was said.

use super::with;

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

pub(super) fn say(tone: Tone, text: &str) {
    with(|relay| relay.said.push((tone, text.to_owned())));
}
