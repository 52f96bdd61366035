//! The state of a session with an editor, and which message means what.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use gen_lsp_types as lsp;
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::changes::Open;
use super::positions::Encoding;
use super::shipped::Shipped;
use crate::cli::{Outcome, output};

/// A session with an editor.
#[derive(Debug, Default)]
pub(super) struct Server {
    /// The configuration that the command line names, or the usual one.
    pub(super) configuration: Option<PathBuf>,
    /// The policies' directory, where the editor says it; else each file says its own.
    pub(super) directory: Option<PathBuf>,
    pub(super) editor: Editor,
    pub(super) open: Vec<Open>,
    pub(super) shipped: Shipped,
    /// The directories in which something has changed since they were looked at.
    pub(super) changed: BTreeSet<PathBuf>,
    stage: Stage,
}

/// What the editor can do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Editor {
    pub(super) encoding: Encoding,
    pub(super) snippets: Snippets,
}

/// Whether the editor takes texts with places to fill in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Snippets {
    /// It writes what it is given.
    #[default]
    Unknown,
    Known,
}

/// How far the session is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Begun,
    Running,
    /// `shutdown` was asked: only `exit` may come.
    ShutDown,
    Ended(Outcome),
}

/// Why a request has no answer.
pub(super) struct Failed {
    code: ErrorCode,
    message: String,
}

impl Server {
    pub(super) fn new(configuration: Option<PathBuf>) -> Self {
        Self { configuration, ..Self::default() }
    }

    /// What the session came to, once it has ended.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        if let Stage::Ended(outcome) = self.stage { Some(outcome) } else { None }
    }

    /// Takes a message, and gives what is to be said.
    pub(super) fn take(&mut self, message: Message) -> Vec<Message> {
        match message {
            Message::Request(Request { id, method, params, .. }) => {
                // These speak of what was found.
                let is_about_findings = ["textDocument/hover", "textDocument/codeAction"].contains(&&*method);
                let mut said = if is_about_findings { self.published() } else { Vec::new() };
                said.push(self.answer(id, &method, params));
                said
            }
            Message::Notification(notification) => self.note(notification),
            // Nothing was asked of the editor.
            Message::Response(_) => Vec::new(),
        }
    }

    /// Whatever goes wrong in answering one request, the next is answered.
    fn answer(&mut self, id: RequestId, method: &str, params: Value) -> Message {
        let answered = catch_unwind(AssertUnwindSafe(|| self.request(method, params)));
        let panicked = || Failed::new(ErrorCode::InternalError, format!("`{method}` could not be answered"));
        let response = match answered.unwrap_or_else(|_| Err(panicked())) {
            Ok(result) => Response::new_ok(id, result),
            Err(Failed { code, message }) => Response::new_err(id, code as i32, message),
        };
        response.into()
    }

    fn request(&mut self, method: &str, params: Value) -> Result<Value, Failed> {
        match (self.stage, method) {
            (Stage::Begun, "initialize") => self.initialize(params),
            (Stage::Begun, _) => {
                Err(Failed::new(ErrorCode::ServerNotInitialized, "first comes `initialize`"))
            }
            (Stage::Running, "shutdown") => {
                self.stage = Stage::ShutDown;
                Ok(Value::Null)
            }
            (Stage::Running, "textDocument/completion") => self.completion(params),
            (Stage::Running, "textDocument/hover") => self.hover(params),
            (Stage::Running, "textDocument/definition") => self.definition(params),
            (Stage::Running, "textDocument/documentSymbol") => self.symbols(params),
            (Stage::Running, "textDocument/formatting") => self.formatting(params),
            (Stage::Running, "textDocument/codeAction") => self.actions(params),
            (Stage::Running, _) => {
                Err(Failed::new(ErrorCode::MethodNotFound, format!("`{method}` is not known")))
            }
            (Stage::ShutDown | Stage::Ended(_), _) => {
                Err(Failed::new(ErrorCode::InvalidRequest, "the session has been shut down"))
            }
        }
    }

    fn note(&mut self, Notification { method, params }: Notification) -> Vec<Message> {
        if method == "exit" {
            let is_orderly = self.stage == Stage::ShutDown;
            self.stage = Stage::Ended(if is_orderly { Outcome::Fine } else { Outcome::Problems });
        }
        if self.stage != Stage::Running {
            return Vec::new();
        }
        let taken = catch_unwind(AssertUnwindSafe(|| self.change(&method, params)));
        match taken {
            Ok(Ok(said)) => said,
            Ok(Err(Failed { message, .. })) => {
                output::complain(format_args!("waxseal lsp: {method}: {message}"));
                Vec::new()
            }
            Err(_) => {
                output::complain(format_args!("waxseal lsp: {method} could not be taken"));
                Vec::new()
            }
        }
    }

    fn initialize(&mut self, params: Value) -> Result<Value, Failed> {
        let params: lsp::InitializeParams = read(params)?;
        let general = params.capabilities.general.and_then(|general| general.position_encodings);
        let completion = params.capabilities.text_document.and_then(|document| document.completion);
        let item = completion.and_then(|completion| completion.completion_item);
        let snippets = item.and_then(|item| item.snippet_support).unwrap_or_default();
        self.editor = Editor {
            encoding: Encoding::agreed(&general.unwrap_or_default()),
            snippets: if snippets { Snippets::Known } else { Snippets::Unknown },
        };
        let said = params.initialization_options.as_ref().and_then(|options| options.get("policies"));
        // Relative to where the editor has started us, as every other command has it.
        self.directory = said.and_then(Value::as_str).and_then(|said| std::path::absolute(said).ok());
        self.stage = Stage::Running;
        let name = json!({ "name": "waxseal", "version": env!("CARGO_PKG_VERSION") });
        Ok(json!({ "capabilities": capabilities(self.editor.encoding), "serverInfo": name }))
    }
}

impl Failed {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// Parameters as they should be.
pub(super) fn read<T: DeserializeOwned>(params: Value) -> Result<T, Failed> {
    serde_json::from_value(params).map_err(|error| Failed::new(ErrorCode::InvalidParams, error.to_string()))
}

fn capabilities(encoding: Encoding) -> lsp::ServerCapabilities {
    lsp::ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(lsp::TextDocumentSync::Options(lsp::TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(lsp::TextDocumentSyncKind::Full),
            save: Some(lsp::Save::Bool(true)),
            ..lsp::TextDocumentSyncOptions::default()
        })),
        completion_provider: Some(lsp::CompletionOptions {
            trigger_characters: Some(vec![".".to_owned(), "\"".to_owned()]),
            ..lsp::CompletionOptions::default()
        }),
        hover_provider: Some(true.into()),
        definition_provider: Some(true.into()),
        document_symbol_provider: Some(true.into()),
        document_formatting_provider: Some(true.into()),
        code_action_provider: Some(true.into()),
        ..lsp::ServerCapabilities::default()
    }
}
