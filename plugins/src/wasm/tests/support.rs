//! Components made of core WebAssembly text and worlds of the contract.

use std::path::Path;
use std::sync::Arc;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::super::{Files, Host, Plugin};
use crate::decider::{Decider, Role};
use crate::decision::{Answer, Outcome};
use crate::diagnostic::Diagnostic;
use crate::facts::{Mail, Row, canonical};
use crate::hooks::{Direction, outgoing};
use crate::verdicts::Passage;

/// What every module here has: a memory, an allocator that never frees, and an answer of 32 zeros at
/// 1024, which as a result is `ok(none)`.
const BASE: &str = r#"
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
        (global.set $free (i32.add (local.get $at) (local.get 3)))
        (block $enough
            (br_if $enough (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
            (drop (memory.grow (i32.const 64))))
        (local.get $at))
"#;

/// A component that includes these worlds of the contract, with this code.
pub(super) fn component(worlds: &[&str], code: &str) -> Vec<u8> {
    component_of(&contract(), worlds, code)
}

/// The contract as it is in `sdk/wit`.
pub(super) fn contract() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/wit");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// A component built for another contract.
pub(super) fn component_of(contract: &[(String, String)], worlds: &[&str], code: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in contract {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    let includes: String = worlds.iter().map(|world| format!("include {world};\n")).collect();
    let first = &contract.first().unwrap().1;
    let package = first.lines().next().unwrap();
    let world = format!("{package}\nworld under-test {{\n{includes}}}\n");
    std::fs::write(directory.path().join("under-test.wit"), world).unwrap();
    let (package, _) = resolve.push_dir(directory.path()).unwrap();
    let world = resolve.select_world(&[package], Some("under-test")).unwrap();
    encode(&resolve, world, code)
}

/// A component that wants an interface of another package besides.
pub(super) fn component_with_foreign_import(foreign: &str, code: &str) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let deps = directory.path().join("deps");
    for (folder, files) in
        [("contract", contract()), ("foreign", vec![("foreign.wit".to_owned(), foreign.to_owned())])]
    {
        std::fs::create_dir_all(deps.join(folder)).unwrap();
        for (name, text) in files {
            std::fs::write(deps.join(folder).join(name), text).unwrap();
        }
    }
    let world = "package site:plugin;\nworld under-test {\n    include waxseal:policy/outgoing-mail-hook@0.1.0;\n    import wasi:clocks/wall-clock@0.2.0;\n    export used: func();\n}\n";
    std::fs::write(directory.path().join("world.wit"), world).unwrap();
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(directory.path()).unwrap();
    let world = resolve.select_world(&[package], Some("under-test")).unwrap();
    let now = "(import \"wasi:clocks/wall-clock@0.2.0\" \"now\" (func $foreign (result i64)))";
    let used = "(func (export \"used\") (drop (call $foreign)))";
    encode(&resolve, world, &format!("{DROPS} {now} {code} {used}"))
}

fn encode(resolve: &Resolve, world: wit_parser::WorldId, code: &str) -> Vec<u8> {
    let module = wat::parse_str(format!("(module {code} {BASE})"));
    let mut module = module.unwrap_or_else(|error| panic!("{error}"));
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}

/// How a module gives back what it was lent. Imports come first in a module.
pub(super) const DROPS: &str = r#"
    (import "waxseal:policy/facts@0.1.0" "[resource-drop]host" (func $drop_host (param i32)))
    (import "waxseal:policy/facts@0.1.0" "[resource-drop]mail" (func $drop_mail (param i32)))
"#;

/// The code of `outgoing-mail` with this body, which gives the address of its answer.
pub(super) fn mail_hook(body: &str) -> String {
    format!(
        r#"(func (export "waxseal:policy/outgoing-mail@0.1.0#mail") (param $host i32) (param $mail i32) (result i32)
            (local $answer i32)
            (local.set $answer (block (result i32) {body}))
            (call $drop_host (local.get $host))
            (call $drop_mail (local.get $mail))
            (local.get $answer))"#
    )
}

/// A plugin that has `outgoing-mail` with this body, and this code besides. Imports come first.
pub(super) fn mail_plugin(imports: &str, body: &str) -> Vec<u8> {
    component(&["outgoing-mail-hook"], &format!("{DROPS} {imports} {}", mail_hook(body)))
}

pub(super) fn load(host: &Host, path: &str, wasm: &[u8]) -> Result<Arc<Plugin>, Vec<Diagnostic>> {
    let role = match path.split('/').next() {
        Some("incoming") => Role::Policy(Direction::Incoming),
        Some("outgoing") => Role::Policy(Direction::Outgoing),
        _ => Role::Filter,
    };
    host.load(&path.into(), role, Files { wasm, config: None })
}

/// Loads a plugin that has nothing wrong with it.
pub(super) fn good(host: &Host, wasm: &[u8]) -> Arc<Plugin> {
    load(host, "outgoing/under_test.wasm", wasm).unwrap_or_else(|findings| panic!("{}", findings[0]))
}

/// What is wrong with a plugin: code and message, and the help.
pub(super) fn wrong(path: &str, wasm: &[u8]) -> String {
    let findings = load(&Host::default(), path, wasm).map(|_| ()).unwrap_err();
    let told = |finding: &Diagnostic| {
        let help = finding.help.as_ref().map(|help| format!(" [{help}]")).unwrap_or_default();
        format!("{} {} {}{help}", finding.code, finding.place, finding.message)
    };
    findings.iter().map(told).collect::<Vec<_>>().join("\n")
}

/// Asks the plugin's `mail` as the relay does.
pub(super) fn ask(plugin: &Arc<Plugin>) -> Option<Answer<Passage>> {
    let host = Arc::new(canonical::encrypted_host(Arc::<Row>::default()));
    let decider = Decider::Plugin(Arc::clone(plugin));
    pollster::block_on(decider.ask::<outgoing::Mail>(&host, &Arc::<Mail>::default()))
}

/// The failure of the plugin's `mail`.
pub(super) fn failure(plugin: &Arc<Plugin>) -> String {
    match ask(plugin).expect("an answer").outcome {
        Outcome::Failure(failure) => failure.message,
        Outcome::Verdict(verdict) => panic!("it answers {verdict:?}"),
    }
}
