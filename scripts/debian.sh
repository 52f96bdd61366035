# Sourced by the scripts beside it: compilers from Debian's packages, unpacked privately.
# shellcheck shell=bash

# usage: unpack_debian DEST PATTERN PACKAGE...
# Unpacks into DEST, which appears with one rename, those of the packages and of what they depend on whose names match
# PATTERN, and the shared libraries that this machine lacks. Nothing is installed or shadowed; only bringing the package
# lists up to date needs root, and is left out without. Returns 1 where the packages cannot be had.
unpack_debian() {
  local dest=$1 pattern=$2 packages deb
  shift 2
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" != 0 ] || apt-get update -qq >&2 || echo "apt-get update failed, going on with the package lists at hand" >&2

  # The first list is of a machine that has nothing yet. libc is left out: it fits one dynamic linker, the machine's.
  packages=$({
    would_install -o Dir::State::status=/dev/null "$@" | grep -E "$pattern"
    would_install "$@" | grep '^lib'
  } | grep -v '^libc6' | sort -u)
  [ -n "$packages" ] || return 1

  rm -rf "$dest" "$dest.new" "$dest.debs"
  mkdir -p "$dest.debs"
  echo "downloading $(paste -sd ' ' <<<"$packages")" >&2
  # shellcheck disable=SC2086 # a word for each package
  (cd "$dest.debs" && apt-get download -qq $packages >&2) || return 1
  for deb in "$dest.debs"/*.deb; do dpkg -x "$deb" "$dest.new" || return 1; done
  rm -rf "$dest.debs"
  mv "$dest.new" "$dest"
}

would_install() {
  apt-get install -s --no-install-recommends "$@" 2>/dev/null | awk '$1 == "Inst" { print $2 }'
}

# The folders of an unpacked DEST in which its shared libraries lie, for LD_LIBRARY_PATH.
library_folders() {
  find "$1" -path '*/lib/*-linux-gnu/lib*.so*' -printf '%h\n' | sort -u | paste -sd :
}
