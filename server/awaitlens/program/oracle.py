"""What jedi makes of a call that the names service could not resolve. The only module that knows jedi.

jedi reads stubs, docstrings and containers that this program does not, but it may take seconds. So it runs in a
process of its own, is given a budget, and its answers come late: whoever asks goes on without them.

Nothing of the user's is imported or run: no interpreter of theirs is started, their packages are read as source, and
compiled extensions are not loaded (jedi 0.20: `load_unsafe_extensions=False`, `InterpreterEnvironment`).
"""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from awaitlens.program.facts import Attribute, Facts, Name

if TYPE_CHECKING:
    from awaitlens.program.modules import FileFacts
    from awaitlens.program.program import Program

BUDGET = 5.0
"""Seconds for all the questions about one text."""

_MOST_QUESTIONS = 40
_MOST_BLOCKS = 2000


class Question(NamedTuple):
    """Which call of which block is meant (`number` in its facts), and where its name ends in the file."""

    block: str
    number: int
    line: int
    column: int


class Answer(NamedTuple):
    """The dotted name jedi gives, and where it is defined: "" for what lies in no file."""

    name: str
    path: str


# --- between the program and the oracle -----------------------------------------------------------------------------


def questions(path: str, program: Program) -> tuple[Question, ...]:
    """The calls in a file's async functions that nobody could resolve, as far as they were not asked about before."""
    file = program.files.get(path)
    found: list[Question] = []
    for line, facts in file.blocks if file else ():
        if facts.has_async and (path, facts.text) not in program.names.hints:
            found.extend(_unresolved(program, file, line, facts))  # type: ignore[arg-type]
    return tuple(found[:_MOST_QUESTIONS])


def _unresolved(program: Program, file: FileFacts, line: int, facts: Facts) -> Iterable[Question]:
    for call in facts.calls:
        if not facts.scopes[call.scope].is_async or not isinstance(call.callee, (Attribute, Name)):
            continue
        if not program.names.callee(call.number, file, facts):
            end = call.callee_span
            yield Question(facts.text, call.number, line + end.end_line, max(end.end_column - 1, 0))


def learn(path: str, answers: Mapping[Question, Answer | None], program: Program) -> bool:
    """Take the answers in. True when one of them says anything: then everything is to be looked at again."""
    hints = program.names.hints
    if len(hints) > _MOST_BLOCKS:
        hints.clear()
    for question, answer in answers.items():
        known = hints.setdefault((path, question.block), {})
        if answer is not None:
            known[question.number] = answer
    news = any(answer is not None for answer in answers.values())
    if news:
        program.forget()
    return news


class Oracle:
    """The process that jedi runs in. It starts with the first question; one that dallies is ended."""

    def __init__(self, root: str, packages: Sequence[str] = ()) -> None:
        """`root` is the folder the user's modules are imported from, `packages` where installed ones lie."""
        self._root, self._packages = root, tuple(packages)
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: SimpleQueue[bytes] = SimpleQueue()

    def ask(
        self, path: str, text: str, asked: Sequence[Question], budget: float = BUDGET
    ) -> dict[Question, Answer | None]:
        """What jedi says within the budget (seconds), question by question; None for what it does not know either."""
        until = time.monotonic() + budget
        found: dict[Question, Answer | None] = dict.fromkeys(asked)
        if not asked or not self._say({"path": path, "text": text, "places": [q[2:] for q in asked]}):
            return found
        for question in asked:
            try:
                line = self._lines.get(timeout=max(until - time.monotonic(), 0.001))
            except Empty:
                self.close()
                break
            if not line:
                self.close()
                break
            answer = json.loads(line)
            found[question] = Answer(*answer) if answer else None
        return found

    def close(self) -> None:
        """End the process, whatever it is doing."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _say(self, message: Mapping[str, Any]) -> bool:
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            return False
        return True

    def _start(self) -> None:
        command = [sys.executable, "-I", "-c", _PROGRAM, _own_folders(), self._root, *self._packages]
        self._lines = SimpleQueue()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdout is not None
        threading.Thread(target=_read, args=(self._process.stdout, self._lines), daemon=True).start()


_PROGRAM = (
    "import os, sys; sys.path += sys.argv[1].split(os.pathsep); "
    "from awaitlens.program.oracle import main; main(*sys.argv[2:])"
)


def _own_folders() -> str:
    """Where this package and jedi lie; the folder one works in, whose modules are the user's, is none of them."""
    found = [importlib.util.find_spec(name) for name in ("awaitlens", "jedi", "parso")]
    origins = [Path(spec.origin).parent.parent for spec in found if spec and spec.origin]
    return os.pathsep.join(dict.fromkeys(map(str, origins)))


def _read(pipe: IO[bytes], lines: SimpleQueue[bytes]) -> None:
    with pipe:
        for line in pipe:
            lines.put(line)
    lines.put(b"")


# --- in the oracle's own process -------------------------------------------------------------------------------------


def serve(root: str, packages: Sequence[str], requests: Iterable[bytes], out: IO[bytes]) -> None:
    """Answer requests, a line of JSON each: for every place a line with [name, path] or null."""
    import jedi  # type: ignore[import-untyped]
    from jedi.api.environment import InterpreterEnvironment  # type: ignore[import-untyped]

    jedi.settings.auto_import_modules = []
    path = [root, *packages]
    project = jedi.Project(root, load_unsafe_extensions=False, sys_path=path, smart_sys_path=False)
    for line in requests:
        request = json.loads(line)
        make = partial(
            jedi.Script,
            request["text"],
            path=request["path"],
            project=project,
            environment=InterpreterEnvironment(),
        )
        for answer in answers(make, request["places"]):
            out.write(json.dumps(answer).encode() + b"\n")
            out.flush()


_TRIES = 10
_PAUSE = 0.2
_HALF_WRITTEN = (EOFError, pickle.UnpicklingError)
"""jedi keeps parsed files on the disk, and another jedi may be writing the one that is read."""


def answers(make: Callable[[], Any], places: Iterable[tuple[int, int]]) -> Iterator[tuple[str, str] | None]:
    """Answer by answer for places of a text. `make` gives a script of it; a script that failed is not asked again."""
    script = make()
    for line, column in places:
        answer = None
        for _ in range(_TRIES):
            try:
                answer = _answer(script, line + 1, column)
                break
            except _HALF_WRITTEN:
                time.sleep(_PAUSE)
                script = make()
        yield answer


def _answer(script: Any, line: int, column: int) -> tuple[str, str] | None:
    """jedi's one answer; none where it knows several or fails over odd code. What is half written is raised."""
    try:
        found = script.goto(line, column, follow_imports=True)
    except _HALF_WRITTEN:
        raise
    except Exception:
        return None
    if len(found) != 1 or found[0].type not in ("function", "class") or not found[0].full_name:
        return None
    return found[0].full_name, os.fspath(found[0].module_path or "")


def main(root: str, *packages: str) -> None:
    """The output is for answers alone: what a library prints must not come in between."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(root, packages, sys.stdin.buffer, answers)
