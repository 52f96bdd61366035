//! What pages draw: what was reached, as a bar, and over time.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

use super::words::number;
use crate::observe::posture::{Slot, Tally};

/// How high a chart is, in its own units.
const HEIGHT: u64 = 100;
/// How wide each step is, in its own units.
const STEP: usize = 10;

/// The steps of a chart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// What a step is called.
    pub(super) name: &'static str,
    /// How long it is, in seconds.
    pub(super) seconds: i64,
    /// How many there are.
    pub(super) steps: usize,
    /// How many characters of RFC 3339 name a step.
    pub(super) shown: usize,
}

/// A piece of a bar or a column, in tenths of its units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    class: &'static str,
    begins: u64,
    length: u64,
}

/// By the hour.
pub(super) const HOURS: Scale = Scale { name: "hour", seconds: 3600, steps: 48, shown: 13 };
/// By the day.
pub(super) const DAYS: Scale = Scale { name: "day", seconds: 86_400, steps: 60, shown: 10 };

/// What was reached, as one bar, with its shares in words.
pub(super) fn bar(tally: Tally) -> Markup {
    let all = tally.all();
    html! {
        @if all == 0 {
            span.faint { "nothing yet" }
        } @else {
            svg.bar viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label=(shares(tally)) {
                title { (shares(tally)) }
                @for Piece { class, begins, length } in pieces(tally, |count| count * 1000 / all) {
                    rect class=(class) x=(tenths(begins)) y="0" width=(tenths(length)) height="8" {}
                }
            }
        }
    }
}

/// What the colours mean.
pub(super) fn legend(tally: Tally) -> Markup {
    html! {
        ul.legend {
            @for (class, count) in parts(tally) {
                li { span class={ "key " (class) } aria-hidden="true" {} (class) " " b { (number(count)) } }
            }
        }
    }
}

/// What was reached over time, and the same as a table for those who cannot see it.
pub(super) fn trend(slots: impl IntoIterator<Item = Slot>, scale: Scale, now: Timestamp) -> Markup {
    let steps = steps(slots, scale, now);
    let most = steps.iter().map(|step| step.tally.all()).max().unwrap_or(0).max(1);
    let seen = steps.iter().any(|step| step.tally.all() > 0);
    let width = scale.steps * STEP;
    html! {
        figure.trend {
            figcaption { "By the " (scale.name) ", the last " (scale.steps) " (UTC); at most " (number(most)) " in one" }
            @if seen {
                svg viewBox={ "0 0 " (width) " " (HEIGHT) } preserveAspectRatio="none" role="img"
                    aria-label={ "What was reached by the " (scale.name) ": the table below has the numbers" } {
                    line.axis x1="0" y1=(HEIGHT) x2=(width) y2=(HEIGHT) {}
                    @for (at, step) in steps.iter().enumerate() { (column(at, *step, most, scale)) }
                }
                div.ends aria-hidden="true" {
                    span { @if let Some(first) = steps.first() { (name(*first, scale)) } }
                    span { "now" }
                }
                details {
                    summary { "The same as a table" }
                    (table(&steps, scale))
                }
            } @else {
                p.faint { "Nothing within this time." }
            }
        }
    }
}

fn column(at: usize, step: Slot, most: u64, scale: Scale) -> Markup {
    // What happened at all is seen, however seldom beside the rest.
    let height = |count: u64| (count * HEIGHT * 10 / most).max(15);
    html! {
        g {
            title { (name(step, scale)) ": " (shares(step.tally)) }
            @for Piece { class, begins, length } in pieces(step.tally, height) {
                @let top = (HEIGHT * 10).saturating_sub(begins + length);
                rect class=(class) x=(at * STEP + 1) y=(tenths(top)) width=(STEP - 2) height=(tenths(length)) {}
            }
        }
    }
}

/// What lies behind what, each as long as its count says; nothing of what there is none of.
fn pieces(tally: Tally, length: impl Fn(u64) -> u64) -> Vec<Piece> {
    let some = parts(tally).into_iter().filter(|(_, count)| *count > 0);
    let piece = |end: &mut u64, (class, count)| {
        let begins = *end;
        let length = length(count);
        *end += length;
        Some(Piece { class, begins, length })
    };
    some.scan(0, piece).collect()
}

fn table(steps: &[Slot], scale: Scale) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { (scale.name) } th scope="col" { "verified" } th scope="col" { "encrypted" } th scope="col" { "clear" } th scope="col" { "failed" } } }
            tbody {
                @for step in steps.iter().rev().filter(|step| step.tally.all() > 0) {
                    tr {
                        th scope="row" { (name(*step, scale)) }
                        @for (_, count) in parts(step.tally) { td.number { (number(count)) } }
                    }
                }
            }
        }
    }
}

/// One slot a step, up to now.
fn steps(slots: impl IntoIterator<Item = Slot>, scale: Scale, now: Timestamp) -> Vec<Slot> {
    let slots: Vec<Slot> = slots.into_iter().collect();
    let last = now.as_second() - now.as_second().rem_euclid(scale.seconds);
    let begins = |back: usize| {
        let back =
            SignedDuration::from_secs(scale.seconds).saturating_mul(i32::try_from(back).unwrap_or(i32::MAX));
        let last = Timestamp::from_second(last).unwrap_or(now);
        last.checked_sub(back).unwrap_or(Timestamp::MIN)
    };
    let slot = |begins| {
        let found = slots.iter().find(|slot| slot.begins == begins);
        Slot { begins, tally: found.map_or_else(Tally::default, |slot| slot.tally) }
    };
    (0..scale.steps).rev().map(|back| slot(begins(back))).collect()
}

fn name(step: Slot, scale: Scale) -> String {
    let text = step.begins.to_string().replace('T', " ");
    let hour = if scale.shown > 10 { ":00" } else { "" };
    format!("{}{hour}", text.get(..scale.shown).unwrap_or(&text))
}

/// From the best to the worst.
fn parts(tally: Tally) -> [(&'static str, u64); 4] {
    let Tally { verified, encrypted, clear, failed } = tally;
    [("verified", verified), ("encrypted", encrypted), ("clear", clear), ("failed", failed)]
}

fn shares(tally: Tally) -> String {
    let some = parts(tally).into_iter().filter(|(_, count)| *count > 0);
    let texts: Vec<String> = some.map(|(word, count)| format!("{} {word}", number(count))).collect();
    if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
}

fn tenths(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_has_a_step_for_each_hour_up_to_now() {
        let now: Timestamp = "2026-03-01T10:20:30Z".parse().unwrap();
        let tally = Tally { verified: 3, ..Tally::default() };
        let slot = Slot { begins: "2026-03-01T08:00:00Z".parse().unwrap(), tally };
        let steps = steps([slot], HOURS, now);
        assert_eq!(steps.len(), 48);
        assert_eq!(steps.last().unwrap().begins.to_string(), "2026-03-01T10:00:00Z");
        assert_eq!(steps[45], slot);
        assert_eq!(name(slot, HOURS), "2026-03-01 08:00");
        assert_eq!(name(slot, DAYS), "2026-03-01");
    }

    #[test]
    fn what_is_drawn_is_said_in_words_too() {
        let text = bar(Tally { verified: 1, encrypted: 0, clear: 3, failed: 0 }).into_string();
        assert!(
            text.contains("aria-label=\"1 verified, 3 clear\"") && text.contains("width=\"75.0\""),
            "{text}"
        );
    }
}
