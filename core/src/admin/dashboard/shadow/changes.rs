//! What a candidate would change: by hook, by domain, and group by group.

use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use waxseal_plugins::hooks::{Direction, HookName};
use waxseal_plugins::verdicts::Change;

use super::super::words::{counted, number, path_part, place, sign, time};
use crate::replay::report::{Counts, Group, Report, Said};

/// How many domains are on a page.
const DOMAINS: usize = 50;

/// Which changes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    direction: Option<Direction>,
    hook: Option<HookName>,
    domain: Option<String>,
}

impl Which {
    fn has(&self, group: &Group) -> bool {
        self.direction.is_none_or(|direction| group.direction == direction)
            && self.hook.is_none_or(|hook| group.hook == hook)
            && self.domain.as_ref().is_none_or(|domain| group.domains.contains(domain))
    }

    fn is_all(&self) -> bool {
        self.direction.is_none() && self.hook.is_none() && self.domain.is_none()
    }

    /// What is chosen, in words.
    fn words(&self) -> String {
        let direction = self.direction.map(|direction| format!(" {direction}")).unwrap_or_default();
        let hook = self.hook.map(|hook| format!(" at {hook}")).unwrap_or_default();
        let domain = self.domain.as_ref().map(|domain| format!(" of {}", named(domain))).unwrap_or_default();
        format!("Only{direction} decisions{hook}{domain}.")
    }
}

/// All of it.
pub(super) fn show(report: &Report, which: &Which) -> Markup {
    html! {
        @if report.decisions > 0 {
            h2 { "By hook" }
            (by_hook(report))
        }
        @if !report.by_domain.is_empty() {
            h2 { "By domain" }
            (by_domain(report))
        }
        @if !report.groups.is_empty() {
            h2 #changes { "What would be decided otherwise" }
            @if !which.is_all() { p { (which.words()) " " a href="/shadow#changes" { "All changes" } } }
            (groups(report, which))
        }
    }
}

fn by_hook(report: &Report) -> Markup {
    html! {
        div.scroll {
            table.small {
                caption.hidden { "Decisions by hook, and how many would be others" }
                thead { tr { th scope="col" { "Hook" } (heads()) th.number scope="col" { "The same" } } }
                tbody {
                    @for one in &report.by_hook {
                        tr {
                            th scope="row" {
                                @if one.counts.changed() > 0 {
                                    a href={ "/shadow?direction=" (one.direction.word()) "&hook=" (one.hook.word()) "#changes" } { (one.direction) " " (one.hook) }
                                } @else { (one.direction) " " (one.hook) }
                            }
                            (counts(one.counts))
                            td.number { (number(one.counts.same)) }
                        }
                    }
                }
            }
        }
    }
}

fn by_domain(report: &Report) -> Markup {
    let (shown, more) = report.by_domain.split_at(report.by_domain.len().min(DOMAINS));
    let more = report.elsewhere + more.iter().map(|one| one.counts.changed()).sum::<u64>();
    html! {
        div.scroll {
            table.small {
                caption.hidden { "Changes by domain" }
                thead { tr { th scope="col" { "Domain" } th scope="col" { "Direction" } (heads()) } }
                tbody {
                    @for one in shown {
                        tr {
                            th scope="row" { a href={ "/shadow?direction=" (one.direction.word()) "&domain=" (path_part(&one.domain)) "#changes" } { (named(&one.domain)) } }
                            td { (one.direction) }
                            (counts(one.counts))
                        }
                    }
                }
            }
        }
        @if more > 0 { p.faint { "And " (counted(more, "change")) " of other domains." } }
    }
}

fn heads() -> Markup {
    html! { th.number scope="col" { "Weaker" } th.number scope="col" { "Stricter" } th.number scope="col" { "Otherwise" } }
}

fn counts(counts: Counts) -> Markup {
    html! {
        td.number { @if counts.weaker > 0 { (sign("bad", &number(counts.weaker))) } @else { "0" } }
        td.number { (number(counts.stricter)) }
        td.number { (number(counts.other)) }
    }
}

fn groups(report: &Report, which: &Which) -> Markup {
    let shown: Vec<_> = report.groups.iter().filter(|group| which.has(group)).collect();
    let now = Timestamp::now();
    html! {
        @if shown.is_empty() {
            p.faint { "None of the changes that are kept with an example." }
        } @else {
            div.scroll {
                table {
                    caption.hidden { "Changes, each with its first example" }
                    thead { tr {
                        th scope="col" { "Change" } th scope="col" { "Hook" } th.number scope="col" { "Times" }
                        th scope="col" { "In force" } th scope="col" { "Candidate" } th scope="col" { "Such as" }
                    } }
                    tbody { @for group in shown { (self::group(group, now)) } }
                }
            }
        }
        @if report.ungrouped > 0 { p.faint { "And " (counted(report.ungrouped, "change")) " without an example." } }
    }
}

fn group(group: &Group, now: Timestamp) -> Markup {
    let example = &group.example;
    html! {
        tr {
            th scope="row" { (changed(group.change)) }
            td { (group.direction) " " (group.hook) }
            td.number { (number(group.count)) }
            td { (said(&group.before, &place(&group.before.place))) }
            // Its files are not those that are shown here.
            td { (said(&group.now, &html! { span.mono { (group.now.place) } })) }
            td {
                (named(&example.domain)) " " span.mono { (example.peer) } " "
                a href={ "/decisions?session=" (path_part(&example.session)) } { "session" } " "
                @if let Ok(at) = example.time.parse() { span.faint { (time(now, at)) } }
            }
        }
    }
}

fn said(said: &Said, place: &Markup) -> Markup {
    html! {
        strong { (said.verdict) } " " (place)
        @if !said.reason.is_empty() { ": " (said.reason) }
        span.faint { " row " (said.row) }
    }
}

fn changed(change: Change) -> Markup {
    match change {
        Change::Weaker => sign("bad", "weaker"),
        Change::Stricter => sign("good", "stricter"),
        Change::Other | Change::Same => sign("plain", "otherwise"),
    }
}

/// Bounces have no sender, and connections before MAIL FROM none yet.
fn named(domain: &str) -> &str {
    if domain.is_empty() { "(no domain)" } else { domain }
}
