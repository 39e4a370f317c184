#!/usr/bin/env bash
# Builds the wheel and installs it as users do: with pip on each Python it promises, with uv, with pipx.
#
#   tests/distribution/run.sh [PYTEST ARGUMENT...]
#
# Taken are the Pythons on PATH, those of pyenv, and 3.13 and 3.14 out of newer Debians, unpacked under .e2e/. A version
# that is not to be had is skipped, and the reason is printed.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
E2E=${E2E:-$ROOT/.e2e}
PYTHON=$ROOT/.venv/bin/python
cd "$ROOT"

shopt -s nullglob
found=("${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python)
for suite_version in trixie-3.13 forky-3.14; do
  version=${suite_version#*-}
  name=python$version
  if tests/editors/unpack_debian.sh "${suite_version%-*}" "$name" "usr/bin/$name" "$name-venv"; then
    found+=("$E2E/${suite_version%-*}-$name/root/usr/bin/$name")
  else
    echo "skipped: Python $version of Debian ${suite_version%-*}, see above"
  fi
done
PYTHONS=$(IFS=:; echo "${found[*]}") exec "$PYTHON" -m pytest -n0 -rs tests/distribution "$@"
