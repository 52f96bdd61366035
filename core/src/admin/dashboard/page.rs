//! What all pages have: head, navigation, search, foot; and the pages of what went wrong.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::super::api::problem::Problem;
use super::assets::{SCRIPT, SEAL, STYLE};
use super::viewer::{Theme, Viewer};
use crate::spool::SpoolError;

/// A page for somebody.
pub(super) struct Page {
    /// Its name.
    pub(super) title: String,
    /// In which part it is.
    pub(super) part: Part,
    /// What it says.
    pub(super) body: Markup,
}

/// The parts of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Overview,
    Queue,
    Quarantine,
    Decisions,
    Tls,
    Policies,
    /// A page that stands alone.
    None,
}

impl Part {
    /// Those of the navigation: name and address.
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Overview, "Overview", "/"),
        (Self::Queue, "Queue", "/queue"),
        (Self::Quarantine, "Quarantine", "/quarantine"),
        (Self::Decisions, "Decisions", "/decisions"),
        (Self::Tls, "TLS", "/tls"),
        (Self::Policies, "Policies", "/policies"),
    ];
}

impl Page {
    /// Makes it.
    pub(super) fn of(self, viewer: &Viewer) -> Html<String> {
        let Self { title, part, body } = self;
        let header = html! {
            header.top {
                a.brand href="/" { img src=(SEAL) alt="" width="26" height="26"; "Waxseal" }
                (search(part))
                (navigation(part))
                (tools(viewer))
            }
        };
        Html(document(viewer.theme, &title, &header, &body).into_string())
    }
}

/// A page without a viewer: to sign in, or of what went wrong.
pub(super) fn bare(theme: Theme, title: &str, body: &Markup) -> Html<String> {
    let header = html! {
        header.top { a.brand href="/" { img src=(SEAL) alt="" width="26" height="26"; "Waxseal" } }
    };
    Html(document(theme, title, &header, body).into_string())
}

fn document(theme: Theme, title: &str, header: &Markup, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=(theme.word()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Waxseal" }
                link rel="icon" href=(SEAL) type="image/svg+xml";
                link rel="stylesheet" href=(STYLE);
                script src=(SCRIPT) defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (header)
                main #main tabindex="-1" { (body) }
            }
        }
    }
}

/// On the first page it has the focus: who comes has a question.
fn search(part: Part) -> Markup {
    html! {
        form.search role="search" action="/search" method="get" {
            label.hidden for="q" { "Search for a domain, an address, a message or a session" }
            input #q type="search" name="q" placeholder="Domain, address, id, session" autocomplete="off"
                spellcheck="false" autocapitalize="off" autofocus[part == Part::Overview] maxlength="320";
            button type="submit" { "Search" }
        }
    }
}

fn navigation(current: Part) -> Markup {
    html! {
        nav aria-label="Main" {
            @for (part, name, address) in Part::ALL {
                a href=(address) aria-current=[(part == current).then_some("page")] { (name) }
            }
        }
    }
}

fn tools(viewer: &Viewer) -> Markup {
    let next = viewer.theme.next().word();
    html! {
        div.tools {
            form method="post" action="/theme" {
                (csrf(viewer))
                input type="hidden" name="back" value=(viewer.at);
                button.quiet type="submit" name="theme" value=(next) title={ "Change to: " (next) } {
                    "Theme: " (viewer.theme.word())
                }
            }
            form method="post" action="/logout" {
                (csrf(viewer))
                button.quiet type="submit" { "Sign out" }
            }
        }
    }
}

/// What every form has.
pub(super) fn csrf(viewer: &Viewer) -> Markup {
    html! { input type="hidden" name="csrf" value=(viewer.csrf()); }
}

/// What went wrong, as a page.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    title: &'static str,
    detail: String,
}

impl Failure {
    /// The request makes no sense.
    pub(super) fn bad(detail: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, title: "That was not understood", detail: detail.into() }
    }

    /// There is no such thing.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, title: "Not found", detail: detail.into() }
    }

    /// A form of another session, or of another site.
    pub(super) fn stale() -> Self {
        let detail = "This form belongs to a session that has ended, or did not come from this dashboard. Nothing was \
                      changed. Go back, load the page again, and send it once more.";
        Self { status: StatusCode::FORBIDDEN, title: "Nothing was changed", detail: detail.to_owned() }
    }
}

impl From<SpoolError> for Failure {
    fn from(error: SpoolError) -> Self {
        let problem = Problem::from(error);
        Self {
            status: problem.status(),
            title: "The queue does not answer",
            detail: problem.detail().to_owned(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = html! {
            section.narrow {
                h1 { (self.title) }
                p { (self.detail) }
                p { a href="/" { "To the overview" } }
            }
        };
        (self.status, bare(Theme::System, self.title, &body)).into_response()
    }
}

/// The page of an address that has none.
pub(super) async fn nothing_here(viewer: Viewer) -> Response {
    let body = html! {
        section.narrow {
            h1 { "There is no such page" }
            p { "Nothing is served at " code { (viewer.at) } ". The search box knows domains, addresses, messages and sessions." }
        }
    };
    (StatusCode::NOT_FOUND, Page { title: "No such page".into(), part: Part::None, body }.of(&viewer))
        .into_response()
}
