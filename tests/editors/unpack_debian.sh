#!/usr/bin/env bash
# Unpacks a program of a newer Debian under .e2e/ of the clone, with its own libraries. Nothing is installed on the system.
#
#   unpack_debian.sh SUITE PACKAGE BINARY [PACKAGE...]
#   unpack_debian.sh forky neovim usr/bin/nvim              gives .e2e/forky-neovim/root/usr/bin/nvim
#
# What is there already is kept; delete the folder to unpack anew. The folder cannot be moved.
# Needs apt-get and dpkg-deb, with the Debian archive among the configured sources.
# Exit status: 0 unpacked, 75 the archive cannot be reached (the reason is printed), anything else is a failure.
set -euo pipefail

SUITE=$1 PACKAGE=$2 BINARY=$3
shift 3
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
HOME_OF_IT=${E2E:-$ROOT/.e2e}/$SUITE-$PACKAGE
R=$HOME_OF_IT/root
UNREACHABLE=75

unreachable() {
  echo "cannot unpack $PACKAGE of Debian $SUITE: $1" >&2
  exit $UNREACHABLE
}

# The archive this machine uses already, whichever format its sources are written in.
archive() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2> /dev/null |
    sed -nE 's/^(URIs:|deb( \[[^]]*\])?) *([^ ]+\/debian)\/?( .*)?$/\3/p' | head -1
}

# With an empty status file apt believes nothing is installed, and fetches all that is needed, libc too.
fetch() {
  local apt=$HOME_OF_IT/apt mirror
  mirror=$(archive || true)
  [ -n "$mirror" ] || unreachable "no Debian archive is configured"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$R"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $SUITE main" > "$apt/sources.list"
  : > "$apt/status"
  local command=(apt-get -qq
    -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::Lists=$apt/lists" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache"
    -o APT::Install-Recommends=false -o APT::Sandbox::User=root -o Acquire::Languages=none -o Debug::NoLocking=true)
  "${command[@]}" update || unreachable "the archive does not answer"
  "${command[@]}" install -y --download-only "$PACKAGE" patchelf "$@" > /dev/null || unreachable "a package cannot be fetched"
  for package in "$apt"/cache/archives/*.deb; do dpkg-deb -x "$package" "$R"; done
  rm -rf "$apt"
}

# A program that starts itself again (as Neovim's interface does) would lose a loader it was started through, so the
# loader is written into the binary. RPATH counts for the libraries' own libraries; LD_LIBRARY_PATH would reach children.
bind() {
  local loader libraries=$R/usr/lib/x86_64-linux-gnu:$R/lib/x86_64-linux-gnu binary=$R/$BINARY
  binary=$(readlink -f "$binary")
  loader=$(find "$R" -name ld-linux-x86-64.so.2 | head -1)
  if is_at_fixed_address "$binary"; then
    start_through "$loader" "$libraries" "$binary"
    return
  fi
  "$loader" --library-path "$libraries" "$R/usr/bin/patchelf" \
    --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$binary"
}

# A program that must lie where it was linked to (ELF type 2) does not survive being rewritten. Python is one. It starts
# nothing through /proc/self/exe, so it may be started through the loader, under the name it was called by.
is_at_fixed_address() { [ "$(od -An -tu1 -j16 -N1 "$1" | tr -d ' ')" = 2 ]; }

start_through() {
  mv "$3" "$3.elf"
  printf '#!/bin/sh\nexec %q --library-path %q --argv0 "$0" %q "$@"\n' "$1" "$2" "$3.elf" > "$3"
  chmod +x "$3"
}

[ -f "$HOME_OF_IT/complete" ] && exit
rm -rf "$HOME_OF_IT"
fetch "$@"
bind
touch "$HOME_OF_IT/complete"
echo "$PACKAGE of Debian $SUITE unpacked, $(du -sh "$HOME_OF_IT" | cut -f1)"
