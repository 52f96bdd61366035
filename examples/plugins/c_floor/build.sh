#!/usr/bin/env bash
# Compiles the plugin c_floor to a core module, and prints where it is:
#
#   waxseal plugin build --module "$(./build.sh)"
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../../..
out=${CARGO_TARGET_DIR:-$here/../target}/c_floor
env=$("$root/scripts/c-guest-tools.sh") && eval "$env"

# What a world includes has to be in `deps` beside it.
rm -rf "$out"
mkdir -p "$out/wit/deps/waxseal"
cp "$here/plugin.wit" "$out/wit/"
cp "$root"/sdk/wit/*.wit "$out/wit/deps/waxseal/"

"$WIT_BINDGEN" c "$out/wit" --world plugin --out-dir "$out/gen" >&2
"$WASM_CC" -Os -flto -Wall -Wextra "-I$out/gen" \
  "$here/floor.c" "$out/gen/plugin.c" "$out/gen/plugin_component_type.o" -o "$out/c_floor.wasm"
echo "$out/c_floor.wasm"
