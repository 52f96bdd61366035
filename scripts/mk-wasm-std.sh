#!/usr/bin/env bash
# Builds std for wasm32-unknown-unknown with the compiler that RUSTC names, from library sources of exactly the same
# version, as a sysroot: OUT/lib/rustlib/wasm32-unknown-unknown/lib/*.rlib, which appears with one rename. The crates
# that std depends on are fetched by cargo, as the library's own Cargo.lock says. Called by wasm-target.sh.
# usage: mk-wasm-std.sh LIBRARY_SOURCES OUT     (absolute paths)
set -euo pipefail

sources=$1 out=$2 target=wasm32-unknown-unknown
lib=$out/lib/rustlib/$target/lib
mkdir -p "$(dirname "$lib")"
# Beside the result, so that the rename at the end stays on one file system.
work=$(mktemp -d "$out/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir src rlibs
echo '#![no_std]' >src/lib.rs
cat >Cargo.toml <<'END'
[package]
name = "wasm-std-builder"
version = "0.0.0"
edition = "2021"

[workspace]

[profile.release]
panic = "abort"
opt-level = 3
debug = false
codegen-units = 1
END

# -Zbuild-std wants a nightly, or RUSTC_BOOTSTRAP; bitcode is what lets guests use lto.
RUSTC_BOOTSTRAP=1 __CARGO_TESTS_ONLY_SRC_ROOT="$sources" CARGO_TARGET_DIR="$work/target" RUSTFLAGS="-Cembed-bitcode=yes" \
  cargo build --release -Zbuild-std=std,panic_abort --target "$target"

find "$work/target/$target/release/deps" -name '*.rlib' ! -name 'libwasm_std_builder*' -exec cp {} rlibs/ \;
rm -rf "$lib"
mv rlibs "$lib"
