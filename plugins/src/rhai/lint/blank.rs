//! T004: facts that come to be known after the hook that reads them.
//!
//! A helper that several hooks reach may well ask what only one of them can tell: a fact is pointed
//! out where it is blank at all of them.

use super::File;
use super::contexts::Context;
use super::expressions::Chain;
use crate::diagnostic::Diagnostic;
use crate::facts::Kind;
use crate::hooks::{Direction, HookName};
use crate::rhai::schema::Signature;
use crate::suggest;

/// What a connection is told of once it is encrypted.
const OF_HANDSHAKE: [&str; 5] = ["encrypted", "version", "suite", "group", "resumed"];
/// What MAIL FROM tells.
const OF_MAIL: [&str; 2] = ["at_mail", "sender_domain"];
/// What is told of a client's handshake besides.
const OF_CLIENT: [&str; 2] = ["server_name", "own_certificate"];
/// What EHLO and its answer tell.
const OF_EHLO: [&str; 2] = ["ehlo", "offers_tls"];

/// Those of all functions.
pub(super) fn check(file: &File<'_>, contexts: &[Context<'_>]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for context in contexts {
        let all: Vec<_> =
            contexts.iter().filter(|one| std::ptr::eq(one.function, context.function)).collect();
        for chain in &context.function.chains {
            if all.iter().all(|one| is_blank(one, chain)) {
                findings.extend(finding(file, &all, chain));
            }
        }
    }
    findings
}

fn finding(file: &File<'_>, contexts: &[&Context<'_>], chain: &Chain) -> Option<Diagnostic> {
    let (first, (property, position)) = (contexts.first()?, chain.properties.first()?);
    let always = match first.facts(&chain.variable)?.kind(property)? {
        Kind::Flag => "false",
        Kind::Number => "0",
        Kind::Certificate => "blank",
        _ => "empty",
    };
    let mut hooks: Vec<String> = contexts.iter().map(|context| context.signature.title()).collect();
    hooks.sort();
    hooks.dedup();
    let hooks: Vec<&str> = hooks.iter().map(String::as_str).collect();
    let fact = format!("{}.{property}", chain.variable);
    let message = format!("`{fact}` is always {always} at {}: it is not known yet", suggest::list(&hooks));
    let message = message.replace(": it is not known yet", never_known(first, property));
    Some(file.warning("T004", *position, property, message))
}

/// What one direction never knows will not be known later either.
fn never_known(context: &Context<'_>, property: &str) -> &'static str {
    let never = ["recipient_domain", "attempts", "recipients", "tags"].contains(&property);
    if never && context.signature.direction == Direction::Incoming { "" } else { ": it is not known yet" }
}

fn is_blank(context: &Context<'_>, chain: &Chain) -> bool {
    // A short name is pointed out where it is made.
    let Some((property, _)) = chain.properties.first() else { return false };
    context.function.alias(&chain.variable).is_none()
        && context.facts(&chain.variable).is_some_and(|table| {
            blank(context.signature, table.word).into_iter().flatten().any(|blank| blank == property)
        })
}

/// The facts of a hook that are not known when it is asked.
fn blank(signature: &Signature, word: &str) -> Vec<&'static [&'static str]> {
    match (signature.direction, signature.hook, word) {
        (Direction::Incoming, HookName::Connect, "client") => {
            vec![&OF_EHLO, &OF_HANDSHAKE, &OF_CLIENT, &OF_MAIL]
        }
        // Offer and start are asked in clear only; cipher and certificate also at MAIL FROM.
        (Direction::Incoming, HookName::Offer | HookName::Start, "client") => {
            vec![&OF_HANDSHAKE, &OF_CLIENT, &OF_MAIL]
        }
        (Direction::Incoming, HookName::Mail, "mail") => {
            vec![&["recipient_domain", "attempts", "recipients", "tags"]]
        }
        (Direction::Outgoing, HookName::Offer | HookName::Start, "host") => vec![&OF_HANDSHAKE],
        _ => Vec::new(),
    }
}
