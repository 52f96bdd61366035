#!/usr/bin/env bash
# Makes `cargo build --target wasm32-unknown-unknown` possible, and prints the environment that it needs:
#
#   ( env=$(scripts/wasm-target.sh) && eval "$env" && cargo build --release --target wasm32-unknown-unknown )
#
# Use a subshell: RUSTC is set for guests only, the relay is built by its own compiler. And ask first, then eval:
# `eval "$(..)"` would go on after a failure.
#
#   1. the target is installed                  -> nothing to do
#   2. Debian has rustc-web and rust-web-src    -> unpacked privately, std built once; nothing is installed or shadowed
#   3. neither                                  -> says what to install, exits 1
#
# GUEST_TOOLCHAIN_DIR (default: target/guest-toolchain of this repository) keeps compiler and sysroot, about 500 MB,
# between calls. Remove the folder to begin anew. Any number of calls may run at once: one works, the others wait.
set -euo pipefail

target=wasm32-unknown-unknown
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/debian.sh
source "$here/debian.sh"

fail() {
  cat >&2 <<END
wasm-target: $1
wasm-target: to build plugins, do one of these:
  - with rustup:    rustup target add $target
  - on Debian 12:   apt-get update   (as root, with bookworm-security among the sources), then run this again
END
  exit 1
}

has_std() { compgen -G "$1/lib/rustlib/$target/lib/libstd-*.rlib" >/dev/null; }

host_sysroot=$(rustc --print sysroot) || fail "there is no rustc"
if has_std "$host_sysroot"; then
  echo "# $target is installed"
  exit 0
fi

out=${GUEST_TOOLCHAIN_DIR:-$here/../target/guest-toolchain}
mkdir -p "$out"
out=$(cd "$out" && pwd)
web=$out/rust-web
sysroot=$out/sysroot
linker=$(compgen -G "$host_sysroot/lib/rustlib/*/bin/rust-lld") || fail "no rust-lld in the toolchain at $host_sysroot"

# The environment in which Debian's compiler runs, for the steps below as for the caller.
export_compiler() {
  export RUSTC=$web/usr/bin/rustc LD_LIBRARY_PATH
  LD_LIBRARY_PATH=$(library_folders "$web")
  "$RUSTC" --version >/dev/null || fail "Debian's rustc at $RUSTC does not run"
}

build_std() {
  # A call that was interrupted has left a compiler that is whole.
  compgen -G "$web/usr/src/rustc-*/library" >/dev/null ||
    unpack_debian "$web" '^(rustc-web|rust-web-src|libstd-rust-web|libllvm)' rustc-web rust-web-src ||
    fail "the target $target is not installed, and Debian's packages rustc-web and rust-web-src cannot be had"
  export_compiler
  rm -rf "$sysroot"
  "$here/mk-wasm-std.sh" "$(echo "$web"/usr/src/rustc-*/library)" "$sysroot" >&2
  rm -rf "$web/usr/src" # 430 MB that nothing needs any more
}

# std appears with one rename, after all the rest: who sees it needs no lock.
is_ready() { [ -x "$web/usr/bin/rustc" ] && has_std "$sysroot"; }
is_ready || (flock 9 && { is_ready || build_std 9>&-; }) 9>"$out/rust-web.lock"

export_compiler
# RUSTFLAGS, where it is set, would take the place of the flags for the target.
echo "unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS"
printf 'export %s=%q\n' \
  RUSTC "$RUSTC" \
  LD_LIBRARY_PATH "$LD_LIBRARY_PATH" \
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER "$linker" \
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS "--sysroot $sysroot"
