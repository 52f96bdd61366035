#!/usr/bin/env bash
# Installs what tests need beside the toolchain: programs of others, from Debian's packages and from npm. Needs root
# for the packages. A test whose program is missing fails, and names this script.
set -euo pipefail
cd "$(dirname "$0")/.."

# apt PACKAGE.. : those that are not there yet.
apt() {
    local missing=()
    for package in "$@"; do
        dpkg -s "$package" > /dev/null 2>&1 || missing+=("$package")
    done
    if [ "${#missing[@]}" -gt 0 ]; then
        apt-get update -q
        apt-get install -y -q --no-install-recommends "${missing[@]}"
    fi
}

# The dashboard: a real browser, and axe-core, which finds what hinders people with disabilities.
apt chromium chromium-driver fonts-liberation
npm=target/test-peers
if [ ! -e "$npm/node_modules/axe-core/axe.min.js" ]; then
    mkdir -p "$npm"
    npm install --prefix "$npm" --no-audit --no-fund --no-save axe-core@4
fi
