//! From a core module to a component.

use waxseal_plugins::diagnostic::Diagnostic;
use waxseal_plugins::place::Place;
use wit_component::{ComponentEncoder, metadata};

/// What a core module begins with, and what any WebAssembly does.
const MODULE: &[u8] = b"\0asm\x01\0\0\0";
const WEBASSEMBLY: &[u8] = b"\0asm";

/// Makes a component of a core module, which has the types of its hooks in a section of its own.
///
/// # Errors
///
/// It is no core module, or none that was built for the contract.
pub(super) fn component(file: &str, module: &[u8]) -> Result<Vec<u8>, Vec<Diagnostic>> {
    let wrong = |code, message: String, help: &str| {
        vec![Diagnostic::error(code, Place::file(file), message).helped(help)]
    };
    if !module.starts_with(MODULE) {
        return Err(if module.starts_with(WEBASSEMBLY) {
            wrong("W001", "this is a component already".to_owned(), "`waxseal plugin inspect` looks at it")
        } else {
            wrong("W001", "this is no WebAssembly".to_owned(), "--module takes a core module")
        });
    }
    let damaged = |error: anyhow::Error| {
        let message = format!("no component can be made of it: {error:#}");
        wrong("W001", message, "it must be a whole core module, built for wasm32 without WASI")
    };
    let (_, bindings) = metadata::decode(module).map_err(damaged)?;
    let world = bindings.resolve.worlds.get(bindings.world);
    if world.is_none_or(|world| world.exports.is_empty()) {
        let help = "in Rust `export!` names the hooks; after `wit-bindgen c`, NAME_component_type.o must be linked in";
        return Err(wrong("W002", "it has no hook: nothing would be asked of it".to_owned(), help));
    }
    let encoder = ComponentEncoder::default().validate(true).module(module);
    encoder.and_then(|mut encoder| encoder.encode()).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_module_of_a_plugin_is_said() {
        for (bytes, expected) in [
            (&b"#!/bin/sh"[..], "this is no WebAssembly"),
            (b"\0asm\x0d\0\x01\0", "a component already"),
            (MODULE, "it has no hook"),
            (b"\0asm\x01\0\0\0\xff", "no component can be made of it"),
        ] {
            let errors = component("mine.wasm", bytes).unwrap_err();
            assert!(errors[0].to_string().contains(expected), "{}", errors[0]);
        }
    }
}
