"""A real Neovim in a real terminal: keys go in through tmux, screens come out of it, and its API answers questions."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PLUGIN = ROOT / "client-neovim"
SECONDS = 20

FINDINGS = """
return vim.tbl_map(function(d)
  local lines = vim.api.nvim_buf_get_text(0, d.lnum, d.col, d.end_lnum, d.end_col, {})
  return table.concat(lines, '\\n')
end, vim.diagnostic.get(0))
"""


class Neovim:
    """One Neovim on one workspace. `binary` is unpacked beside its runtime; `home` takes all it writes."""

    def __init__(
        self, binary: Path, home: Path, workspace: Path, file: str, *, as_path: Path | None = None
    ) -> None:
        self.workspace = workspace
        self._next = 0
        self._unpacker = msgpack.Unpacker()
        self._terminal = str(home / "terminal")
        self._address = str(home / "socket")
        command = [str(binary), "--listen", self._address, "-u", str(HERE / "init.lua"), file]
        environment = {**_environment(binary, home), "AWAITLENS_PATH": str(as_path)}
        if as_path is None:
            del environment["AWAITLENS_PATH"]
            _install(home)
        self._tmux(
            "-u",
            "new-session",
            "-d",
            "-x",
            "110",
            "-y",
            "32",
            "-c",
            str(workspace),
            *command,
            env=environment,
        )
        self._tmux("set", "-g", "default-terminal", "tmux-256color")
        self._socket = self._connect()

    # --- what a user does ---------------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """Keys by tmux's names: Enter, Escape, C-w, Right."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def command(self, text: str) -> None:
        self.press("Escape")
        self.type(f":{text}")
        self.press("Enter")

    def choose(self, words: str) -> None:
        """Take the entry with these words from the numbered menu on the screen."""
        self.sees(words)
        entry = next(line for line in self.screen().splitlines() if words in line)
        self.type(entry.split(":")[0])
        self.press("Enter")

    def go_to(self, words: str) -> None:
        """Put the cursor on the first place with these words."""
        self.lua("vim.fn.cursor(1, 1); vim.fn.search('\\\\V' .. ..., 'c')", words)

    # --- what a user sees ---------------------------------------------------------------------------------------

    def screen(self, *options: str) -> str:
        return self._tmux("capture-pane", "-p", *options)

    def sees(self, words: str) -> None:
        self.until(lambda: words in self.screen(), f"{words!r} on the screen")

    def sees_not(self, words: str) -> None:
        self.until(lambda: words not in self.screen(), f"{words!r} gone from the screen")

    def finds(self, *words: str) -> None:
        """Wait until the findings cover these words, and no others."""
        self.until(lambda: sorted(self.lua(FINDINGS)) == sorted(words), f"findings at {words}")

    def text(self) -> str:
        return str(self.lua("return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\\n')"))

    def saved(self, file: str) -> str:
        return (self.workspace / file).read_text("utf-8")

    # --- how it is asked ----------------------------------------------------------------------------------------

    def lua(self, code: str, *arguments: object) -> Any:
        """What a piece of Lua returns in this Neovim. Raises RuntimeError with its message when it fails."""
        self._next += 1
        self._socket.sendall(msgpack.packb([0, self._next, "nvim_exec_lua", [code, list(arguments)]]))
        while True:
            for kind, number, *rest in self._unpacker:
                if kind == 1 and number == self._next:
                    error, result = rest
                    if error:
                        raise RuntimeError(error[1])
                    return result
            received = self._socket.recv(65536)
            if not received:
                raise RuntimeError("Neovim is gone")
            self._unpacker.feed(received)

    def until(self, holds: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"never came: {what}\n{self.screen()}\n{self.lua(FINDINGS)}")
            time.sleep(0.02)

    def server_processes(self) -> list[int]:
        processes: list[int] = self.lua("return vim.api.nvim_get_proc_children(vim.fn.getpid())")
        return processes

    def close(self) -> None:
        """Leave as a user would; whatever is still there after that is ended."""
        try:
            self._socket.settimeout(5)
            self._socket.sendall(msgpack.packb([2, "nvim_command", ["qall!"]]))
            while self._socket.recv(65536):
                pass
        except OSError:
            pass
        finally:
            self._socket.close()
            self._tmux("kill-server", check=False)

    def _connect(self) -> socket.socket:
        end = time.monotonic() + SECONDS
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(self._address)
            except OSError:
                connection.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
                continue
            connection.settimeout(SECONDS)
            return connection

    def _tmux(self, *arguments: str, env: dict[str, str] | None = None, check: bool = True) -> str:
        command = ["tmux", "-S", self._terminal, "-f", "/dev/null", *arguments]
        done = subprocess.run(command, env=env, check=check, capture_output=True, text=True)
        return done.stdout


def _environment(binary: Path, home: Path) -> dict[str, str]:
    """Nothing of the developer's own configuration counts; `awaitlens` is found as a user's would be, on PATH."""
    folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    program = shutil.which("awaitlens") or str(ROOT / ".venv/bin/awaitlens")
    return {
        **folders,
        "HOME": str(home),
        "PATH": f"{Path(program).parent}:{os.environ['PATH']}",
        "VIMRUNTIME": str(binary.parents[1] / "share/nvim/runtime"),
        "LANG": "C.UTF-8",
        "TERM": "tmux-256color",
        "COLORTERM": "truecolor",
    }


def _install(home: Path) -> None:
    """As a package of Neovim's own, with the tags of its help."""
    shutil.copytree(PLUGIN, home / "data/nvim/site/pack/editors/start/awaitlens")
