#!/usr/bin/env bash
# Drives the real Neovim, the newest (0.12) and the oldest supported (0.10), with the real server.
#
#   tests/editors/run_neovim.sh [PYTEST ARGUMENT...]
#   SUITES=forky tests/editors/run_neovim.sh -k slides
#
# Screens are kept as pictures in .e2e/screenshots/neovim-SUITE/, with the times from keypress to diagnostic.
# Installs tmux where it is missing. Needs chromium for the pictures. Exit status: 0 passed, 75 the Debian archive cannot be reached, else failed.
set -euo pipefail

if ! command -v tmux > /dev/null; then
  { apt-get update -qq && apt-get install -y -qq tmux > /dev/null; } || { echo "cannot install tmux" >&2; exit 75; }
fi

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
E2E=${E2E:-$ROOT/.e2e}
PYTHON=${PYTHON:-$ROOT/.venv/bin/python}
[ -x "$PYTHON" ] || PYTHON=python3
cd "$ROOT"

failed=0
for SUITE in ${SUITES:-forky trixie}; do
  "$HERE/unpack_debian.sh" "$SUITE" neovim usr/bin/nvim
  export NEOVIM=$E2E/$SUITE-neovim/root/usr/bin/nvim SCREENS=$E2E/screenshots/neovim-$SUITE
  rm -rf "$SCREENS"
  VIMRUNTIME=$E2E/$SUITE-neovim/root/usr/share/nvim/runtime "$NEOVIM" --version | head -1
  status=0
  "$PYTHON" -m pytest -n0 tests/editors/neovim "$@" || status=$?
  "$PYTHON" -m tests.editors.neovim.picture "$SCREENS"
  cat "$SCREENS/times.txt" 2> /dev/null || true
  [ "$status" = 0 ] || failed=$status
done
exit "$failed"
