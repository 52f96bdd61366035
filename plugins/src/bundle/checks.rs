//! What table, policies and configuration must hold together.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::Date;

use super::{Bundle, Level, Settings};
use crate::decider::Decider;
use crate::diagnostic::Diagnostic;
use crate::facts::{Row, Version};
use crate::hooks::{Direction, HookName};
use crate::place::Place;
use crate::rhai::{self, Named};
use crate::state::lists::{Broken, Wrong};
use crate::suggest;
use crate::table::{self, Entry, Pattern};
use crate::verdicts::Terms;

/// The configuration, as it is usually called.
const CONFIGURATION: &str = "waxseal.toml";

/// The sets of roots that need no file.
const ROOTS: [&str; 2] = ["webpki", "system"];

/// Checks each row against its policy and the configuration.
pub(super) fn check(bundle: &Bundle, settings: &Settings, today: Date, findings: &mut Vec<Diagnostic>) {
    let source = bundle.files().get(table::PATH).cloned().unwrap_or_default();
    let mut levels = Levels { bundle, known: HashMap::new() };
    for entry in bundle.table().entries() {
        let found = [
            switch(bundle, settings, entry),
            terms(&mut levels, entry),
            certificate_terms(bundle, entry),
            identity(settings, entry),
            roots(settings, entry),
            beneath(&mut levels, entry, today),
            certificate_of_everyone(&mut levels, entry),
        ];
        let width = entry.row.pattern.chars().count() + 2;
        findings.extend(found.into_iter().flatten().map(|one| one.spanning(width).within(source.clone())));
    }
    findings.extend(strangers(bundle, settings));
    findings.extend(bundle.deciders().flat_map(|decider| lists(bundle, decider)));
    findings.extend(bundle.deciders().flat_map(|decider| transports(bundle, decider, settings)));
}

/// The levels of rows. Rows that differ only in whom they are about, of which a big table has
/// many, are asked for once.
struct Levels<'a> {
    bundle: &'a Bundle,
    known: HashMap<(Direction, String), Level>,
}

impl Levels<'_> {
    fn of(&mut self, entry: &Entry) -> Level {
        let rest = Row {
            pattern: String::new(),
            place: String::new(),
            because: String::new(),
            ..Row::clone(&entry.row)
        };
        let level = || self.bundle.level(entry.direction, &entry.row);
        match serde_json::to_string(&rest) {
            Ok(key) => *self.known.entry((entry.direction, key)).or_insert_with(level),
            Err(_) => level(),
        }
    }
}

fn error(code: &'static str, entry: &Entry, message: String, help: impl Into<String>) -> Option<Diagnostic> {
    Some(Diagnostic::error(code, entry.place.clone(), message).helped(help))
}

/// While TLS is off, a row that requires it would stop all its mail.
fn switch(bundle: &Bundle, settings: &Settings, entry: &Entry) -> Option<Diagnostic> {
    if settings.tls_enabled {
        return None;
    }
    let (pattern, policy) = (&entry.pattern, &entry.row.policy);
    let why = match words_of_terms(&entry.row).first() {
        Some(term) => format!("`{term}`"),
        None if bundle.accepts_clear_mail(entry.direction, &entry.row) => return None,
        None => format!("`{policy}`"),
    };
    let message = format!("TLS is required while the switch is off: the row `{pattern}` says {why}");
    error("B008", entry, message, "set `enabled = true` under `[tls]` in the configuration")
}

/// Terms of the handshake mean nothing where there need be no handshake.
fn terms(levels: &mut Levels<'_>, entry: &Entry) -> Option<Diagnostic> {
    let words = words_of_handshake(&entry.row);
    let first = words.first()?;
    if levels.of(entry) >= Level::Encrypted {
        return None;
    }
    let policy = &entry.row.policy;
    let message = format!("`{first}` does not hold: the policy `{policy}` lets mail through in clear");
    error("B005", entry, message, "name a policy that requires TLS, as `require`, or leave the clause out")
}

fn certificate_terms(bundle: &Bundle, entry: &Entry) -> Option<Diagnostic> {
    let (row, direction) = (&entry.row, entry.direction);
    let word = match (row.names.is_empty(), row.roots.is_empty()) {
        (true, true) => return None,
        (false, _) => "names",
        (true, false) => "roots",
    };
    let policy = bundle.policy(direction, &row.policy)?;
    if policy.has(direction, HookName::Certificate) {
        return None;
    }
    let message = format!("`{word}` does not hold: the policy `{}` looks at no certificate", row.policy);
    error("B006", entry, message, "name a policy that does, as `require_verified`, or leave the clause out")
}

fn identity(settings: &Settings, entry: &Entry) -> Option<Diagnostic> {
    let identity = &entry.row.identity;
    if identity.is_empty() || settings.identities.contains(identity) {
        return None;
    }
    let known = suggest::did_you_mean(identity, settings.identities.iter().map(String::as_str));
    let message = format!("no identity `{identity}`{known}");
    error("B007", entry, message, "identities are the names under `[[tls.identity]]` in the configuration")
}

fn roots(settings: &Settings, entry: &Entry) -> Option<Diagnostic> {
    let is_there = |root: &&String| ROOTS.contains(&root.as_str()) || settings.directory.join(root).is_file();
    let missing = entry.row.roots.iter().find(|root| !is_there(root))?;
    let message = format!("no roots `{missing}`: neither `webpki` nor `system` nor a file");
    let help = format!("a PEM file is looked for in `{}`", settings.directory.display());
    error("B010", entry, message, help)
}

/// Grants to plugins that are not there: a name is misspelt, or a plugin was taken away.
fn strangers(bundle: &Bundle, settings: &Settings) -> Vec<Diagnostic> {
    let plugin = |decider: &Decider| match decider {
        Decider::Plugin(plugin) => Some(Arc::clone(plugin.name())),
        Decider::Script(_) => None,
    };
    let loaded: BTreeSet<Arc<str>> = bundle.deciders().filter_map(plugin).collect();
    let known: Vec<&str> = loaded.iter().map(|name| &**name).collect();
    let strangers = settings.plugins.named().filter(|name| !loaded.contains(*name));
    strangers.map(|name| stranger(name, &known)).collect()
}

/// B012 and B013: lists that a script names, and that are not there or broken.
fn lists(bundle: &Bundle, decider: &Decider) -> Vec<Diagnostic> {
    let Decider::Script(script) = decider else { return Vec::new() };
    let source = bundle.files().get(script.path()).cloned().unwrap_or_default();
    let calls = script.lists().into_iter().filter_map(|Named { name: list, position }| {
        let file = format!("lists/{list}.txt");
        let (code, message, help) = match script.wrong_list(&list)? {
            Wrong::Missing(meant) => {
                ("B012", format!("there is no list `{list}`"), format!("`{file}` is looked for; {meant}"))
            }
            Wrong::Broken(Broken { line: 0, why }) => {
                ("B013", format!("the list `{list}` cannot be used"), format!("`{file}`: {why}"))
            }
            Wrong::Broken(Broken { line, why }) => {
                ("B013", format!("the list `{list}` cannot be used"), format!("`{file}`, line {line}: {why}"))
            }
        };
        let finding = Diagnostic::error(code, rhai::place(script.path(), position), message);
        Some(finding.within(source.clone()).spanning_word().helped(help))
    });
    calls.collect()
}

/// B014: transports that a filter names, and that are not configured.
fn transports(bundle: &Bundle, decider: &Decider, settings: &Settings) -> Vec<Diagnostic> {
    let (Decider::Script(script), Some(known)) = (decider, &settings.transports) else { return Vec::new() };
    let source = bundle.files().get(script.path()).cloned().unwrap_or_default();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let missing = script.transports().into_iter().filter(|named| !known.contains(&&*named.name));
    let findings = missing.map(|Named { name, position }| {
        let meant = suggest::did_you_mean(&name, known.iter().copied());
        let message = format!("the configuration has no [[transport]] `{name}`{meant}");
        let finding = Diagnostic::error("B014", rhai::place(script.path(), position), message);
        finding
            .within(source.clone())
            .spanning_word()
            .helped("transports are the names under `[[transport]]` in the configuration")
    });
    findings.collect()
}

fn stranger(name: &str, known: &[&str]) -> Diagnostic {
    let message = format!("`[plugin.{name}]` names no plugin");
    let finding = Diagnostic::warning("W008", Place::file(CONFIGURATION), message);
    finding.helped(suggest::help(name, known))
}

/// R018: hardly any client has a certificate that names the sender's domain.
fn certificate_of_everyone(levels: &mut Levels<'_>, entry: &Entry) -> Option<Diagnostic> {
    let is_meant = !entry.row.because.is_empty();
    let is_for_any = entry.direction == Direction::Incoming && entry.pattern == Pattern::Any;
    if !is_for_any || is_meant || levels.of(entry) < Level::Verified {
        return None;
    }
    let message = format!("`{}` for everyone refuses the mail of most clients", entry.row.policy);
    let finding = Diagnostic::warning("R018", entry.place.clone(), message);
    Some(finding.helped("name the partners that have certificates, or say why with `because`"))
}

/// The row beneath is what its author may have forgotten, in both ways.
fn beneath(levels: &mut Levels<'_>, entry: &Entry, today: Date) -> Option<Diagnostic> {
    let beneath = levels.bundle.table().beneath(entry, today)?;
    let (own, next) = (levels.of(entry), levels.of(beneath));
    let of_beneath = format!("`{}` at {}", beneath.pattern, beneath.place);
    let pattern = &entry.pattern;
    let is_silent = entry.row.because.is_empty();
    if own < Level::Encrypted && next >= Level::Encrypted && is_silent {
        let message = format!("`{pattern}` may go in clear, below {of_beneath}, which requires TLS");
        let hole = Diagnostic::warning("R004", entry.place.clone(), message);
        return Some(hole.helped("if that is meant, say why with `because`"));
    }
    // What `prevent` does without a word is said of any row of it.
    if is_silent
        && entry.row.policy != "prevent"
        && (own < next || own == next && asks_more(&beneath.row, &entry.row))
    {
        let message = format!("`{pattern}` asks for less than {of_beneath}");
        let weaker = Diagnostic::warning("R013", entry.place.clone(), message);
        return Some(weaker.helped("a row stands for itself, and has nothing of the one beneath: if it is meant, say why with `because`"));
    }
    // A row that ends gives way to the one beneath it, unseen: that must not be laxer.
    let ends = entry.until.is_some_and(|until| today <= until);
    if !ends || own <= next && !asks_more(&entry.row, &beneath.row) {
        return None;
    }
    let message =
        format!("`{pattern}` is stricter than {of_beneath}: TLS would be loosened unseen at its end");
    error("R009", entry, message, "leave `until` out, or make the row beneath as strict")
}

/// Whether a row's terms ask for something that the other's do not.
fn asks_more(row: &Row, other: &Row) -> bool {
    let theirs = Terms::of(other);
    let admits = |pin: &String| row.pins.is_empty() || row.pins.contains(pin);
    let pins = !row.pins.is_empty() && other.pins.is_empty() || !other.pins.iter().all(admits);
    pins || Terms::of(row).join(theirs.clone()) != theirs
}

/// The words of the terms that the handshake itself must meet.
fn words_of_handshake(row: &Row) -> Vec<&'static str> {
    let terms = [
        ("min_version", row.min_version > Version::None),
        ("suites", !row.suites.is_empty()),
        ("groups", !row.groups.is_empty()),
        ("pins", !row.pins.is_empty()),
    ];
    terms.into_iter().filter(|(_, asked)| *asked).map(|(word, _)| word).collect()
}

/// The words of all terms.
fn words_of_terms(row: &Row) -> Vec<&'static str> {
    let others = [
        ("names", !row.names.is_empty()),
        ("roots", !row.roots.is_empty()),
        ("identity", !row.identity.is_empty()),
    ];
    let others = others.into_iter().filter(|(_, asked)| *asked).map(|(word, _)| word);
    words_of_handshake(row).into_iter().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_plugin_is_recognised() {
        let finding = stranger("pined_key", &["pinned_key", "ratchet"]);
        assert_eq!(finding.help.as_deref(), Some("did you mean `pinned_key`?"));
    }
}
