#!/usr/bin/env bash
# Installs what tests need beside the toolchain: programs of others that they speak with, from Debian's packages and
# from npm, and starts none of them. As root on Debian; as anybody else it says what to install. A test whose program is
# missing fails, and names this script.
set -euo pipefail
cd "$(dirname "$0")/.."

# The dashboard: a real browser. Milters: rspamd, OpenDKIM, ClamAV. Authentication: other implementations, in Python.
packages=(
    chromium chromium-driver fonts-liberation
    rspamd opendkim clamav-daemon clamav-milter
    python3-spf python3-dkim python3-nacl python3-authheaders python3-dnspython
)

missing=()
for package in "${packages[@]}"; do
    dpkg -s "$package" > /dev/null 2>&1 || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
        echo "test-peers: tests need: ${missing[*]} (on Debian: apt-get install ${missing[*]}, as root)" >&2
        exit 1
    fi
    # Packages start their services unless they are told not to.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' > "$policy"
        chmod +x "$policy"
    fi
    apt-get update -q || echo "test-peers: apt-get update failed, going on with the package lists at hand" >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
fi

# axe-core finds what hinders people with disabilities.
npm=target/test-peers
if [ ! -e "$npm/node_modules/axe-core/axe.min.js" ]; then
    mkdir -p "$npm"
    npm install --prefix "$npm" --no-audit --no-fund --no-save axe-core@4
fi
