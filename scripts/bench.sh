#!/bin/sh
# Runs the workloads against Waxseal and Postfix side by side, and prints the ratios. As root on Debian it
# installs Postfix if need be (without starting it); elsewhere: `--servers waxseal`.
#
#     scripts/bench.sh [what `waxseal-bench compare` understands]
set -eu
cd "$(dirname "$0")/.."

if ! command -v postfix >/dev/null && [ "$(id -u)" = 0 ]; then
    policy=/usr/sbin/policy-rc.d
    [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; trap 'rm -f "$policy"' EXIT; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postfix
fi
cargo build --release --package waxseal --package waxseal-bench
target/release/waxseal-bench compare "$@"
