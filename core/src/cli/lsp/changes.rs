//! What the editor says of its texts: opened, changed, saved, closed; and what is found in them then.

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
    /// Takes what the editor says, and gives the findings of all open texts of the same directory.
    pub(super) fn change(&mut self, method: &str, params: Value) -> Result<Vec<Message>, Failed> {
        match method {
            "textDocument/didOpen" => {
                let opened = read::<lsp::DidOpenTextDocumentParams>(params)?.text_document;
                self.open.retain(|open| open.uri != opened.uri);
                let member = self.member(&opened.uri);
                let (uri, text, version) = (opened.uri, opened.text, opened.version);
                self.open.push(Open { uri: uri.clone(), member, text, version, found: Vec::new() });
                Ok(self.published_beside(&uri))
            }
            "textDocument/didChange" => self.changed(read(params)?),
            "textDocument/didSave" => {
                let saved: lsp::DidSaveTextDocumentParams = read(params)?;
                Ok(self.published_beside(&saved.text_document.uri))
            }
            "textDocument/didClose" => {
                let closed: lsp::DidCloseTextDocumentParams = read(params)?;
                Ok(self.closed(&closed.text_document.uri))
            }
            // Somebody else has changed files: a policy is there or gone.
            "workspace/didChangeWatchedFiles" => Ok(self.published_everywhere()),
            _ => Ok(Vec::new()),
        }
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

    fn changed(&mut self, changed: lsp::DidChangeTextDocumentParams) -> Result<Vec<Message>, Failed> {
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
        Ok(self.published_beside(&uri))
    }

    fn closed(&mut self, uri: &lsp::Uri) -> Vec<Message> {
        let directory = self.directory_of(uri);
        self.open.retain(|open| open.uri != *uri);
        // What was found in it is nobody's any more.
        let mut published = vec![message(uri.clone(), None, Vec::new())];
        if let Some(directory) = directory {
            published.extend(self.published(&directory));
        }
        published
    }

    fn member(&self, uri: &lsp::Uri) -> Option<Member> {
        let file = path_of(uri)?;
        let is_copy = self.shipped.directory().is_some_and(|copies| file.starts_with(copies));
        match &self.directory {
            Some(directory) if !is_copy => Member::within(&file, directory),
            _ => Member::of(&file),
        }
    }

    fn directory_of(&self, uri: &lsp::Uri) -> Option<std::path::PathBuf> {
        let open = self.open.iter().find(|open| open.uri == *uri)?;
        open.member.as_ref().map(|member| member.directory.clone())
    }

    fn published_beside(&mut self, uri: &lsp::Uri) -> Vec<Message> {
        self.directory_of(uri).map(|directory| self.published(&directory)).unwrap_or_default()
    }

    fn published_everywhere(&mut self) -> Vec<Message> {
        let members = self.open.iter().filter_map(|open| open.member.as_ref());
        let mut directories: Vec<_> = members.map(|member| member.directory.clone()).collect();
        directories.sort();
        directories.dedup();
        directories.iter().flat_map(|directory| self.published(directory)).collect()
    }

    /// The findings of all open texts of a directory: what one says may be wrong by another.
    fn published(&mut self, directory: &Path) -> Vec<Message> {
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
