#!/usr/bin/env bash
# Installs what the end-to-end tests run beside the relay: the milters rspamd and OpenDKIM, of Debian's packages. As root
# it installs what is missing, and starts none of it; as anybody else it says what to install. The tests start their own.
set -euo pipefail

missing() {
  command -v rspamd >/dev/null || echo rspamd
  PATH=$PATH:/usr/sbin command -v opendkim >/dev/null || echo opendkim
}

packages=$(missing)
[ -n "$packages" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "test-peers: tests run real milters; install" $packages "(on Debian: apt-get install" $packages", as root)" >&2
  exit 1
fi

# Packages start their services unless they are told not to.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi
apt-get update -qq || echo "apt-get update failed, going on with the package lists at hand" >&2
# shellcheck disable=SC2086 # a word for each package
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages
