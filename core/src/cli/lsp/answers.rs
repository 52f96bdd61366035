//! The answers to what an editor asks about a text.

use gen_lsp_types as lsp;
use lsp_server::ErrorCode;
use serde::Serialize;
use serde_json::{Value, json};
use waxseal_plugins::editor::{
    Document, Insert, Proposal, ProposalKind, Surroundings, Symbol, SymbolKind, Target,
};

use super::changes::{Open, explained};
use super::positions::Lines;
use super::server::{Failed, Server, Snippets, read};
use super::site::Member;
use super::uri::uri_of;

/// A text, what it stands in, and its lines.
pub(super) struct Asked<'a> {
    pub(super) open: &'a Open,
    member: &'a Member,
    around: Surroundings,
    pub(super) lines: Lines<'a>,
}

impl Asked<'_> {
    fn document(&self) -> Document<'_> {
        Document { path: &self.member.path, text: &self.open.text, around: &self.around }
    }
}

impl Server {
    pub(super) fn completion(&self, params: Value) -> Result<Value, Failed> {
        let params: lsp::CompletionParams = read(params)?;
        let lsp::TextDocumentPositionParams { text_document, position } =
            params.text_document_position_params;
        let Some(asked) = self.asked(&text_document.uri)? else { return Ok(Value::Null) };
        let proposals = asked.document().completions(asked.lines.octet(position));
        let item = |(place, one)| item(place, one, &asked.lines, self.editor.snippets);
        written(proposals.into_iter().enumerate().map(item).collect::<Vec<_>>())
    }

    pub(super) fn hover(&self, params: Value) -> Result<Value, Failed> {
        let params: lsp::HoverParams = read(params)?;
        let lsp::TextDocumentPositionParams { text_document, position } =
            params.text_document_position_params;
        let Some(asked) = self.asked(&text_document.uri)? else { return Ok(Value::Null) };
        let at = asked.lines.octet(position);
        let explanation = asked.document().explanation(at);
        let range = explanation.as_ref().map(|one| asked.lines.range(&one.about));
        // Beneath it, why what is found there matters.
        let is_here = |span: std::ops::Range<usize>| span.start <= at && at <= span.end;
        let found = asked.open.found.iter().filter(|finding| finding.span().is_some_and(is_here));
        let said: Vec<_> =
            explanation.map(|one| one.text).into_iter().chain(found.filter_map(explained)).collect();
        if said.is_empty() {
            return Ok(Value::Null);
        }
        written(lsp::Hover { contents: markdown(said.join("\n\n---\n\n")).into(), range })
    }

    pub(super) fn definition(&mut self, params: Value) -> Result<Value, Failed> {
        let params: lsp::DefinitionParams = read(params)?;
        let lsp::TextDocumentPositionParams { text_document, position } =
            params.text_document_position_params;
        let Some(asked) = self.asked(&text_document.uri)? else { return Ok(Value::Null) };
        let Some(target) = asked.document().definition(asked.lines.octet(position)) else {
            return Ok(Value::Null);
        };
        let file = match target {
            Target::Here(octets) => {
                let range = asked.lines.range(&octets);
                return written(lsp::Location { uri: text_document.uri, range });
            }
            Target::Site(path) => Member { directory: asked.member.directory.clone(), path }.file(),
            Target::Shipped(path) => {
                let file = self.shipped.file(&path);
                file.map_err(|error| Failed::new(ErrorCode::RequestFailed, format!("{error:#}")))?
            }
        };
        written(uri_of(&file).map(|uri| lsp::Location { uri, range: lsp::Range::default() }))
    }

    pub(super) fn symbols(&self, params: Value) -> Result<Value, Failed> {
        let params: lsp::DocumentSymbolParams = read(params)?;
        let Some(asked) = self.asked(&params.text_document.uri)? else { return Ok(Value::Null) };
        let symbols = asked.document().symbols();
        Ok(symbols.iter().map(|one| symbol(one, &asked.lines)).collect())
    }

    pub(super) fn formatting(&self, params: Value) -> Result<Value, Failed> {
        let params: lsp::DocumentFormattingParams = read(params)?;
        let Some(asked) = self.asked(&params.text_document.uri)? else { return Ok(Value::Null) };
        let formatted = asked.document().formatted();
        written(formatted.map(|new_text| vec![lsp::TextEdit { range: asked.lines.whole(), new_text }]))
    }

    /// The text of a URI; `None` where it is no part of policies.
    pub(super) fn asked(&self, uri: &lsp::Uri) -> Result<Option<Asked<'_>>, Failed> {
        let open = self.opened(uri)?;
        let asked = open.member.as_ref().map(|member| Asked {
            open,
            member,
            around: self.around(&member.directory),
            lines: Lines::new(&open.text, self.editor.encoding),
        });
        Ok(asked)
    }
}

/// An answer as JSON.
pub(super) fn written(answer: impl Serialize) -> Result<Value, Failed> {
    serde_json::to_value(answer).map_err(|error| Failed::new(ErrorCode::InternalError, error.to_string()))
}

fn markdown(value: String) -> lsp::MarkupContent {
    lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value }
}

fn item(place: usize, proposal: Proposal, lines: &Lines<'_>, snippets: Snippets) -> lsp::CompletionItem {
    let range = lines.range(&proposal.replaces);
    let (new_text, format) = match proposal.insert {
        Insert::Snippet(snippet) if snippets == Snippets::Known => (snippet, lsp::InsertTextFormat::Snippet),
        Insert::Snippet(snippet) => (filled(&snippet), lsp::InsertTextFormat::PlainText),
        Insert::Plain(text) => (text, lsp::InsertTextFormat::PlainText),
    };
    lsp::CompletionItem {
        label: proposal.label,
        kind: Some(match proposal.kind {
            ProposalKind::Fact => lsp::CompletionItemKind::Field,
            ProposalKind::Verdict | ProposalKind::Function => lsp::CompletionItemKind::Function,
            ProposalKind::Hook => lsp::CompletionItemKind::Event,
            ProposalKind::Policy => lsp::CompletionItemKind::Module,
            ProposalKind::Keyword => lsp::CompletionItemKind::Keyword,
            ProposalKind::Value => lsp::CompletionItemKind::Value,
            ProposalKind::Variable => lsp::CompletionItemKind::Variable,
        }),
        detail: Some(proposal.detail).filter(|detail| !detail.is_empty()),
        documentation: Some(proposal.about)
            .filter(|about| !about.is_empty())
            .map(|about| markdown(about).into()),
        // In our order: facts as the reference has them, clauses as a row has them.
        sort_text: Some(format!("{place:04}")),
        insert_text_format: Some(format),
        text_edit: Some(lsp::TextEdit { range, new_text }.into()),
        ..lsp::CompletionItem::default()
    }
}

/// A snippet as a text: each place filled in as it is proposed.
fn filled(snippet: &str) -> String {
    let mut text = String::with_capacity(snippet.len());
    let mut rest = snippet;
    while let Some((before, place)) = rest.split_once('$') {
        text.push_str(before);
        if let Some((inner, behind)) = place.strip_prefix('{').and_then(|place| place.split_once('}')) {
            let proposed = inner.trim_start_matches(|one: char| one.is_ascii_digit());
            let choice = proposed.strip_prefix('|').and_then(|choice| choice.split([',', '|']).next());
            text.push_str(choice.or(proposed.strip_prefix(':')).unwrap_or_default());
            rest = behind;
        } else {
            rest = place.trim_start_matches(|one: char| one.is_ascii_digit());
        }
    }
    text + rest
}

fn symbol(one: &Symbol, lines: &Lines<'_>) -> Value {
    let kind = match one.kind {
        SymbolKind::Hook => lsp::SymbolKind::Event,
        SymbolKind::Function => lsp::SymbolKind::Function,
        SymbolKind::Block => lsp::SymbolKind::Namespace,
        SymbolKind::Row => lsp::SymbolKind::Key,
    };
    json!({
        "name": one.name,
        "detail": one.detail,
        "kind": kind,
        "range": lines.range(&one.whole),
        "selectionRange": lines.range(&one.name_at),
        "children": one.children.iter().map(|child| symbol(child, lines)).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_without_snippets_gets_them_filled_in() {
        assert_eq!(filled(r#"defer("${1:4.7.5}", "${2:why}")"#), r#"defer("4.7.5", "why")"#);
        assert_eq!(filled(r#"min_version "${1|1.3,1.2|}""#), r#"min_version "1.3""#);
        assert_eq!(filled("fn f() {\n    ${0:accept()}\n}$0"), "fn f() {\n    accept()\n}");
        assert_eq!(filled("suites [\"$1\"]"), "suites [\"\"]");
    }
}
