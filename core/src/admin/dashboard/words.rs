//! What pages say alike: times, numbers, addresses of pages, small signs.

use std::fmt::Write as _;

use jiff::Timestamp;
use maud::{Markup, html};

use super::super::bundle::Excerpt;
use super::super::waiting::{State, moment};
use crate::observe::Protection;

/// A time, as far away as it is; the whole of it on the pointer.
pub(super) fn time(now: Timestamp, time: Timestamp) -> Markup {
    let whole = format!("{time:.0}");
    html! { time datetime=(whole) title=(whole) { (moment(now, time)) } }
}

/// A time that there may be.
pub(super) fn moment_of(now: Timestamp, at: Option<Timestamp>) -> Markup {
    html! {
        @match at {
            Some(at) if at > now => (time(now, at)),
            Some(_) => "now",
            None => span.faint { "none" },
        }
    }
}

/// A time of today by the clock (UTC).
pub(super) fn clock(time: Timestamp) -> Markup {
    let whole = format!("{time:.3}");
    let short = whole.get(11..19).unwrap_or(&whole).to_owned();
    html! { time datetime=(whole) title=(whole) { (short) } }
}

/// A number with its thousands apart.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of something.
pub(super) fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what}{plural}", number(count))
}

/// Octets, to be read at a glance.
pub(super) fn octets(octets: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let unit = units.into_iter().find(|(_, shift)| octets >> shift > 0);
    unit.map_or_else(
        || format!("{octets} B"),
        |(unit, shift)| {
            let tenths = (octets >> (shift - 10)) * 10 / 1024;
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        },
    )
}

/// A text as part of an address (RFC 3986): what is not unreserved is escaped.
pub(super) fn path_part(text: &str) -> String {
    let mut part = String::new();
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            part.push(char::from(octet));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(part, "%{octet:02X}");
        }
    }
    part
}

/// The page of a destination.
pub(super) fn destination_page(domain: &str) -> String {
    format!("/queue/{}", path_part(domain))
}

/// The page of what TLS came to with a domain.
pub(super) fn tls_page(direction: &str, domain: &str) -> String {
    // An empty part of a path is none.
    let domain = if domain.is_empty() { "-".to_owned() } else { path_part(domain) };
    format!("/tls/{direction}/{domain}")
}

/// A place in a file, as a link to the line where the file is one of the bundle's.
pub(super) fn place(place: &str) -> Markup {
    let mut parts = place.splitn(3, ':');
    let file = parts.next().unwrap_or_default();
    let line =
        parts.next().filter(|line| !line.is_empty() && line.bytes().all(|digit| digit.is_ascii_digit()));
    let is_text = std::path::Path::new(file).extension().is_some_and(|end| end == "rhai");
    html! {
        @if let (true, Some(line)) = (is_text, line) {
            a.mono href={ "/policies/files/" (file) "#L" (line) } { (place) }
        } @else {
            span.mono { (place) }
        }
    }
}

/// A verdict, as a sign.
pub(super) fn verdict(word: &str) -> Markup {
    let tone = match word {
        "refuse" | "discard" | "failure" => "bad",
        "defer" | "quarantine" => "warn",
        "withhold" | "stay_clear" => "plain",
        _ => "good",
    };
    sign(tone, word)
}

/// What was reached, as a sign.
pub(super) fn reached(reached: Protection) -> Markup {
    match reached {
        Protection::Verified => sign("good", "verified"),
        Protection::Encrypted => sign("fine", "encrypted"),
        Protection::Clear => sign("warn", "clear"),
        Protection::None => sign("bad", "failed"),
    }
}

/// What mail that waits is doing, as a sign.
pub(super) fn state(state: State) -> Markup {
    match state {
        State::Delivering => sign("good", "delivering"),
        State::Due => sign("fine", "due"),
        State::Planned => sign("plain", "planned"),
        State::PutOff => sign("warn", "put off"),
        State::Held => sign("warn", "held"),
        State::Ending => sign("plain", "ending"),
    }
}

/// A word that is seen from afar; its colour says nothing that the word does not.
pub(super) fn sign(tone: &str, word: &str) -> Markup {
    html! { span class={ "sign " (tone) } { (word) } }
}

/// Lines of a file, the one that is meant among them.
pub(super) fn excerpt(excerpt: &Excerpt) -> Markup {
    html! {
        figure.code {
            figcaption { a href={ "/policies/files/" (excerpt.path) "#L" (excerpt.line) } { (excerpt.path) ":" (excerpt.line) } }
            (lines(excerpt.first, &excerpt.lines, Some(excerpt.line)))
        }
    }
}

/// Numbered lines.
pub(super) fn lines<T: AsRef<str>>(first: usize, lines: &[T], meant: Option<usize>) -> Markup {
    html! {
        pre.lines tabindex="0" {
            @for (number, line) in (first..).zip(lines) {
                span.line.meant[meant == Some(number)] id={ "L" (number) } {
                    span.nr aria-hidden="true" { (number) }
                    @if meant == Some(number) { mark { (line.as_ref()) } } @else { (line.as_ref()) }
                    "\n"
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_at_a_glance() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 1023, 1536, 5 << 20].map(octets), ["0 B", "1023 B", "1.5 KiB", "5.0 MiB"]);
        assert_eq!([counted(1, "message"), counted(2, "message")], ["1 message", "2 messages"]);
    }

    #[test]
    fn nothing_leaves_its_part_of_an_address() {
        assert_eq!(path_part("a/b?c#d <\"é"), "a%2Fb%3Fc%23d%20%3C%22%C3%A9");
        assert_eq!(tls_page("incoming", ""), "/tls/incoming/-");
    }

    #[test]
    fn what_peers_say_is_escaped() {
        let hostile = "<script>alert(1)</script>\"'>";
        for markup in [place(&format!("{hostile}.rhai:1")), verdict(hostile), place(hostile)] {
            let text = markup.into_string();
            assert!(!text.contains("<script>") && !text.contains("\"'>"), "{text}");
        }
    }

    #[test]
    fn a_place_in_a_script_is_a_link_to_its_line() {
        let text = place("outgoing/require.rhai:12:5").into_string();
        assert!(text.contains(r#"href="/policies/files/outgoing/require.rhai#L12""#), "{text}");
        assert!(!place("outgoing/own.wasm:mail").into_string().contains("href"));
    }
}
