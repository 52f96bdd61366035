//! What may be written at a place of a script.

use super::chain::Chain;
use super::quoted;
use super::scope::{Meaning, Scope, signatures, variables};
use crate::decider::Role;
use crate::editor::document::{Document, Sort};
use crate::editor::outline::{Function, around, functions};
use crate::editor::proposal::{Insert, Proposal, ProposalKind, Proposals};
use crate::editor::tokens::{Tokens, Written};
use crate::editor::words::{self, Native};
use crate::facts::Kind;
use crate::hooks::{Direction, HookName};
use crate::rhai::schema::Signature;
use crate::spoken::meaning::of_setter;
use crate::spoken::{Setter, Word};

/// What may be written at this octet.
pub(in crate::editor) fn completions(document: &Document<'_>, sort: Sort, at: usize) -> Vec<Proposal> {
    let Some(before) = document.up_to(at) else { return Vec::new() };
    let tokens = Tokens::new(before);
    let written = tokens.written();
    let (start, end) = match written {
        Written::Comment => return Vec::new(),
        Written::Text { start, .. } => (start, document.end_of_text(at)),
        Written::Word { start, .. } => (start, document.end_of_word(at)),
        Written::Nothing => (at, document.end_of_word(at)),
    };
    let mut proposals = Proposals::new(start..end);
    let whole = Tokens::new(document.text);
    let functions = functions(&whole, document.text);
    let function = around(&functions, at);
    let scope = Scope::new(&whole, function, sort);
    let index = written.index(&tokens);
    let dot = tokens.before(index).filter(|dot| tokens.is(*dot, '.'));
    match (written, dot, function) {
        (Written::Text { .. }, ..) => quoted::values(document, &tokens, &scope, index, &mut proposals),
        (_, Some(dot), _) => behind_dot(&tokens, &scope, dot, sort, &mut proposals),
        (_, None, Some(function)) => {
            in_function(&scope, function, index, sort, &mut proposals);
            own_functions(&functions, &mut proposals);
        }
        (_, None, None) => at_top_level(&tokens, &functions, index, sort, &mut proposals),
    }
    proposals.done()
}

/// Facts, methods of a value, what is chained to a verdict.
fn behind_dot(tokens: &Tokens<'_>, scope: &Scope<'_, '_>, dot: usize, sort: Sort, proposals: &mut Proposals) {
    let chain = tokens.before(dot).and_then(|last| Chain::ending(tokens, last));
    match chain.and_then(|chain| scope.meaning(&chain, dot)) {
        Some(Meaning::Facts(tables)) => {
            for table in &tables {
                for fact in &table.facts {
                    let about = format!("{}{}", one_paragraph(fact.doc), words::note_of(fact.kind));
                    proposals.plain(ProposalKind::Fact, fact.name, fact.kind.in_words(), &about);
                }
            }
            if tables.iter().any(|table| table.word == "row") {
                natives(&words::OF_ROWS, proposals);
            }
        }
        Some(Meaning::Value(Kind::Text)) => natives(&words::OF_TEXTS, proposals),
        Some(Meaning::Value(Kind::Texts)) => natives(&words::OF_LISTS, proposals),
        Some(Meaning::Value(Kind::Parameters)) => natives(&words::OF_PARAMETERS, proposals),
        Some(Meaning::Verdict) => setters(&scope.signatures, sort, proposals),
        Some(Meaning::Value(_)) | None => {}
    }
}

/// What may be chained to `accept()` here.
fn setters(signatures: &[&Signature], sort: Sort, proposals: &mut Proposals) {
    let is_filter = sort == Sort::Decider(Role::Filter);
    for setter in Setter::ALL {
        let has = signatures.iter().any(|signature| signature.setters.contains(&setter));
        if !has || is_filter && setter.is_for_policies() {
            continue;
        }
        let (usage, about) = of_setter(setter);
        let snippet = match setter {
            Setter::MinVersion => r#"min_version("${1|1.3,1.2|}")"#.to_owned(),
            Setter::ClientCertificate => r#"client_certificate("${1|request,require,none|}")"#.to_owned(),
            Setter::Suites | Setter::Groups | Setter::Roots => format!("{}([\"$1\"])", setter.word()),
            Setter::Identity | Setter::ServerName => format!("{}(\"$1\")", setter.word()),
        };
        proposals.add(ProposalKind::Verdict, setter.word(), usage, about, Insert::Snippet(snippet));
    }
}

fn in_function(
    scope: &Scope<'_, '_>,
    function: &Function<'_>,
    at: usize,
    sort: Sort,
    proposals: &mut Proposals,
) {
    for name in variables(scope.tokens, function, at) {
        let about = scope.parameter(name).first().map(|table| words::of_facts(table));
        proposals.plain(ProposalKind::Variable, name, "", &about.unwrap_or_default());
    }
    if sort == Sort::Tests {
        natives(&words::OF_TESTS, proposals);
        return natives(&words::OF_TRIALS, proposals);
    }
    for word in Word::ALL {
        let has = scope.signatures.iter().any(|signature| signature.words.contains(&word));
        if has && (word != Word::Require || sort == Sort::Decider(Role::Filter)) {
            let about = words::of_verdict(&scope.signatures, word);
            proposals.add(
                ProposalKind::Verdict,
                word.word(),
                "verdict",
                &about,
                Insert::Snippet(words::snippet_of_verdict(word)),
            );
        }
    }
    natives(&words::ALONE, proposals);
    natives(&words::OF_STATE, proposals);
    natives(&words::OF_NAMES, proposals);
    for (word, snippet) in [
        ("if", "if ${1:condition} {\n    $0\n}"),
        ("else", "else {\n    $0\n}"),
        ("let", "let ${1:name} = $0;"),
        ("return", "return $0;"),
    ] {
        proposals.snippet(ProposalKind::Keyword, word, snippet, "");
    }
}

fn own_functions(functions: &[Function<'_>], proposals: &mut Proposals) {
    let helpers = functions
        .iter()
        .filter(|one| HookName::from_word(one.name).is_none() && !one.name.starts_with("test_"));
    for function in helpers {
        let insert = if function.parameters.is_empty() {
            format!("{}()", function.name)
        } else {
            format!("{}($0)", function.name)
        };
        proposals.add(
            ProposalKind::Function,
            function.name,
            &function.usage(),
            &function.about,
            Insert::Snippet(insert),
        );
    }
}

fn natives(natives: &[Native], proposals: &mut Proposals) {
    for one in natives {
        let about = format!("`{}`\n\n{}", one.usage, one.about);
        proposals.add(ProposalKind::Function, one.name, "", &about, Insert::Snippet(one.snippet.to_owned()));
    }
}

/// The hooks that the file does not have yet, as functions to be written.
fn at_top_level(
    tokens: &Tokens<'_>,
    functions: &[Function<'_>],
    index: usize,
    sort: Sort,
    proposals: &mut Proposals,
) {
    let is_begun = tokens.before(index).and_then(|before| tokens.word(before)) == Some("fn");
    let begin = if is_begun { "" } else { "fn " };
    if sort == Sort::Tests {
        let snippet = format!("{begin}test_${{1:what_holds}}() {{\n    $0\n}}");
        return proposals.snippet(
            ProposalKind::Hook,
            "test_",
            &snippet,
            "A test: `waxseal test` runs it, and so does each reload.",
        );
    }
    for direction in [Direction::Incoming, Direction::Outgoing] {
        if matches!(sort, Sort::Decider(Role::Policy(of)) if of != direction) {
            continue;
        }
        for signature in signatures(sort, direction) {
            let has = functions.iter().any(|one| {
                one.name == signature.hook.word()
                    && (one
                        .parameters
                        .first()
                        .is_none_or(|first| *first == direction.peer() || *first == "peer"))
            });
            if !has {
                hook(signature, begin, sort, proposals);
            }
        }
    }
}

fn hook(signature: &Signature, begin: &str, sort: Sort, proposals: &mut Proposals) {
    // A filter that says nothing has no opinion.
    let first = signature.words.first().filter(|_| sort != Sort::Decider(Role::Filter));
    let body = first.map(|word| format!("${{0:{}()}}", word.word()));
    let snippet = format!("{begin}{} {{\n    {}\n}}", signature.usage(), body.as_deref().unwrap_or("$0"));
    let answers: Vec<_> = signature.words.iter().map(|word| format!("`{}`", word.word())).collect();
    let about = format!("{}\n\nVerdicts: {}", one_paragraph(signature.doc), answers.join(", "));
    proposals.add(
        ProposalKind::Hook,
        &signature.usage(),
        &signature.title(),
        &about,
        Insert::Snippet(snippet),
    );
}

/// Documentation in one line.
pub(super) fn one_paragraph(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
