"""The server with a whole workspace: how long it reads it, what it then holds, and how quickly it answers meanwhile and after.

    python bench/server.py FOLDER [--pairs 12]

- reading: seconds from `initialized` to the end of the progress bar, and the memory of all processes of the server;
- keystrokes: milliseconds from a digit typed into an async function to its diagnostics, while the workspace is read and
  after that;
- helpers: milliseconds from `time.sleep(1)` written into a function to the changed diagnostics of another open file, an
  async function of which calls it; and again when the line goes. The functions are the folder's own.
"""

from __future__ import annotations

import argparse
import ast
import re
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from keystroke import OURS, Json, Peer, place_in

_IMPORT = re.compile(r"^from (\.*[\w.]*) import ([^\n(]+|\([^)]*\))", re.MULTILINE)
_PUBLISH = "textDocument/publishDiagnostics"
_CALM, _IDLE = 3.0, 25.0
"""Seconds until a server that has been left alone has done what was left to do, and has ended what it needs no more."""


class Pair(NamedTuple):
    """A function, the line its body begins on with its indent, and another file, an async function of which calls it."""

    helper: Path
    line: int
    indent: str
    caller: Path

    @property
    def text(self) -> str:
        """The helper's file, with the function importing what it will call."""
        lines = self.helper.read_text(encoding="utf-8").split("\n")
        return "\n".join([*lines[: self.line], f"{self.indent}import time", *lines[self.line :]])


def pairs_in(folder: Path) -> Iterator[Pair]:
    for caller in sorted(folder.rglob("*.py")):
        text = caller.read_text(encoding="utf-8", errors="replace")
        if "async def" not in text:
            continue
        called = _called_in_async(text)
        for module, names in _IMPORT.findall(text):
            for name in called.intersection(re.findall(r"\w+", names)):
                helper = _file_of(module, caller, folder)
                place = _body_of(helper, name) if helper else None
                if helper and place:
                    yield Pair(helper, *place, caller)


def _called_in_async(text: str) -> set[str]:
    """The names that async functions call in statements of their own, and whose results they do not await."""
    found = set()
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.AsyncFunctionDef):
            for statement in function.body:
                value = getattr(statement, "value", None)
                if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
                    found.add(value.func.id)
    return found


def _file_of(module: str, caller: Path, folder: Path) -> Path | None:
    dots = len(module) - len(module.lstrip("."))
    base = caller.parents[dots - 1] if dots else folder.parent
    stem = base.joinpath(*module.lstrip(".").split("."))
    return next((path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()), None)


def _body_of(helper: Path, name: str) -> tuple[int, str] | None:
    """Where the body of a plain function begins, if the file has one of that name."""
    for node in ast.parse(helper.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == name and not node.decorator_list:
            first = node.body[0]
            return (first.lineno - 1, " " * first.col_offset) if first.lineno > node.lineno else None
    return None


class Editor:
    """A client with the folder as its workspace."""

    def __init__(self, folder: Path) -> None:
        self.peer = Peer(OURS, {}, folder.as_uri())
        self._versions: dict[Path, int] = {}

    def open(self, path: Path, text: str) -> None:
        self._versions[path] = 1
        item = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
        self.peer.send("textDocument/didOpen", {"textDocument": item})

    def close(self, path: Path) -> None:
        self.peer.send("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    def change(self, path: Path, start: tuple[int, int], end: tuple[int, int], text: str) -> int:
        version = self._versions[path] = self._versions[path] + 1
        span = {"start": _position(start), "end": _position(end)}
        document = {"uri": path.as_uri(), "version": version}
        change = {"textDocument": document, "contentChanges": [{"range": span, "text": text}]}
        self.peer.send("textDocument/didChange", change)
        return version

    def drain(self, path: Path) -> int:
        """Read until nothing has come for a while; the blocking calls behind helpers last told of in the file."""
        found, self.peer.patience = 0, 0.5
        try:
            while True:
                message = self.peer.read_answering()
                found = _chains(message) if _tells(message, path) else found
        except TimeoutError:
            self.peer.patience = 2
            return found

    def read_until(self, wanted: Any) -> Json:
        while not wanted(message := self.peer.read_answering()):
            pass
        return message


def _position(at: tuple[int, int]) -> Json:
    return {"line": at[0], "character": at[1]}


def _is_end_of_reading(message: Json) -> bool:
    return message.get("method") == "$/progress" and message["params"]["value"]["kind"] == "end"


def reading(editor: Editor, file: Path) -> None:
    """Type while the workspace is read, and again when it is."""
    began = time.perf_counter()
    place = place_in(file.read_text(encoding="utf-8"))
    editor.open(file, place.text)
    at, done = (place.line, place.column), False
    meanwhile, after = [], []

    def answered(version: int) -> float:
        nonlocal done
        written = time.perf_counter()
        while True:
            message = editor.peer.read_answering()
            done = done or _is_end_of_reading(message)
            params = message.get("params") or {}
            if params.get("uri") == file.as_uri() and params.get("version") == version:
                return (time.perf_counter() - written) * 1000

    answered(1)
    while not done:
        meanwhile.append(answered(editor.change(file, at, at, "1")))
        time.sleep(0.02)
    took = time.perf_counter() - began
    print(f"reading         {took:9.2f} s   {editor.peer.memory():7.0f} MB")
    time.sleep(_CALM)
    print(f"at rest                       {editor.peer.memory():7.0f} MB")
    for _ in range(len(meanwhile) if len(meanwhile) > 30 else 30):
        after.append(answered(editor.change(file, at, at, "1")))
        time.sleep(0.02)
    print(
        f"keystrokes      {median(meanwhile):9.2f} ms while reading ({len(meanwhile)}), worst {max(meanwhile):.0f}"
    )
    print(
        f"                {median(after):9.2f} ms after, worst {max(after):.0f}: {median(meanwhile) / median(after):.2f} x"
    )


def helpers(editor: Editor, pairs: list[Pair], wanted: int) -> None:
    """Of the pairs, spread over all of them, those are measured of which the caller lights up."""
    lit: list[float] = []
    dark: list[float] = []
    spread = [pairs[number * 7919 % len(pairs)] for number in range(len(pairs))]
    for pair in spread:
        try:
            _lit_and_dark(editor, pair, lit, dark)
        except TimeoutError:
            continue
        finally:
            for path in (pair.caller, pair.helper):
                editor.close(path)
        if len(dark) == wanted:
            break
    print(f"helpers         {median(lit):9.2f} ms to light up, worst {max(lit):.0f} ({len(dark)})")
    print(f"                {median(dark):9.2f} ms to go dark, worst {max(dark):.0f}")


def _lit_and_dark(editor: Editor, pair: Pair, lit: list[float], dark: list[float]) -> None:
    for path in (pair.caller, pair.helper):
        editor.open(path, pair.text if path == pair.helper else path.read_text(encoding="utf-8"))
    before = editor.drain(pair.caller)
    line = (pair.line + 1, 0)
    for times, more, start, end, text in (
        (lit, True, line, line, f"{pair.indent}time.sleep(1)\n"),
        (dark, False, (pair.line + 2, 0), line, ""),
    ):
        written = time.perf_counter()
        editor.change(pair.helper, min(start, end), max(start, end), text)
        editor.read_until(lambda m, more=more: _tells(m, pair.caller) and (_chains(m) > before) == more)
        times.append((time.perf_counter() - written) * 1000)
        editor.drain(pair.caller)


def _tells(message: Json, path: Path) -> bool:
    return message.get("method") == _PUBLISH and message["params"]["uri"] == path.as_uri()


def _chains(message: Json) -> int:
    """The blocking calls behind helpers that a message tells of."""
    return sum(each["code"] == "blocking-call-chain" for each in message["params"]["diagnostics"])


def main() -> None:
    parser = argparse.ArgumentParser(description="The server with a whole workspace.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=12)
    options = parser.parse_args()
    folder = options.folder.resolve()
    pairs = list({pair.helper: pair for pair in pairs_in(folder)}.values())
    editor = Editor(folder)
    reading(editor, pairs[0].caller)
    helpers(editor, pairs, options.pairs)
    time.sleep(_IDLE)
    print(f"at rest again                 {editor.peer.memory():7.0f} MB")
    editor.peer.stop()


if __name__ == "__main__":
    main()
