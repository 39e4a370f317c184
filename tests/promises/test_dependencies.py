"""An edit anywhere leaves every open document saying what a fresh look at all of them says.

The edits are those that rename nothing and change no signature as often as not: then only what reads the changed body
may be looked at again, and a missed dependency shows as a finding that should be gone (a false alarm) or is not there
(a missed one).
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.lessons.test_lessons import pages

from awaitlens.engine import check_texts
from awaitlens.index import workspace as index
from awaitlens.index.cache import Cache
from awaitlens.index.workspace import Workspace
from awaitlens.pitfall import Finding
from awaitlens.session import Change, Session
from awaitlens.settings import Settings
from awaitlens.source import Source, Span
from awaitlens.workspace import files_of

EVERYTHING = Settings(select=frozenset({"ALL"}), show_possible=True, python=(3, 12), django=(5, 2))
STEPS = int(os.environ.get("AWAITLENS_STATES", "12"))
"""Edits in a row of each program."""

LINES = (
    "await asyncio.sleep(0)", "time.sleep(1)", "return None", "raise ValueError", "pass", "self.count = 0", "x = 1", "",
    "async with self.lock:\n    await self.other()", "if ready:\n    return", "yield 1", "# a remark", "self.close()",
    "try:\n    work()\nexcept Exception:\n    pass", "lock = asyncio.Lock()", "global total\ntotal += 1",
    "import time\ntime.sleep(1)", "from time import sleep as work", "from helper import slow as other", "import asyncio as x",
)  # fmt: skip
Files = Mapping[str, str]


def programs() -> Iterator[tuple[str, dict[str, str]]]:
    """The lessons, each as one program: every slide's files in a folder of its own."""
    found: dict[str, dict[str, str]] = {}
    for number, page in enumerate(pages("bad", "good", "fine", "story")):
        files = found.setdefault(page.pitfall.name, {})
        files.update((f"/{number}/{path}", text) for path, text in page.files.items())
    return iter(found.items())


PROGRAMS = dict(programs()) | {
    "far": {
        "/far/helper.py": "import time\nimport contextlib\n\n\nclass Store:\n    def __enter__(self):\n        self.load()\n"
        "        return self\n\n    def __exit__(self, *_):\n        pass\n\n    def load(self):\n        time.sleep(1)\n\n\n"
        "def make():\n    return Store()\n\n\n@contextlib.contextmanager\ndef opened():\n    time.sleep(1)\n    yield Store()\n\n\n"
        "def guarded(function):\n    def inner(*args):\n        return function(*args)\n    return inner\n\n\n"
        "async def quick():\n    return 1\n\n\nasync def slow():\n    await quick()\n",
        "/far/view.py": "import asyncio\nfrom helper import guarded, make, opened, quick, slow\n\ntotal = 0\n\n\n"
        "async def view():\n    with make() as store:\n        store.load()\n    with opened() as store:\n        store.load()\n\n\n"
        "@guarded\ndef read():\n    return open('x').read()\n\n\nasync def add():\n    global total\n    seen = total\n"
        "    await quick()\n    total = seen + 1\n    await slow()\n    read()\n",
        "/far/thread.py": "import asyncio\nimport threading\nfrom helper import make\n\n\nclass Worker:\n    def __init__(self, loop):\n"
        "        self.loop = loop\n        self.done = asyncio.Event()\n        threading.Thread(target=self.run).start()\n\n"
        "    def run(self):\n        self.finish()\n\n    def finish(self):\n        self.loop.call_soon(print)\n"
        "        self.done.set()\n\n    async def wait(self):\n        await asyncio.to_thread(self.run)\n        await self.done.wait()\n",
        "/far/base.py": "import time\n\n\nclass Base:\n    def run(self):\n        self.step()\n\n    def step(self):\n"
        "        self.work()\n\n    def work(self):\n        time.sleep(1)\n",
        "/far/quick.py": "import time\nfrom base import Base\n\n\nclass Quick(Base):\n    def work(self):\n        self.other()\n\n"
        "    def other(self):\n        pass\n\n\nclass Slow(Base):\n    pass\n",
        "/far/main.py": "from quick import Quick, Slow\n\n\ndef work():\n    Quick().run()\n\n\nasync def main():\n    work()\n    Slow().run()\n",
    }
}  # fmt: skip


def edited(text: str, dice: random.Random) -> tuple[Change, str]:
    """A text with one edit: a word changed, a line more, a line less, a line repeated elsewhere."""
    lines = text.split("\n")
    number = dice.randrange(len(lines))
    line = lines[number]
    words = list(re.finditer(r"\w+", line))
    kind = dice.choice(["word", "word", "insert", "insert", "delete", "repeat", "space"])
    if kind == "word" and words:
        word, other = dice.choice(words), dice.choice(re.findall(r"\w+", text))
        return _replaced(text, (number, word.start(), number, word.end()), other)
    if kind == "space" and words:
        start = dice.choice(words).start()
        return _replaced(text, (number, start, number, start), dice.choice([" ", "x", "#"]))
    if kind == "delete" and number + 1 < len(lines):
        return _replaced(text, (number, 0, number + 1, 0), "")
    more = dice.choice(LINES) if kind == "insert" else dice.choice(lines).strip()
    indent = line[: len(line) - len(line.lstrip())]
    inserted = "".join(f"{indent}{part}\n" for part in more.split("\n"))
    return _replaced(text, (number, 0, number, 0), inserted)


def _replaced(text: str, at: tuple[int, int, int, int], by: str) -> tuple[Change, str]:
    span = Span(*at)
    source = Source("", text)
    start, end = source.offset(span.line, span.column), source.offset(span.end_line, span.end_column)
    return Change(span, by), text[:start] + by + text[end:]


def _fresh(files: Files) -> dict[str, tuple[Finding, ...]]:
    session = _session(files)
    return {path: session.snapshot(path).findings for path in files}


def _session(files: Files) -> Session:
    session = Session(lambda path: EVERYTHING)
    for path, text in files.items():
        session.open(path, text, 0)
    return session


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_edit_comes_to_the_same_as_a_fresh_look(name: str) -> None:
    """Both false alarms and missed ones: what other blocks say after an edit of one block's body."""
    for round in range(1 if name != "far" else 12):
        files, dice = (
            dict(PROGRAMS[name]),
            random.Random(f"{name} {round} {os.environ.get('AWAITLENS_SEED')}"),
        )
        session = _session(files)
        for path in files:
            session.snapshot(path)
        for step in range(STEPS):
            path = dice.choice(list(files))
            before = files[path]
            change, files[path] = edited(before, dice)
            session.change(path, [change], step)
            if step % 3 == 0:
                for each in session.affected():
                    session.snapshot(each)
            found = {each: session.snapshot(each).findings for each in files}
            for each, findings in _fresh(files).items():
                assert set(found[each]) == set(findings), (change, each, before, files)


def _checked(folder: Path, cache: Cache) -> Workspace:
    files = files_of([str(folder)], lambda path: EVERYTHING)
    workspace = Workspace(files, frozenset(), lambda path: EVERYTHING, cache)
    workspace.check(lambda *_: None)
    workspace.keep()
    return workspace


@pytest.mark.parametrize("round", range(4))
def test_what_is_remembered_is_what_a_fresh_check_finds(
    round: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both false alarms and missed ones: findings of the last check in files that did not change since."""
    monkeypatch.setattr(index, "tool_digest", lambda: b"")
    files = {Path(path).name: text for path, text in PROGRAMS["far"].items()}
    # Where half of the files are to be looked at again, all are.
    files.update((f"idle{number}.py", "") for number in range(6))
    dice, cache = (
        random.Random(f"cache {round} {os.environ.get('AWAITLENS_SEED')}"),
        Cache(tmp_path / "cache.sqlite"),
    )
    for step in range(STEPS):
        for name, text in files.items():
            if not (tmp_path / name).exists() or (tmp_path / name).read_text() != text:
                (tmp_path / name).write_text(text)
                os.utime(tmp_path / name, (1_000_000_000 + step, 1_000_000_000 + step))
        fresh = check_texts({str(tmp_path / name): text for name, text in files.items()}, EVERYTHING)
        workspace = _checked(tmp_path, cache)
        for name in files:
            path = str(tmp_path / name)
            assert set(workspace.reported(path)) == set(fresh.findings(path)), (name, files)
        name = dice.choice(["helper.py", "helper.py", "view.py", "thread.py"])
        _, files[name] = edited(files[name], dice)


def test_a_remembered_finding_rests_on_what_an_awaited_function_awaits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missed alarm: `await quick()` hands control over since quick() itself awaits something."""
    monkeypatch.setattr(index, "tool_digest", lambda: b"")
    helper = "import asyncio\n\n\nasync def quick():\n    print(1)\n"
    view = "from helper import quick\n\ntotal = 0\n\n\nasync def add():\n    global total\n    seen = total\n    await quick()\n    total = seen + 1\n"
    files = {"helper.py": helper, "view.py": view, **{f"idle{number}.py": "" for number in range(6)}}
    cache, told = Cache(tmp_path / "cache.sqlite"), []
    for step, line in enumerate(("print(1)", "await asyncio.sleep(1)", "print(2)")):
        files["helper.py"] = helper.replace("print(1)", line)
        for name, text in files.items():
            (tmp_path / name).write_text(text)
            os.utime(tmp_path / name, (1_000_000_000 + step, 1_000_000_000 + step))
        workspace = _checked(tmp_path, cache)
        told.append({found.pitfall for found in workspace.reported(str(tmp_path / "view.py"))})
    assert ["stale-write-after-await" in found for found in told] == [False, True, False]
