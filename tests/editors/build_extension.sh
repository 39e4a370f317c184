#!/usr/bin/env bash
# Makes the .vsix that is tested, with the wheel it carries.
#
# Exit status: 0 made, 75 the npm registry cannot be reached or npm is not there (the reason is printed), else failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

unreachable() {
  echo "cannot build the extension: $1" >&2
  exit 75
}

command -v npm > /dev/null || unreachable "npm is not installed"
if [ ! -d node_modules/esbuild ]; then
  npm view --silent esbuild version > /dev/null 2>&1 || unreachable "the npm registry cannot be reached"
  npm ci --ignore-scripts --silent
fi
npm run --silent build
npm run --silent package
