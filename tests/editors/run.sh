#!/usr/bin/env bash
# AwaitLens in real editors: installs them under .e2e/, builds the extension, runs every scenario.
#
#   tests/editors/run.sh                     all editors there are tests for
#   EDITORS=vscode tests/editors/run.sh      one of them
#   CODE_SERVERS="4.139.1" ...               which builds of VS Code; the newest and the oldest that are supported
#
# What cannot be installed because a registry is out of reach is skipped, and the reason is printed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
ROOT=$(cd ../.. && pwd)
CODE_SERVERS=${CODE_SERVERS:-4.139.1 4.100.3}
EDITORS=${EDITORS:-vscode neovim others}
UNREACHABLE=75
failed=()

attempt() {
  echo "== $*"
  "$@" || failed+=("$*")
}

build_extension() {
  [ -d "$ROOT/node_modules/esbuild" ] || npm ci --prefix "$ROOT" --ignore-scripts --silent || return
  npm run --prefix "$ROOT" --silent build && npm run --prefix "$ROOT" --silent package
}

vscode() {
  local version
  attempt build_extension
  for version in $CODE_SERVERS; do
    CODE_SERVER=$version ./install_vscode.sh
    case $? in
      0)
        attempt node vscode/run.mjs --version "$version"
        attempt node vscode/extension_host.mjs --version "$version"
        ;;
      $UNREACHABLE) echo "skipped: VS Code of code-server $version, see above" ;;
      *) failed+=("install_vscode.sh $version") ;;
    esac
  done
}

neovim() {
  attempt ./run_neovim.sh
}

others() {
  attempt ./run_others.sh
}

for editor in $EDITORS; do
  "$editor"
done
[ ${#failed[@]} -eq 0 ] || printf 'failed: %s\n' "${failed[@]}"
[ ${#failed[@]} -eq 0 ]
