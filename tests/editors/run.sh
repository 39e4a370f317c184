#!/usr/bin/env bash
# AwaitLens in real editors: installs them under .e2e/, builds the extension, runs every scenario.
#
#   tests/editors/run.sh                     all editors there are tests for
#   EDITORS=vscode tests/editors/run.sh      one of them
#   CODE_SERVERS="4.139.1" ...               which builds of VS Code; the newest and the oldest that are supported
#
# What cannot be had because a registry is out of reach is skipped, and the reason is printed. What fails gets a second
# chance, and is told either way: on a machine that is busy with other things an editor may be too slow for a script.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
ROOT=$(cd ../.. && pwd)
CODE_SERVERS=${CODE_SERVERS:-4.139.1 4.100.3}
EDITORS=${EDITORS:-vscode neovim others}
UNREACHABLE=75
LONGEST=1500 # seconds that one step may take: what hangs must not hang for ever
told=()
failed=()

# step COMMAND...: whether it was done. One that says that something is out of reach is skipped.
step() {
  local status try
  for try in ${TRIES:-first second}; do
    echo "== $* ($SECONDS s)"
    timeout --kill-after=30 $LONGEST "$@"
    status=$?
    case $status in
      0) [ $try = first ] || told+=("passed at the second try: $*"); return 0 ;;
      $UNREACHABLE) told+=("SKIPPED, see the reason above: $*"); return $UNREACHABLE ;;
    esac
    echo "failed with status $status: $*"
  done
  failed+=("$*")
  return 1
}

vscode() {
  step ./build_extension.sh || return
  for version in $CODE_SERVERS; do
    CODE_SERVER=$version step ./install_vscode.sh || continue
    TRIES=first step node vscode/run.mjs --version "$version" # It tries each scenario twice itself.
    step node vscode/extension_host.mjs --version "$version"
  done
}

neovim() {
  for suite in forky trixie; do
    SUITES=$suite step ./run_neovim.sh
  done
}

others() {
  for other in helix eglot; do
    step ./run_others.sh $other
  done
}

for editor in $EDITORS; do
  "$editor"
done
echo "== ended after $SECONDS s"
[ ${#told[@]} -eq 0 ] || printf '%s\n' "${told[@]}"
[ ${#failed[@]} -eq 0 ] || printf 'FAILED: %s\n' "${failed[@]}"
[ ${#failed[@]} -eq 0 ]
