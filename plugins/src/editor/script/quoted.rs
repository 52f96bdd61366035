//! What may stand between quotes.

use super::chain::Chain;
use super::scope::{Meaning, Scope};
use crate::editor::document::Document;
use crate::editor::proposal::{ProposalKind, Proposals};
use crate::editor::tokens::Tokens;
use crate::facts::Kind;
use crate::hooks::HookName;
use crate::table::scan;
use crate::verdicts::{Group, Suite};

const VERSIONS: [&str; 2] = ["1.3", "1.2"];
/// How a host may have been found.
const FOUND_BY: [&str; 3] = ["mx", "implicit_mx", "route"];
const CLIENT_CERTIFICATE: [&str; 3] = ["request", "require", "none"];
const FLOORS: [&str; 2] = ["encrypted", "verified"];
const ROOTS: [&str; 2] = ["webpki", "system"];
const CERTIFICATES: [&str; 7] =
    ["valid", "none", "expired", "not_yet_valid", "wrong_name", "unknown_root", "self_signed"];

/// The values of the text at this piece, by the function that it is given to or by what it is compared
/// with.
pub(super) fn values(
    document: &Document<'_>,
    tokens: &Tokens<'_>,
    scope: &Scope<'_, '_>,
    index: usize,
    proposals: &mut Proposals,
) {
    let mut add = |value: &str| proposals.plain(ProposalKind::Value, value, "", "");
    if let Some(chain) = compared(tokens, index) {
        return of_fact(&chain, scope, index).into_iter().for_each(add);
    }
    let Some((name, argument)) = call(tokens, index) else { return };
    match (tokens.text(name), argument) {
        ("min_version", _) => VERSIONS.into_iter().for_each(add),
        ("suites", _) => Suite::ALL.iter().for_each(|suite| add(suite.name())),
        ("groups", _) => Group::ALL.iter().for_each(|group| add(group.name())),
        ("roots", _) => ROOTS.into_iter().for_each(add),
        ("client_certificate", _) => CLIENT_CERTIFICATE.into_iter().for_each(add),
        ("require", _) => FLOORS.into_iter().for_each(add),
        ("certificate", _) => CERTIFICATES.into_iter().for_each(add),
        ("ask", 0) => document.around.names().iter().for_each(|name| add(name)),
        ("ask", 1) => HookName::ALL.iter().for_each(|hook| add(hook.word())),
        ("contains", _) => {
            let list = tokens.before(name).and_then(|dot| tokens.before(dot));
            let chain = list.and_then(|last| Chain::ending(tokens, last));
            chain.iter().flat_map(|chain| of_fact(chain, scope, index)).for_each(add);
        }
        _ => {}
    }
}

/// The chain that the text is compared with, on its left.
fn compared<'a>(tokens: &Tokens<'a>, index: usize) -> Option<Chain<'a>> {
    let is_operator =
        |index: &usize| matches!(tokens.kind(*index), Some(scan::Kind::Mark('<' | '>' | '=' | '!')));
    let mut before = tokens.before(index).filter(is_operator)?;
    while let Some(more) = tokens.before(before).filter(is_operator) {
        before = more;
    }
    Chain::ending(tokens, tokens.before(before)?)
}

/// The values that a fact may have, where they are few.
fn of_fact(chain: &Chain<'_>, scope: &Scope<'_, '_>, at: usize) -> Vec<&'static str> {
    let Some(Meaning::Value(kind)) = scope.meaning(chain, at) else { return Vec::new() };
    match (kind, chain.properties.last().copied()) {
        (Kind::Version, _) | (_, Some("versions")) => VERSIONS.to_vec(),
        (_, Some("found_by")) => FOUND_BY.to_vec(),
        (_, Some("suite" | "suites")) => Suite::ALL.iter().map(|suite| suite.name()).collect(),
        (_, Some("group" | "groups")) => Group::ALL.iter().map(|group| group.name()).collect(),
        _ => Vec::new(),
    }
}

/// The name of the function that the text is an argument of, and which; a list is one.
fn call(tokens: &Tokens<'_>, index: usize) -> Option<(usize, usize)> {
    let mut open = tokens.open_before(index)?;
    let mut argument = index;
    if tokens.is(open, '[') {
        argument = open;
        open = tokens.open_before(open)?;
    }
    let name = tokens.before(open).filter(|name| tokens.is(open, '(') && tokens.word(*name).is_some())?;
    let commas =
        (open..argument).filter(|one| tokens.is(*one, ',') && tokens.open_before(*one) == Some(open));
    Some((name, commas.count()))
}
