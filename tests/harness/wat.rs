//! Plugins made of WebAssembly text: what no compiler makes by itself.
//!
//! The tests of `plugins` read this file too, by its path: it names nothing of the workspace.

use std::fs;
use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

/// What every module has: a memory, an allocator that never frees, and an answer of 32 zeros at
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

/// A component that includes these worlds of the contract, with this code. Imports come first in it.
pub fn component(worlds: &[&str], code: &str) -> Vec<u8> {
    component_of(&contract(), worlds, code)
}

/// A component built for another contract: the names and texts of its files.
pub fn component_of(contract: &[(String, String)], worlds: &[&str], code: &str) -> Vec<u8> {
    let includes: String = worlds.iter().map(|world| format!("include {world};\n")).collect();
    let package = contract.first().and_then(|(_, text)| text.lines().next()).expect("a contract");
    let world = format!("{package}\nworld under-test {{\n{includes}}}\n");
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in contract.iter().chain([&("under-test.wit".to_owned(), world)]) {
        fs::write(directory.path().join(name), text).expect("a file of the contract");
    }
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(directory.path()).expect("a contract that holds together");
    let world = resolve.select_world(&[package], Some("under-test")).expect("the world under test");
    encode(&resolve, world, code)
}

/// The contract as it is in `sdk/wit`.
pub fn contract() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/wit");
    let entries = fs::read_dir(folder).expect("the contract").map(|entry| entry.expect("a file of it"));
    let mut files: Vec<_> = entries
        .map(|entry| {
            let text = fs::read_to_string(entry.path()).expect("a file of text");
            (entry.file_name().to_string_lossy().into_owned(), text)
        })
        .collect();
    files.sort();
    files
}

/// A component of a world, with this code.
pub fn encode(resolve: &Resolve, world: WorldId, code: &str) -> Vec<u8> {
    let module = wat::parse_str(format!("(module {code} {BASE})"));
    let mut module = module.unwrap_or_else(|error| panic!("{error}"));
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).expect("a world");
    let encoder = ComponentEncoder::default().validate(true).module(&module);
    let component = encoder.and_then(|mut encoder| encoder.encode());
    component.unwrap_or_else(|error| panic!("no component: {error:#}"))
}
