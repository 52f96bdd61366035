//! Plugins built from source: the one place where tests get real ones.
//!
//! A workspace of guests is built once in a test process. Cargo finds out what has changed since the last
//! time: mostly nothing. Without a [toolchain] a test fails, and says what to install.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use wit_component::ComponentEncoder;

use crate::toolchain::{self, repository};

static EXAMPLES: Workspace = Workspace::new("examples/plugins");
static OWN: Workspace = Workspace::new("tests/guests");

/// How guests are built: those that are libraries, and those that are examples of a package.
const BUILD: &str = "build --workspace --lib --examples --release --locked --target wasm32-unknown-unknown \
                     --message-format json-render-diagnostics";

/// A plugin of `examples/plugins`, by the name of its library, as a component.
pub async fn example(name: &str) -> &'static [u8] {
    component(&EXAMPLES, name).await
}

/// A plugin of `tests/guests`, likewise.
pub async fn own(name: &str) -> &'static [u8] {
    component(&OWN, name).await
}

/// The same plugin with another text in it, of the same length: another version of it.
pub fn edited(component: &[u8], before: &str, after: &str) -> Vec<u8> {
    assert_eq!(before.len(), after.len());
    let (before, after) = (before.as_bytes(), after.as_bytes());
    let mut edited = component.to_vec();
    let found = component.windows(before.len()).enumerate().filter(|(_, window)| *window == before);
    let places: Vec<usize> = found.map(|(place, _)| place).collect();
    assert!(!places.is_empty(), "there is no such text in it");
    for place in places {
        edited[place..place + after.len()].copy_from_slice(after);
    }
    edited
}

/// A plugin of `examples/plugins` that is written in C, as a component. Its own script builds it.
pub async fn example_in_c(name: &str) -> Vec<u8> {
    let script = repository().join("examples/plugins").join(name).join("build.sh");
    let build = move || {
        let _turn = turn();
        let mut bash = Command::new("bash");
        let output = bash.arg(&script).env("CARGO_TARGET_DIR", repository().join("target/guests")).output();
        let output = output.expect("a shell that runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} fails:\n{said}", script.display());
        let module = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        encode(&fs::read(&module).unwrap_or_else(|error| panic!("{module}: {error}")))
    };
    tokio::task::spawn_blocking(build).await.expect("a plugin that is built")
}

async fn component(workspace: &'static Workspace, name: &str) -> &'static [u8] {
    let name = name.to_owned();
    let built = tokio::task::spawn_blocking(move || workspace.component(&name));
    // Said in the test's own thread, and not only where it was built.
    built.await.expect("no panic").unwrap_or_else(|why| panic!("{why}"))
}

/// A workspace of guests, and what it was built to: a failure too is final for this process.
struct Workspace {
    folder: &'static str,
    built: OnceLock<Result<BTreeMap<String, Guest>, String>>,
}

/// A guest: its module, and the component that becomes of it.
struct Guest {
    module: Vec<u8>,
    component: OnceLock<Vec<u8>>,
}

impl Workspace {
    const fn new(folder: &'static str) -> Self {
        Self { folder, built: OnceLock::new() }
    }

    fn component(&'static self, name: &str) -> Result<&'static [u8], String> {
        let built = self.built.get_or_init(|| self.build());
        let guests = built.as_ref().map_err(Clone::clone)?;
        let names = || guests.keys().collect::<Vec<_>>();
        let guest = guests.get(name).ok_or_else(|| format!("no {name} among {:?}", names()))?;
        Ok(guest.component.get_or_init(|| encode(&guest.module)))
    }

    /// Builds all guests. Blocks. Other test processes wait for their turn: what they read must not
    /// be replaced meanwhile.
    fn build(&self) -> Result<BTreeMap<String, Guest>, String> {
        let _turn = turn();
        let target = repository().join("target/guests");
        let environment = toolchain::found()?;
        let cargo = environment.get(OsStr::new("CARGO")).cloned().unwrap_or_else(|| OsString::from("cargo"));
        let mut cargo = Command::new(cargo);
        cargo.args(BUILD.split_whitespace()).arg("--target-dir").arg(target);
        cargo.env_clear().envs(environment).current_dir(repository().join(self.folder));
        let output = cargo.output().expect("cargo");
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("the plugins of {} cannot be built:\n{said}", self.folder));
        }
        let messages = String::from_utf8_lossy(&output.stdout);
        let modules = messages.lines().flat_map(modules);
        Ok(modules.map(|path| (stem(&path), Guest::read(&path))).collect())
    }
}

impl Guest {
    fn read(path: &Path) -> Self {
        let module = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { module, component: OnceLock::new() }
    }
}

/// The WebAssembly files of which a message of cargo tells: of what it built, and of what was built
/// before.
fn modules(message: &str) -> Vec<PathBuf> {
    let message: Value = serde_json::from_str(message).unwrap_or_default();
    let files = message["filenames"].as_array().into_iter().flatten();
    let paths = files.filter_map(|file| Some(PathBuf::from(file.as_str()?)));
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "wasm")).collect()
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The turn to build, while it is held: other test processes wait for theirs.
fn turn() -> File {
    let target = repository().join("target/guests");
    fs::create_dir_all(&target).expect("a directory to build in");
    let turn = File::create(target.join("turn")).expect("a file to lock");
    turn.lock().expect("the lock of it");
    turn
}

fn encode(module: &[u8]) -> Vec<u8> {
    let encoder = ComponentEncoder::default().validate(true).module(module);
    let component = encoder.and_then(|mut encoder| encoder.encode());
    component.unwrap_or_else(|error| panic!("no component: {error:#}"))
}
