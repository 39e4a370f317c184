#!/usr/bin/env bash
# Tries docs/editors.md in Helix and in Emacs (eglot), with the real server. Debian packages, unpacked under .e2e/.
#
#   tests/editors/run_others.sh [helix] [eglot]
#
# Installs tmux where it is missing. Exit status: 0 passed, 75 the Debian archive cannot be reached, else failed.
set -euo pipefail

if ! command -v tmux > /dev/null; then
  { apt-get update -qq && apt-get install -y -qq tmux > /dev/null; } || { echo "cannot install tmux" >&2; exit 75; }
fi

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
E2E=${E2E:-$ROOT/.e2e}
SCREENS=$E2E/screenshots/others
SUITE=trixie
mkdir -p "$SCREENS"
command -v awaitlens > /dev/null || PATH=$ROOT/.venv/bin:$PATH

SCRATCH=$(mktemp -d)
terminal() { tmux -S "$SCRATCH/terminal" -f /dev/null "$@"; }
trap 'terminal kill-server 2> /dev/null || true; rm -rf "$SCRATCH"' EXIT
export HOME=$SCRATCH/home LANG=C.UTF-8 LC_ALL=C.UTF-8 TERM=tmux-256color COLORTERM=truecolor
unset XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME XDG_STATE_HOME
mkdir -p "$HOME"

workspace() {
  rm -rf "$SCRATCH/workspace"
  cp -r "$HERE/fixtures/workspace" "$SCRATCH/workspace"
  touch "$SCRATCH/workspace/pyproject.toml"
}

sees() {
  for _ in $(seq 200); do
    terminal capture-pane -p | grep -qF -- "$1" && return
    sleep 0.1
  done
  echo "never seen: $1" >&2
  terminal capture-pane -p >&2
  return 1
}

keep() { terminal capture-pane -p -e > "$SCREENS/$1.ansi"; }

run_helix() {
  "$HERE/unpack_debian.sh" $SUITE hx usr/bin/hx
  local root=$E2E/$SUITE-hx/root
  workspace
  mkdir -p "$HOME/.config/helix"
  cp "$HERE/others/languages.toml" "$HOME/.config/helix/"
  printf '[editor]\nend-of-line-diagnostics = "hint"\n[editor.lsp]\ndisplay-inlay-hints = true\n' > "$HOME/.config/helix/config.toml"
  "$root/usr/bin/hx" --version
  terminal -u new-session -d -x 120 -y 32 -c "$SCRATCH/workspace" "$root/usr/bin/hx" notify.py
  terminal set -g default-terminal tmux-256color
  sees "time.sleep blocks the event loop"
  keep helix-finding
  terminal send-keys -l "/time.sleep"
  terminal send-keys Enter
  terminal send-keys Space k
  sees "Never block the loop"
  keep helix-hover
  terminal send-keys Escape
  terminal send-keys Space a
  sees "Use await asyncio.sleep"
  keep helix-actions
  terminal send-keys Enter Enter
  sees "await asyncio.sleep(0.01)"
  terminal send-keys Escape
  terminal send-keys -l ":w"
  terminal send-keys Enter
  for _ in $(seq 100); do grep -q "await asyncio.sleep" "$SCRATCH/workspace/notify.py" && break; sleep 0.1; done
  grep -q "    await asyncio.sleep(0.01)" "$SCRATCH/workspace/notify.py"
  keep helix-repaired
  terminal kill-server
  echo "helix: passed"
}

# Where an unpacked Emacs finds what it was compiled to look for in /usr.
emacs() {
  local root=$E2E/$SUITE-emacs-nox/root version=30.1
  "$HERE/unpack_debian.sh" $SUITE emacs-nox usr/bin/emacs-nox
  EMACSDATA=$root/usr/share/emacs/$version/etc EMACSPATH=$root/usr/libexec/emacs/$version/x86_64-linux-gnu \
    EMACSLOADPATH=$root/usr/share/emacs/$version/lisp:$(find "$root/usr/share/emacs/$version/lisp" -type d -printf '%p:') \
    "$root/usr/bin/emacs-nox" --dump-file="$(find "$root/usr/libexec" -name '*.pdmp')" "$@"
}

run_eglot() {
  workspace
  emacs -Q --batch -l "$HERE/others/eglot.el" "$SCRATCH/workspace/notify.py"
  grep -q "    await asyncio.sleep(0.01)" "$SCRATCH/workspace/notify.py"
  echo "eglot: passed"
}

[ $# -gt 0 ] || set -- helix eglot
for EDITOR_NAME in "$@"; do
  case $EDITOR_NAME in
    helix | eglot) "run_$EDITOR_NAME" ;;
    *) echo "unknown: $EDITOR_NAME" >&2; exit 2 ;;
  esac
done
