//! What would mend a finding, at a key.

use std::collections::HashMap;

use gen_lsp_types as lsp;
use serde_json::Value;
use waxseal_plugins::editor::fix;

use super::answers::written;
use super::changes::diagnostic;
use super::server::{Failed, Server, read};

impl Server {
    pub(super) fn actions(&self, params: Value) -> Result<Value, Failed> {
        let params: lsp::CodeActionParams = read(params)?;
        let uri = params.text_document.uri;
        let Some(asked) = self.asked(&uri)? else { return Ok(Value::Null) };
        let (start, end) = (asked.lines.octet(params.range.start), asked.lines.octet(params.range.end));
        let here = asked
            .open
            .found
            .iter()
            .filter(|finding| finding.span().is_some_and(|span| span.start <= end && start <= span.end));
        let actions = here.filter_map(|finding| {
            let fix = fix(finding)?;
            let edit = lsp::TextEdit { range: asked.lines.range(&fix.replaces), new_text: fix.with };
            Some(lsp::CodeAction {
                title: fix.title,
                kind: Some(lsp::CodeActionKind::QuickFix),
                diagnostics: Some(vec![diagnostic(finding, &asked.lines)]),
                is_preferred: Some(true),
                edit: Some(lsp::WorkspaceEdit {
                    changes: Some(HashMap::from([(uri.clone(), vec![edit])])),
                    ..lsp::WorkspaceEdit::default()
                }),
                ..lsp::CodeAction::default()
            })
        });
        written(actions.collect::<Vec<_>>())
    }
}
