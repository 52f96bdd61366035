//! What is said of files that are no plugin, or not one for this relay.

use super::super::Host;
use super::support::{
    DROPS, component, component_of, component_with_foreign_import, contract, load, mail_hook, mail_plugin,
    wrong,
};

const SILENT: &str = "(i32.const 1024)";

#[test]
fn a_file_that_is_no_component_is_said_so() {
    assert!(wrong("outgoing/a.wasm", b"").starts_with("W001 outgoing/a.wasm the file is empty"));
    assert!(wrong("outgoing/a.wasm", b"#!/bin/sh\n").contains("this is no WebAssembly"));
    let module = wat::parse_str("(module)").unwrap();
    assert!(
        wrong("outgoing/a.wasm", &module)
            .contains("a core module, and no component [`waxseal plugin build --module")
    );
    let whole = mail_plugin("", SILENT);
    let cut = wrong("outgoing/a.wasm", &whole[..whole.len() / 2]);
    assert!(cut.starts_with("W001") && cut.contains("damaged, or was cut short"), "{cut}");
}

#[test]
fn a_hook_in_the_wrong_folder_is_said_so() {
    let wasm = mail_plugin("", SILENT);
    assert_eq!(
        wrong("incoming/a.wasm", &wasm),
        "W002 incoming/a.wasm it exports `outgoing-mail`, but it is a policy of incoming mail"
    );
    let connect = "(func (export \"waxseal:policy/incoming-connect@0.1.0#connect\") (param i32) (result i32) (i32.const 1024))";
    let wasm = component(&["incoming-connect-hook"], connect);
    assert!(wrong("incoming/a.wasm", &wasm).contains("put it into `filters/`"));
}

#[test]
fn another_version_of_the_contract_is_said_so() {
    let newer: Vec<_> =
        contract().into_iter().map(|(name, text)| (name, text.replace("@0.1.0", "@0.2.0"))).collect();
    let code = format!("{DROPS} {}", mail_hook(SILENT)).replace("@0.1.0", "@0.2.0");
    let said = wrong("outgoing/a.wasm", &component_of(&newer, &["outgoing-mail-hook"], &code));
    let first = said.lines().next().unwrap();
    assert!(first.contains("built for version 0.2.0 of the contract, and this relay speaks 0.1.0"), "{said}");
}

#[test]
fn a_fact_that_this_relay_does_not_have_is_said_so() {
    let newer: Vec<_> = contract()
        .into_iter()
        .map(|(name, text)| {
            (name, text.replace("resource host {", "resource host {\n        mood: func() -> string;"))
        })
        .collect();
    let mood = "(import \"waxseal:policy/facts@0.1.0\" \"[method]host.mood\" (func $mood (param i32 i32)))";
    let code = format!(
        "{DROPS} {mood} {}",
        mail_hook("(call $mood (local.get $host) (i32.const 1024)) (i32.const 1024)")
    );
    let said = wrong("outgoing/a.wasm", &component_of(&newer, &["outgoing-mail-hook"], &code));
    assert!(said.contains("host.mood") && said.contains("newer SDK"), "{said}");
}

#[test]
fn a_verdict_of_another_shape_is_said_so() {
    let other: Vec<_> = contract()
        .into_iter()
        .map(|(name, text)| (name, text.replace("variant passage {", "variant passage {\n        perhaps,")))
        .collect();
    let said = wrong(
        "outgoing/a.wasm",
        &component_of(&other, &["outgoing-mail-hook"], &format!("{DROPS} {}", mail_hook(SILENT))),
    );
    assert!(said.contains("not as the contract has it") || said.contains("does not fit"), "{said}");
    assert!(said.contains("variant"), "{said}");
}

#[test]
fn what_is_not_granted_is_refused() {
    let now = "(import \"waxseal:policy/clock@0.1.0\" \"now\" (func $now (result i64)))";
    let wasm = mail_plugin(now, "(drop (call $now)) (i32.const 1024)");
    let said = wrong("outgoing/late.wasm", &wasm);
    assert!(
        said.starts_with("W003 outgoing/late.wasm it asks for \"clock\", which is not granted"),
        "{said}"
    );
    assert!(said.contains("`[plugin.late]` with `grant = [\"clock\"]`"), "{said}");
    let granted = [("late".to_owned(), [super::super::Grant::Clock].into())].into();
    let host = Host::new(None, granted, std::sync::Arc::new(crate::outside::Nowhere));
    assert!(load(&host, "outgoing/late.wasm", &wasm).is_ok());
}

#[test]
fn wasi_is_not_given() {
    let wasi = "package wasi:clocks@0.2.0;\ninterface wall-clock { now: func() -> u64; }";
    let component = component_with_foreign_import(wasi, &mail_hook(SILENT));
    let said = wrong("outgoing/a.wasm", &component);
    assert!(said.contains("plugins are given no WASI"), "{said}");
}

#[test]
fn a_plugin_without_hooks_is_said_so() {
    let init = "(func (export \"waxseal:policy/init@0.1.0#init\") (result i32) (i32.const 1024))";
    let said = wrong("outgoing/a.wasm", &component(&["with-init"], init));
    assert!(said.contains("it exports no hook"), "{said}");
}

#[test]
fn a_configuration_that_it_does_not_take_is_said_so() {
    let init = "(data (i32.const 2048) \"missing field `pins`\")
        (func (export \"waxseal:policy/init@0.1.0#init\") (result i32)
        (i32.store (i32.const 1024) (i32.const 1)) (i32.store (i32.const 1028) (i32.const 2048)) (i32.store (i32.const 1032) (i32.const 20))
        (i32.const 1024))";
    let wasm =
        component(&["with-init", "outgoing-mail-hook"], &format!("{DROPS} {init} {}", mail_hook(SILENT)));
    let said = wrong("outgoing/pin.wasm", &wasm);
    assert!(said.starts_with("W004 outgoing/pin.wasm missing field `pins`"), "{said}");
    assert!(said.contains("`outgoing/pin.toml`"), "{said}");
}

#[test]
fn the_same_files_are_the_same_plugin() {
    let host = Host::default();
    let wasm = mail_plugin("", SILENT);
    let first = load(&host, "outgoing/a.wasm", &wasm).unwrap();
    let again = load(&host, "outgoing/a.wasm", &wasm).unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &again));
    let other = load(&host, "outgoing/a.wasm", &mail_plugin("", "(nop) (i32.const 1024)")).unwrap();
    assert!(!std::sync::Arc::ptr_eq(&first, &other));
    // A candidate that was not taken leaves the one in force in its place.
    drop(other);
    assert!(std::sync::Arc::ptr_eq(&first, &load(&host, "outgoing/a.wasm", &wasm).unwrap()));
}
