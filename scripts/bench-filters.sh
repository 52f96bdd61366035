#!/bin/sh
# Measures what it costs to read two header fields of each letter: a script, a plugin and rspamd as a milter of Waxseal, and Haraka.
# It wants node and npm for Haraka, and rspamd (Debian: apt-get install rspamd); what is missing is left out, and said.
#
#     scripts/bench-filters.sh [what `waxseal-bench filters` understands]
#
# HARAKA: a folder in which `npm install Haraka@3` was run already. PLUGIN: the component of tests/guests/two_headers.
set -eu
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cargo build --release --package waxseal --package waxseal-bench
if [ -z "${PLUGIN:-}" ]; then
    PLUGIN=$scratch/two_headers.wasm
    (env=$(scripts/wasm-target.sh) && eval "$env" &&
        target/release/waxseal plugin build tests/guests/two_headers --out "$PLUGIN" >&2) ||
        { echo "bench-filters: no plugin is measured" >&2; PLUGIN=; }
fi
if [ -z "${HARAKA:-}" ] && command -v npm >/dev/null; then
    HARAKA=$scratch/haraka
    mkdir "$HARAKA"
    (cd "$HARAKA" && npm install --no-audit --no-fund --loglevel error Haraka@3 >&2)
fi
[ -n "${HARAKA:-}" ] || echo "bench-filters: there is no npm, and Haraka is not measured" >&2
rspamd=
if command -v rspamd >/dev/null; then
    rspamd=--rspamd
    rspamd --version
else
    echo "bench-filters: rspamd is not installed, and is not measured" >&2
fi
if [ -n "${HARAKA:-}" ]; then
    echo "Haraka $(node -p "require('$HARAKA/node_modules/Haraka/package.json').version"), node $(node --version)"
fi

# shellcheck disable=SC2086 # One word or none.
target/release/waxseal-bench filters $rspamd \
    ${PLUGIN:+--plugin "$PLUGIN"} ${HARAKA:+--haraka "$HARAKA"} "$@"
