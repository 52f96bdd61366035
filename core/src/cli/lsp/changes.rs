//! What the editor says of its texts: opened, changed, saved, closed; and what is found in them then.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use gen_lsp_types as lsp;
use lsp_server::{ErrorCode, Message, Notification};
use serde_json::Value;
use waxseal_plugins::diagnostic::{Diagnostic, Severity, catalogue};
use waxseal_plugins::editor::{Surroundings, findings};

use super::positions::Lines;
use super::server::{Failed, Server, read};
use super::site::{self, Member};
use super::uri::path_of;
use crate::cli::output;

/// Findings of what could as well not be there.
const UNNECESSARY: [&str; 3] = ["F001", "F002", "F008"];

/// A text that is open in the editor.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) uri: lsp::Uri,
    /// `None` for what is no part of policies.
    pub(super) member: Option<Member>,
    pub(super) text: String,
    version: i32,
    /// What was found last.
    pub(super) found: Vec<Diagnostic>,
}

impl Server {
    /// Takes what the editor says. What it changes is looked at once [`Self::published`] is called.
    pub(super) fn change(&mut self, method: &str, params: Value) -> Result<Vec<Message>, Failed> {
        match method {
            "textDocument/didOpen" => {
                let opened = read::<lsp::DidOpenTextDocumentParams>(params)?.text_document;
                self.open.retain(|open| open.uri != opened.uri);
                let member = self.member(&opened.uri);
                let (uri, text, version) = (opened.uri, opened.text, opened.version);
                self.open.push(Open { uri: uri.clone(), member, text, version, found: Vec::new() });
                self.look_beside(&uri);
            }
            "textDocument/didChange" => self.typed(read(params)?)?,
            "textDocument/didSave" => {
                let saved: lsp::DidSaveTextDocumentParams = read(params)?;
                self.look_beside(&saved.text_document.uri);
            }
            "textDocument/didClose" => {
                let closed: lsp::DidCloseTextDocumentParams = read(params)?;
                return Ok(self.closed(closed.text_document.uri));
            }
            // Somebody else has changed files: a policy is there or gone.
            "workspace/didChangeWatchedFiles" => self.look_everywhere(),
            _ => {}
        }
        Ok(Vec::new())
    }

    /// The findings of all open texts of the directories in which something has changed: what one says
    /// may be wrong by another.
    pub(super) fn published(&mut self) -> Vec<Message> {
        let changed = std::mem::take(&mut self.changed);
        let looked = changed.iter().flat_map(|directory| {
            let found = catch_unwind(AssertUnwindSafe(|| self.published_in(directory)));
            found.unwrap_or_else(|_| {
                output::complain(format_args!("waxseal lsp: {} cannot be looked at", directory.display()));
                Vec::new()
            })
        });
        looked.collect()
    }

    /// What stands around a text: what is on the disk, and above it what is open.
    pub(super) fn around(&self, directory: &Path) -> Surroundings {
        let mut around = site::read(directory);
        for open in &self.open {
            if let Some(member) = open.member.as_ref().filter(|member| member.directory == directory) {
                around.put(&member.path, &open.text);
            }
        }
        around
    }

    /// The open text of this URI.
    pub(super) fn opened(&self, uri: &lsp::Uri) -> Result<&Open, Failed> {
        let open = self.open.iter().find(|open| open.uri == *uri);
        open.ok_or_else(|| Failed::new(ErrorCode::InvalidParams, format!("{uri} is not open")))
    }

    fn typed(&mut self, changed: lsp::DidChangeTextDocumentParams) -> Result<(), Failed> {
        let uri = changed.text_document.text_document_identifier.uri;
        let Some(open) = self.open.iter_mut().find(|open| open.uri == uri) else {
            return Err(Failed::new(ErrorCode::InvalidParams, format!("{uri} is not open")));
        };
        // Each is the whole text, as was agreed.
        let whole = changed.content_changes.into_iter().next_back().map(|change| match change {
            lsp::TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => {
                Ok(whole.text)
            }
            lsp::TextDocumentContentChangeEvent::TextDocumentContentChangePartial(_) => Err(Failed::new(
                ErrorCode::InvalidParams,
                "a part of a text was sent, where the whole was agreed",
            )),
        });
        if let Some(text) = whole.transpose()? {
            open.text = text;
        }
        open.version = changed.text_document.version;
        self.look_beside(&uri);
        Ok(())
    }

    /// What was found in a text that is closed is nobody's any more.
    fn closed(&mut self, uri: lsp::Uri) -> Vec<Message> {
        self.look_beside(&uri);
        self.open.retain(|open| open.uri != uri);
        vec![message(uri, None, Vec::new())]
    }

    fn member(&self, uri: &lsp::Uri) -> Option<Member> {
        let file = path_of(uri)?;
        let is_copy = self.shipped.directory().is_some_and(|copies| file.starts_with(copies));
        match &self.directory {
            Some(directory) if !is_copy => Member::within(&file, directory),
            _ => Member::of(&file),
        }
    }

    fn look_beside(&mut self, uri: &lsp::Uri) {
        let member = self.open.iter().find(|open| open.uri == *uri).and_then(|open| open.member.as_ref());
        self.changed.extend(member.map(|member| member.directory.clone()));
    }

    fn look_everywhere(&mut self) {
        let members = self.open.iter().filter_map(|open| open.member.as_ref());
        self.changed.extend(members.map(|member| member.directory.clone()));
    }

    fn published_in(&mut self, directory: &Path) -> Vec<Message> {
        let around = self.around(directory);
        let settings = site::settings(directory, self.configuration.as_deref());
        let mut found = findings(&around, settings.as_ref());
        let encoding = self.editor.encoding;
        let here =
            |open: &&mut Open| open.member.as_ref().is_some_and(|member| member.directory == directory);
        let messages = self.open.iter_mut().filter(here).map(|open| {
            let path = open.member.as_ref().map(|member| member.path.as_str()).unwrap_or_default();
            open.found = found.remove(path).unwrap_or_default();
            let lines = Lines::new(&open.text, encoding);
            let diagnostics = open.found.iter().map(|finding| diagnostic(finding, &lines)).collect();
            message(open.uri.clone(), Some(open.version), diagnostics)
        });
        messages.collect()
    }
}

fn message(uri: lsp::Uri, version: Option<i32>, diagnostics: Vec<lsp::Diagnostic>) -> Message {
    let params = lsp::PublishDiagnosticsParams { uri, version, diagnostics };
    Notification::new("textDocument/publishDiagnostics".to_owned(), params).into()
}

/// A finding as editors show it.
pub(super) fn diagnostic(finding: &Diagnostic, lines: &Lines<'_>) -> lsp::Diagnostic {
    let help = finding.help.as_ref().map(|help| format!("\nhelp: {help}"));
    let tags = UNNECESSARY.contains(&finding.code).then(|| vec![lsp::DiagnosticTag::Unnecessary]);
    lsp::Diagnostic {
        range: lines.range(&finding.span().unwrap_or_default()),
        severity: Some(match finding.severity {
            Severity::Error => lsp::DiagnosticSeverity::Error,
            Severity::Warning => lsp::DiagnosticSeverity::Warning,
        }),
        code: Some(finding.code.to_owned().into()),
        source: Some("waxseal".to_owned()),
        message: format!("{}{}", finding.message, help.unwrap_or_default()).into(),
        tags,
        ..lsp::Diagnostic::default()
    }
}

/// Why a finding matters, in Markdown.
pub(super) fn explained(finding: &Diagnostic) -> Option<String> {
    let entry = catalogue::explain(finding.code).ok()?;
    Some(format!("**{}**: {}\n\n{}", entry.code, entry.title, entry.explanation))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn say(server: &mut Server, method: &str, params: Value) -> Vec<Message> {
        server.take(Notification { method: method.to_owned(), params }.into())
    }

    #[test]
    fn what_was_typed_in_between_is_not_looked_at() {
        let mut server = Server::new(None);
        let hello =
            lsp_server::Request::new(1.into(), "initialize".to_owned(), json!({ "capabilities": {} }));
        server.take(hello.into());
        let uri = "file:///nowhere/outgoing/mine.rhai";
        let opened = json!({ "uri": uri, "languageId": "rhai", "version": 0, "text": "" });
        assert!(say(&mut server, "textDocument/didOpen", json!({ "textDocument": opened })).is_empty());
        for version in 1..=9 {
            let text = "fn offer(host) { start_tls() } fn x".get(..26 + version).unwrap();
            let typed = json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [{ "text": text }] });
            assert!(say(&mut server, "textDocument/didChange", typed).is_empty());
        }
        let published = server.published();
        let [Message::Notification(only)] = &published[..] else { panic!("{published:?}") };
        assert_eq!(
            (&only.params["version"], &only.params["diagnostics"][0]["code"]),
            (&json!(9), &json!("P001"))
        );
        assert!(server.published().is_empty(), "nothing has changed since");
    }
}
