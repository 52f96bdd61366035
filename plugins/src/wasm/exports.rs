//! What a component is, seen from outside: which hooks it has, and what it asks for.

use std::collections::BTreeSet;

use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use super::contract::{PACKAGE, VERSION, hooks, is_served, parse};
use super::grants::Grant;
use crate::decider::Role;
use crate::hooks::{Direction, HookName};
use crate::suggest;

/// What a component exports and imports, of what the contract has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exports {
    hooks: Vec<(Direction, HookName)>,
    init: Option<Init>,
    asks: BTreeSet<Grant>,
    reads: BTreeSet<String>,
    versions: BTreeSet<String>,
}

/// It is told that it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Init;

impl Exports {
    /// Looks at a component.
    ///
    /// # Errors
    ///
    /// All that the contract does not have, or not for this role: it would be silently ignored, or
    /// fail to link in words that nobody understands.
    pub(super) fn of(component: &Component, engine: &Engine, role: Role) -> Result<Self, Vec<String>> {
        let (mut found, mut wrong) = (Self::default(), Vec::new());
        let kind = component.component_type();
        for (name, import) in kind.imports(engine) {
            if let Err(why) = found.note_import(name, &import.ty, engine) {
                wrong.push(why);
            }
        }
        for (name, _) in kind.exports(engine) {
            if let Err(why) = found.note_export(name, role) {
                wrong.push(why);
            }
        }
        if found.hooks.is_empty() && wrong.is_empty() {
            wrong.push("it exports no hook: nothing would be asked of it".to_owned());
        }
        // The others follow from a version that is not served.
        wrong.sort_by_key(|why| !why.contains("speaks"));
        if wrong.is_empty() { Ok(found) } else { Err(wrong) }
    }

    /// The hooks it has.
    pub fn hooks(&self) -> impl Iterator<Item = (Direction, HookName)> {
        self.hooks.iter().copied()
    }

    /// What it asks the site to grant.
    pub fn asks(&self) -> impl Iterator<Item = Grant> {
        self.asks.iter().copied()
    }

    /// The facts it reads, as in `host.offers_tls`.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        self.reads.iter().map(String::as_str)
    }

    /// The versions of the contract that it was built for: one, as a rule.
    pub fn versions(&self) -> impl Iterator<Item = &str> {
        self.versions.iter().map(String::as_str)
    }

    pub(super) fn has(&self, direction: Direction, hook: HookName) -> bool {
        self.hooks.contains(&(direction, hook))
    }

    pub(super) fn has_init(&self) -> bool {
        self.init.is_some()
    }

    fn note_import(&mut self, name: &str, item: &ComponentItem, engine: &Engine) -> Result<(), String> {
        let (interface, version) = parse(name).ok_or_else(|| foreign(name))?;
        self.note_version(version)?;
        self.asks.extend(interface.parse::<Grant>().ok());
        match (interface, item) {
            ("facts", ComponentItem::ComponentInstance(facts)) => {
                let methods = facts.exports(engine).filter_map(|(name, _)| name.strip_prefix("[method]"));
                self.reads.extend(methods.map(|name| name.replace('-', "_")));
                Ok(())
            }
            (
                "verdicts" | "log" | "trace" | "config" | "kv" | "counters" | "clock" | "dns" | "rates"
                | "lists",
                _,
            ) => Ok(()),
            // A hook's interface may be imported for its types.
            (hook, _) if hooks().any(|(_, _, known)| known == hook) => Ok(()),
            _ => Err(format!(
                "it imports `{interface}`, which this relay does not have: it was built for a newer contract"
            )),
        }
    }

    fn note_export(&mut self, name: &str, role: Role) -> Result<(), String> {
        let known = || hooks().map(|(_, _, name)| name).collect::<Vec<_>>();
        let Some((interface, version)) = parse(name) else {
            return Err(format!("it exports `{name}`, which is nothing of `{PACKAGE}`"));
        };
        self.note_version(version)?;
        if interface == "init" {
            self.init = Some(Init);
            return Ok(());
        }
        let Some((direction, hook, _)) = hooks().find(|(_, _, known)| known == interface) else {
            let known = known();
            let help = suggest::did_you_mean(interface, known.iter().map(String::as_str));
            return Err(format!("it exports `{interface}`, which is no hook{help}"));
        };
        match role {
            Role::Policy(of) if of != direction => {
                Err(format!("it exports `{interface}`, but it is a policy of {of} mail"))
            }
            Role::Policy(_) if hook.is_for_filters() => {
                Err(format!("it exports `{interface}`, which only filters are asked: put it into `filters/`"))
            }
            Role::Policy(_) | Role::Filter => {
                self.hooks.push((direction, hook));
                Ok(())
            }
        }
    }

    fn note_version(&mut self, version: &str) -> Result<(), String> {
        self.versions.insert(version.to_owned());
        if is_served(version) {
            return Ok(());
        }
        Err(format!(
            "it was built for version {version} of the contract, and this relay speaks {VERSION}: \
             build it with the SDK of this relay"
        ))
    }
}

fn foreign(name: &str) -> String {
    if name.starts_with("wasi:") {
        return format!(
            "it imports `{name}`, and plugins are given no WASI: build it for wasm32-unknown-unknown, as \
             `waxseal plugin build` does"
        );
    }
    format!("it imports `{name}`, which is nothing of `{PACKAGE}`")
}
