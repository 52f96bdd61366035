#!/usr/bin/env bash
# Other implementations, which tests compare ours with: from Debian's packages, as root. Without them the tests that
# need them fail.
set -euo pipefail

# SPF, DKIM, ARC and DMARC in Python: tests/authentication.rs
packages=(python3-spf python3-dkim python3-nacl python3-authheaders python3-dnspython)

apt-get update -q
apt-get install -y --no-install-recommends "${packages[@]}"
