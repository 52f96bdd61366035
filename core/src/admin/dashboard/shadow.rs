//! The candidate in the shadow: what it would change, by hook and by domain, with examples, and how it is made live.

mod changes;

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use self::changes::Which;
use super::super::http::Side;
use super::super::protocol::Finding;
use super::super::shadow::{Answer, Ask, Shadow, answer};
use super::page::{Page, Part, csrf};
use super::policies::{Tab, tabs};
use super::viewer::{Made, Signed, Viewer};
use super::words::{counted, number, time};
use crate::replay::report::Report;
use crate::replay::unjudged_in_words;

/// What is looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Looked {
    #[serde(flatten)]
    which: Which,
    /// Whether the candidate is to be judged as at a reload.
    judge: String,
    /// Whether it was given up just now.
    stopped: String,
}

/// The form that gives it up.
#[derive(Deserialize)]
pub(super) struct Stop {
    csrf: String,
}

impl Made for Stop {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

pub(super) async fn stop(State(side): State<Arc<Side>>, Signed(..): Signed<Stop>) -> impl IntoResponse {
    answer(&side.running.services, Ask::Stop).await;
    Redirect::to("/shadow?stopped=yes")
}

pub(super) async fn show(
    viewer: Viewer,
    State(side): State<Arc<Side>>,
    Query(looked): Query<Looked>,
) -> Html<String> {
    let services = &side.running.services;
    let judged = match looked.judge.as_str() {
        "" => None,
        _ => Some(answer(services, Ask::Judge { accept_removals: false }).await),
    };
    let body = html! {
        h1 { "Policies" }
        (tabs(Tab::Shadow))
        @if !looked.stopped.is_empty() { p.notice.good role="status" { "The candidate is asked no more." } }
        @match services.shadow.state().map(Shadow::from) {
            None => (nobody()),
            Some(candidate) => (self::candidate(&viewer, &candidate, &looked.which, judged.as_ref())),
        }
    };
    Page { title: "Shadow".to_owned(), part: Part::Policies, body }.of(&viewer)
}

/// There is no candidate: how to have one.
fn nobody() -> Markup {
    html! {
        p { "No candidate is asked. Other policies can be asked on the mail as it comes, without effect, before they are live:" }
        (command("waxseal shadow start policies.next"))
        p.faint { "Here is then said what they would decide otherwise, for whom, and by which line. They are forgotten when the relay ends." }
    }
}

fn candidate(viewer: &Viewer, candidate: &Shadow, which: &Which, judged: Option<&Answer>) -> Markup {
    let Shadow { report, skipped, with_grants, .. } = candidate;
    html! {
        @if let Some(judged) = judged { (judgement(judged)) }
        (verdict(report))
        (facts(candidate))
        (figures(report))
        @if *skipped > 0 { p.notice.warn { strong { (counted(*skipped, "decision")) } " came too fast to be compared: mail does not wait for a candidate." } }
        @if !with_grants.is_empty() {
            p.notice.warn { "These remember nothing of what those in force do, and look nothing up, so that they may answer otherwise once they are live: " span.mono { (with_grants.join(", ")) } }
        }
        (changes::show(report, which))
        (unjudged(report))
        (promotion(viewer, report))
    }
}

/// What it comes to so far, in a sentence.
fn verdict(report: &Report) -> Markup {
    html! {
        @if report.weaker > 0 {
            p.notice.bad { strong { (counted(report.weaker, "decision")) " would get weaker." } " What was held back would be let on, TLS that was started would not be, or something would no longer be demanded." }
        } @else if report.decisions == 0 {
            p.notice.warn { strong { "Nothing was decided yet" } " since it is asked." }
        } @else if report.stricter + report.other > 0 {
            p.notice.good { "Nothing would get weaker so far. " strong { (counted(report.stricter + report.other, "decision")) } " would be another." }
        } @else {
            p.notice.good { "So far it decides all as the policies in force do." }
        }
    }
}

fn facts(candidate: &Shadow) -> Markup {
    html! {
        dl.facts {
            dt { "Candidate" } dd.mono.break { (candidate.directory.display()) }
            @if let Ok(since) = candidate.since.parse() { dt { "Asked since" } dd { (time(Timestamp::now(), since)) } }
            dt { "Hash" } dd.mono.break { (candidate.hash) }
        }
    }
}

fn figures(report: &Report) -> Markup {
    let of = |name: &str, count: u64| html! { div { dt { (name) } dd { (number(count)) } } };
    html! {
        dl.figures {
            (of("Weaker", report.weaker))
            (of("Stricter", report.stricter))
            (of("Otherwise", report.other))
            div {
                dt { "The same" } dd { (number(report.same)) }
                @if report.moved > 0 { dd.more { (number(report.moved)) " by another row or policy" } }
            }
        }
    }
}

/// What could not be compared, and why: no figure above speaks of it.
fn unjudged(report: &Report) -> Markup {
    html! {
        @if !report.unjudged.is_empty() {
            h2 { "What cannot be said" }
            ul {
                @for (why, count) in &report.unjudged { li { strong { (counted(*count, "record")) } ": " (unjudged_in_words(why)) } }
            }
            @if !report.unrecorded.is_empty() {
                p { "Not recorded: " @for (number, (fact, count)) in report.unrecorded.iter().enumerate() {
                    @if number > 0 { ", " } code { (fact) } " (" (count) ")"
                } "." }
            }
        }
    }
}

/// How it is made live: by who may write the policies, which the relay itself need not.
fn promotion(viewer: &Viewer, report: &Report) -> Markup {
    let promote = if report.weaker > 0 { "waxseal promote --accept-weaker" } else { "waxseal promote" };
    html! {
        h2 { "Make it live" }
        p { "Where the relay runs, as somebody who may write its policies:" }
        (command(promote))
        p.faint {
            "Its files take the place of those in force in one step; those of before are kept beside. "
            @if report.weaker > 0 { "Without " code { "--accept-weaker" } " it is refused, since something would get weaker." }
        }
        div.row {
            form method="get" action="/shadow" {
                button.main type="submit" name="judge" value="yes" { "Would it be taken now?" }
            }
            form method="post" action="/shadow/stop" {
                (csrf(viewer))
                button type="submit" { "Ask it no more" }
            }
        }
    }
}

/// Whether it would be taken, as its files are now.
fn judgement(judged: &Answer) -> Markup {
    html! {
        @match judged {
            Answer::Good { in_force: true, .. } => p.notice.good role="status" { "Its files are in force already." },
            Answer::Good { .. } => p.notice.good role="status" { strong { "It would be taken." } " Its files are those that are asked, they load, and their tests pass." },
            Answer::Changed => p.notice.bad role="alert" { strong { "Its files have changed since it is asked." } " Start it again, so that what is compared is what becomes live." },
            Answer::Rejected { findings } => (rejected(findings)),
            Answer::Candidate(_) | Answer::None => {},
        }
    }
}

fn rejected(findings: &[Finding]) -> Markup {
    html! {
        p.notice.bad role="alert" { strong { "It would not be taken." } " This is wrong with its files as they are now:" }
        @for finding in findings {
            figure.code.finding.(finding.severity) {
                figcaption { code { (finding.code) } " " (finding.place) }
                pre.box tabindex="0" { (finding.rendered) }
            }
        }
    }
}

fn command(line: &str) -> Markup {
    html! { figure.code { pre.box tabindex="0" { (line) } } }
}
