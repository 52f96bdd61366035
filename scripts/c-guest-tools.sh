#!/usr/bin/env bash
# Makes plugins in C possible, and prints where the two tools for them are:
#
#   ( env=$(scripts/c-guest-tools.sh) && eval "$env"
#     "$WIT_BINDGEN" c wit --world my-plugin --out-dir gen
#     "$WASM_CC" -Os -Igen my_plugin.c gen/my_plugin.c gen/my_plugin_component_type.o -o my_plugin.wasm )
#
# WASM_CC is clang with the target, the C library and the linker set. What it makes is a core module without any import
# from WASI, as long as the plugin calls nothing of the C library that would need the outside (files, clocks, printf).
#
#   1. clang, wasm-ld and wasi-libc are installed   -> used
#   2. Debian has them                              -> unpacked privately; nothing is installed or shadowed
#   3. neither                                      -> says what to install, exits 1
#
# WIT_BINDGEN comes from crates.io, by `cargo install`. GUEST_TOOLCHAIN_DIR is that of wasm-target.sh, here 260 MB.
set -euo pipefail

wit_bindgen_version=0.63.0
llvm=19
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/debian.sh
source "$here/debian.sh"

fail() {
  cat >&2 <<END
c-guest-tools: $1
c-guest-tools: to build plugins in C, have a clang in PATH that links for wasm32-wasi:
  - on Debian:      apt-get install clang lld wasi-libc libclang-rt-dev-wasm32
  - elsewhere:      the WASI SDK
END
  exit 1
}

out=${GUEST_TOOLCHAIN_DIR:-$here/../target/guest-toolchain}
mkdir -p "$out/bin"
out=$(cd "$out" && pwd)
cc=$out/bin/wasm-cc
clang=$out/clang
wit_bindgen=$out/wit-bindgen-$wit_bindgen_version

# A reactor has no main(): its functions are called one by one, which is what a plugin is.
flags=(--target=wasm32-wasi -mexec-model=reactor "-Wl,--strip-debug")

make_cc() {
  if links clang "${flags[@]}"; then
    write_cc clang "${flags[@]}"
    return
  fi
  [ -x "$clang/usr/bin/clang-$llvm" ] ||
    unpack_debian "$clang" "^(clang-$llvm|lld-$llvm|libclang-(cpp|common-|rt-)|libllvm|wasi-libc)" \
      "clang-$llvm" "lld-$llvm" "libclang-rt-$llvm-dev-wasm32" wasi-libc ||
    fail "no clang that links for wasm32-wasi, and Debian's packages clang-$llvm, lld-$llvm and wasi-libc cannot be had"
  local private=(env "LD_LIBRARY_PATH=$(library_folders "$clang")" "$clang/usr/bin/clang-$llvm" "${flags[@]}"
    "--sysroot=$clang/usr" "-fuse-ld=$clang/usr/lib/llvm-$llvm/bin/wasm-ld")
  links "${private[@]}" || fail "Debian's clang in $clang does not link for wasm32-wasi"
  write_cc "${private[@]}"
}

links() {
  echo '#include <stdlib.h>
    __attribute__((export_name("probe"))) void *probe(size_t size) { return malloc(size); }' |
    "$@" -x c - -o /dev/null 2>/dev/null
}

# Appears with one rename: who sees it needs no lock.
write_cc() {
  {
    echo '#!/bin/sh'
    printf 'exec'
    printf ' %q' "$@"
    echo ' "$@"'
  } >"$cc.new"
  chmod +x "$cc.new"
  mv "$cc.new" "$cc"
}

[ -x "$cc" ] || (flock 9 && { [ -x "$cc" ] || make_cc 9>&-; }) 9>"$out/clang.lock"

# Unoptimised: it runs for a hundredth of a second, and takes minutes to optimise.
[ -x "$wit_bindgen/bin/wit-bindgen" ] || CARGO_PROFILE_DEV_DEBUG=0 cargo install wit-bindgen-cli --quiet \
  --version "$wit_bindgen_version" --locked --debug --no-default-features --features c --root "$wit_bindgen" >&2

printf 'export %s=%q\n' WASM_CC "$cc" WIT_BINDGEN "$wit_bindgen/bin/wit-bindgen"
