//! From a file to a plugin, or to what is wrong with it.

use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use wasmtime::component::Component;

use super::contract::{PACKAGE, VERSION};
use super::exports::Exports;
use super::failure::Kind;
use super::guest::About;
use super::host::{Host, Machine};
use super::pool::Pool;
use super::{Breaker, Failed, Grant, Plugin};
use crate::decider::Role;
use crate::diagnostic::Diagnostic;
use crate::place::Place;
use crate::state::{Lists, Manner, Reaches};

/// What a plugin's file begins with: `\0asm`, then the version of a module or of a component.
const MAGIC: &[u8] = b"\0asm";
const MODULE: &[u8] = &[1, 0, 0, 0];

/// The files of a plugin.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// The component.
    pub wasm: &'a [u8],
    /// The text of the `.toml` beside it, if there is one.
    pub config: Option<&'a Arc<str>>,
    /// The folder of the lists that it may be granted; `None` where there are none.
    pub lists: Option<&'a Path>,
}

impl Plugin {
    /// Compiles a component, looks at it from outside, links it, and makes an instance. Blocks.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what would be right.
    pub(super) fn load(
        host: &Host,
        path: &Arc<str>,
        role: Role,
        files: Files<'_>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let wrong = |code, message: String| Diagnostic::error(code, Place::file(Arc::clone(path)), message);
        let config = match files.config {
            Some(text) => config::json(&toml_path(path), text)?,
            None => "{}".into(),
        };
        if let Some(finding) = no_component(path, files.wasm) {
            return Err(vec![finding]);
        }
        let machine = host
            .machine()
            .map_err(|why| vec![wrong("W005", format!("plugins cannot be run on this machine: {why}"))])?;
        let hash: [u8; 32] = digest(&SHA256, files.wasm).as_ref().try_into().unwrap_or_default();
        let component = Component::from_binary(&machine.engine, files.wasm).map_err(|error| {
            let message = format!("the component cannot be compiled: {}", error.root_cause());
            vec![wrong("W001", message).helped("it is damaged, or was cut short: build or copy it again")]
        })?;
        let exports = Exports::of(&component, &machine.engine, role)
            .map_err(|whys| whys.into_iter().map(|why| wrong("W002", why)).collect::<Vec<_>>())?;
        let name = stem(path);
        not_granted(host, &name, path, &exports)?;
        let linked = link(machine, &component).map_err(|message| vec![wrong("W002", message)])?;
        let lists = lists(host, &exports, files).unwrap_or_else(|| host.lists());
        let reaches = Reaches::new(host.state(), &name, &lists);
        let about = About { name, path: Arc::clone(path), config };
        let plugin = Self {
            about: Arc::new(about),
            role,
            hash,
            exports,
            linked,
            host: host.clone(),
            asked: Pool::new(),
            breaker: Breaker::default(),
            tried: Pool::new(),
            reaches,
        };
        plugin.make_one().map_err(|failed| vec![plugin.unmade(&failed, files.config)])?;
        Ok(plugin)
    }

    /// Whether it was made of the same files, and may go on as it is.
    pub(super) fn is_made_of(&self, files: Files<'_>) -> bool {
        if self.asked.is_retired() {
            return false;
        }
        let hash = digest(&SHA256, files.wasm);
        let config = files.config.map_or(Ok("{}".into()), |text| config::json(&toml_path(self.path()), text));
        let lists = lists(&self.host, &self.exports, files);
        self.hash == hash.as_ref()
            && config.is_ok_and(|config| config == self.about.config)
            && lists.is_none_or(|lists| Arc::ptr_eq(self.reaches.lists(), &lists))
    }

    /// Makes an instance: only now all is known of a component, whether its functions are as the contract
    /// has them and whether it takes its configuration.
    fn make_one(&self) -> Result<(), Failed> {
        let instance = pollster::block_on(self.instance(Manner::Tried))?;
        self.tried.give_back(instance);
        Ok(())
    }

    fn unmade(&self, failed: &Failed, config: Option<&Arc<str>>) -> Diagnostic {
        match (failed.kind, config) {
            (Kind::Error, Some(text)) => {
                let place = Place::file(toml_path(self.path()));
                Diagnostic::error("W004", place, failed.message.clone()).within(Arc::clone(text))
            }
            (Kind::Error, None) => {
                let place = Place::file(Arc::clone(self.path()));
                let help = format!("its configuration is looked for in `{}`", toml_path(self.path()));
                Diagnostic::error("W004", place, failed.message.clone()).helped(help)
            }
            (Kind::BadVerdict, _) => {
                Diagnostic::error("W002", Place::file(Arc::clone(self.path())), failed.message.clone())
            }
            _ => {
                let message = format!("it does not begin: {}", failed.message);
                Diagnostic::error("W005", Place::file(Arc::clone(self.path())), message)
            }
        }
    }
}

/// The lists of the folder, where it asks for them.
fn lists(host: &Host, exports: &Exports, files: Files<'_>) -> Option<Arc<Lists>> {
    let folder = files.lists.filter(|_| exports.asks().any(|grant| grant == Grant::Lists))?;
    Some(host.state().lists_in(folder))
}

/// What is said of a file that is no component at all.
fn no_component(path: &Arc<str>, bytes: &[u8]) -> Option<Diagnostic> {
    let (message, help) = match bytes.strip_prefix(MAGIC) {
        None if bytes.is_empty() => ("the file is empty", "build or copy it again"),
        None => ("this is no WebAssembly", "a plugin is a component: `waxseal plugin build` makes one"),
        Some(rest) if rest.starts_with(MODULE) => (
            "this is a core module, and no component",
            "`waxseal plugin build --module FILE` makes a component of it",
        ),
        Some(_) => return None,
    };
    Some(Diagnostic::error("W001", Place::file(Arc::clone(path)), message).helped(help))
}

/// What it asks for must be granted by the site: it decides what its plugins reach.
fn not_granted(
    host: &Host,
    name: &Arc<str>,
    path: &Arc<str>,
    exports: &Exports,
) -> Result<(), Vec<Diagnostic>> {
    let granted = host.granted(name);
    let missing: Vec<_> = exports.asks().filter(|grant| !granted.contains(grant)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let quoted = |grants: &mut dyn Iterator<Item = Grant>| {
        grants.map(|grant| format!("\"{grant}\"")).collect::<Vec<_>>().join(", ")
    };
    let message = format!("it asks for {}, which is not granted", quoted(&mut missing.into_iter()));
    let help = format!(
        "if that is meant, write `[plugin.{name}]` with `grant = [{}]` into the configuration, and start the relay anew",
        quoted(&mut exports.asks())
    );
    Err(vec![Diagnostic::error("W003", Place::file(Arc::clone(path)), message).helped(help)])
}

fn link(
    machine: &Machine,
    component: &Component,
) -> Result<wasmtime::component::InstancePre<super::Guest>, String> {
    machine.linker.instantiate_pre(component).map_err(|error| {
        let chain: Vec<_> = error.chain().map(ToString::to_string).collect();
        format!(
            "it does not fit the contract `{PACKAGE}@{VERSION}`: {}; was it built with a newer SDK?",
            chain.join(": ")
        )
    })
}

/// The stem of a plugin's file.
pub(super) fn stem(path: &str) -> Arc<str> {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.strip_suffix(".wasm").unwrap_or(file).into()
}

/// The file of a plugin's configuration.
fn toml_path(path: &str) -> Arc<str> {
    format!("{}.toml", path.strip_suffix(".wasm").unwrap_or(path)).into()
}

mod config;
