//! Components made of core WebAssembly text, loaded and asked.

use std::sync::Arc;

use wit_parser::Resolve;

use self::wat::encode;
pub(super) use self::wat::{component, component_of, contract};

use super::super::{Files, Host, Plugin};
use crate::decider::{Decider, Role};
use crate::decision::{Answer, Outcome};
use crate::diagnostic::Diagnostic;
use crate::facts::{Mail, Row, canonical};
use crate::hooks::{Direction, outgoing};
use crate::verdicts::Passage;

// The end-to-end tests make theirs with it too.
#[allow(unreachable_pub, reason = "there it is a module of a library")]
#[path = "../../../../tests/harness/wat.rs"]
mod wat;

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
    host.load(&path.into(), role, Files { wasm, config: None, lists: None })
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
