//! The bundle: its generation, a candidate that was rejected, its files; and reading them again.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use waxseal_plugins::reload::Removals;

use super::super::bundle::{self, Origin};
use super::super::http::Side;
use super::super::protocol::{Finding, Part as Outcome, Policies, Reloaded};
use super::page::{Failure, Page, Part, csrf};
use super::viewer::{Made, Signed, Viewer};
use super::words::{counted, lines, number, sign, time};

/// What a reload has just come to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Came {
    reloaded: Option<String>,
}

/// The form.
#[derive(Deserialize)]
pub(super) struct Reload {
    csrf: String,
    #[serde(default)]
    accept_removals: String,
}

impl Made for Reload {
    fn csrf(&self) -> &str {
        &self.csrf
    }
}

pub(super) async fn reload(
    State(side): State<Arc<Side>>,
    Signed(_, form): Signed<Reload>,
) -> impl IntoResponse {
    let removals = if form.accept_removals.is_empty() { Removals::Refuse } else { Removals::Accept };
    let came = Reloaded::from(side.running.services.reload(removals).await);
    let word = match (&came.policies, &came.identities) {
        (Outcome::Rejected { .. }, _) | (_, Outcome::Rejected { .. }) => "rejected",
        (Outcome::Unchanged, Outcome::Unchanged) => "unchanged",
        _ => "swapped",
    };
    Redirect::to(&format!("/policies?reloaded={word}"))
}

pub(super) async fn show(
    viewer: Viewer,
    State(side): State<Arc<Side>>,
    Query(came): Query<Came>,
) -> Html<String> {
    let status = side.running.status().await;
    let body = html! {
        h1 { "Policies" }
        (tabs(Tab::InForce))
        (said(came.reloaded.as_deref()))
        (in_force(&status.policies))
        (candidate("The files as they are now", &status.policies.findings))
        (candidate("Certificates and keys as they are now", &status.certificates.findings))
        form.row method="post" action="/policies/reload" {
            (csrf(&viewer))
            button.main type="submit" { "Read the files again" }
            label.check { input type="checkbox" name="accept_removals" value="yes"; " even where they lose files, or over half of the rows" }
        }
        (plugins(&status.policies))
        h2 { "Files in force" }
        (files(&side))
    };
    Page { title: "Policies".to_owned(), part: Part::Policies, body }.of(&viewer)
}

/// The pages about policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    InForce,
    Shadow,
}

/// The way from one to the other.
pub(super) fn tabs(current: Tab) -> Markup {
    html! {
        nav.tabs aria-label="Policies" {
            @for (tab, name, address) in [(Tab::InForce, "in force", "/policies"), (Tab::Shadow, "in the shadow", "/shadow")] {
                a href=(address) aria-current=[(tab == current).then_some("true")] { (name) }
            }
        }
    }
}

fn said(reloaded: Option<&str>) -> Markup {
    html! {
        @match reloaded {
            Some("swapped") => p.notice.good role="status" { "The files were read: the new ones are in force." },
            Some("unchanged") => p.notice.good role="status" { "The files were read: nothing has changed." },
            Some("rejected") => p.notice.bad role="alert" { strong { "The files are broken." } " Those of before stay in force." },
            _ => {},
        }
    }
}

fn in_force(policies: &Policies) -> Markup {
    let now = Timestamp::now();
    html! {
        dl.facts {
            dt { "In force" } dd {
                "Generation " strong { (policies.generation) }
                @if let Ok(since) = policies.since.parse() { ", since " (time(now, since)) }
                @if policies.from_last_good { " " (sign("bad", "the last good ones, kept from before") ) }
            }
            dt { "Rejected" } dd { (counted(policies.rejected, "candidate")) " since the start" }
            dt { "Hash" } dd.mono.break { (policies.hash) }
        }
    }
}

/// What is wrong with the files, as the compiler of policies says it.
fn candidate(title: &str, findings: &[Finding]) -> Markup {
    let errors = findings.iter().filter(|finding| finding.severity == "error").count() as u64;
    html! {
        @if !findings.is_empty() {
            section {
                h2 { (title) }
                @if errors > 0 {
                    p.notice.bad { strong { "Rejected: " (counted(errors, "error")) "." } " What is in force stays in force until this is mended." }
                }
                @for finding in findings {
                    figure.code.finding.(finding.severity) {
                        figcaption { (sign(if finding.severity == "error" { "bad" } else { "warn" }, &finding.severity)) " " code { (finding.code) } " " (finding.place) }
                        pre.box tabindex="0" { (finding.rendered) }
                    }
                }
            }
        }
    }
}

fn plugins(policies: &Policies) -> Markup {
    html! {
        @if !policies.plugins.is_empty() {
            h2 { "Plugins in force" }
            div.scroll {
                table {
                    thead { tr { th scope="col" { "Plugin" } th scope="col" { "Hooks" } th scope="col" { "Granted" } } }
                    tbody {
                        @for plugin in &policies.plugins {
                            tr { th.mono scope="row" { (plugin.path) } td { (plugin.hooks.join(", ")) } td { (plugin.grants.join(", ")) } }
                        }
                    }
                }
            }
        }
    }
}

fn files(side: &Side) -> Markup {
    let files = bundle::files(&side.running.services.live.current());
    html! {
        div.scroll {
            table.small {
                caption.hidden { "Files in force" }
                thead { tr { th scope="col" { "File" } th scope="col" { "From" } th.number scope="col" { "Lines" } } }
                tbody {
                    @for file in files {
                        tr {
                            th scope="row" { a.mono href={ "/policies/files/" (file.path) } { (file.path) } }
                            td { (match file.origin { Origin::Site => "this site", Origin::Shipped => "shipped" }) }
                            td.number { (number(file.lines as u64)) }
                        }
                    }
                }
            }
        }
    }
}

pub(super) async fn file(
    viewer: Viewer,
    State(side): State<Arc<Side>>,
    Path(path): Path<String>,
) -> Result<Html<String>, Failure> {
    let current = side.running.services.live.current();
    let text = current.files().get(path.as_str()).cloned();
    let text = text.ok_or_else(|| Failure::not_found(format!("No file {path} is in force.")))?;
    let all: Vec<&str> = text.lines().collect();
    let body = html! {
        p.above { a href="/policies" { "Policies" } }
        h1.mono { (path) }
        p.faint { "As it is in force: generation " (current.generation()) "." }
        figure.code { (lines(1, &all, None)) }
    };
    Ok(Page { title: path, part: Part::Policies, body }.of(&viewer))
}
