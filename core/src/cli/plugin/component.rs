//! From a core module to a component.

use anyhow::{Context as _, anyhow};
use wit_component::{ComponentEncoder, metadata};

/// Makes a component of a core module, which carries the types of its hooks in a section of its own.
///
/// # Errors
///
/// It is no core module, or none that was built for the contract.
pub(super) fn component(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    if !module.starts_with(b"\0asm\x01\0\0\0") {
        return Err(anyhow!(if module.starts_with(b"\0asm") {
            "it is a component already: `waxseal plugin inspect` looks at it"
        } else {
            "it is no WebAssembly module"
        }));
    }
    let (_, bindings) = metadata::decode(module).context("the types of its hooks cannot be read")?;
    let world = bindings.resolve.worlds.get(bindings.world);
    if world.is_none_or(|world| world.exports.is_empty()) {
        return Err(anyhow!(
            "it has no hook. In Rust `export!` names them; with `wit-bindgen c` the file NAME_component_type.o \
             must be linked in"
        ));
    }
    let encoder = ComponentEncoder::default().validate(true).module(module);
    encoder.and_then(|mut encoder| encoder.encode()).context("no component can be made of it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_module_of_a_plugin_is_said() {
        for (bytes, expected) in [
            (&b"#!/bin/sh"[..], "no WebAssembly"),
            (b"\0asm\x0d\0\x01\0", "a component already"),
            (b"\0asm\x01\0\0\0", "it has no hook"),
            (b"\0asm\x01\0\0\0\xff", "cannot be read"),
        ] {
            let error = component(bytes).unwrap_err();
            assert!(format!("{error:#}").contains(expected), "{error:#}");
        }
    }
}
