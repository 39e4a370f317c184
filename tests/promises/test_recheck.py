"""A check with a cache says what a fresh check says, whatever happened to the files since.

Files are edited, added, copied, removed, renamed and put back, packages come and go. A dependency that was overlooked shows
as a finding, or a repair, that should be gone (a false alarm) or is not there (a missed one).
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import pytest
from tests.promises.test_dependencies import EVERYTHING, PROGRAMS, STEPS, edited

from awaitlens.index import grounds
from awaitlens.index import workspace as index
from awaitlens.index.cache import Cache
from awaitlens.index.check import CheckedFiles
from awaitlens.index.workspace import Workspace
from awaitlens.listings import Listings
from awaitlens.pitfall import Finding, Patch
from awaitlens.settings import Settings
from awaitlens.source import Source
from awaitlens.workspace import files_of, reason_to_skip

Told = dict[str, list[tuple[Finding, tuple[Patch, ...]]]]
TIMES = count(1_000_000_000)


def _settings_for(path: str) -> Settings:
    return EVERYTHING


class Folder:
    """A folder of files, and what becomes of them by chance."""

    def __init__(self, root: Path, files: Mapping[str, str], dice: random.Random) -> None:
        self.root = root
        self.dice = dice
        self.files: dict[str, str] = {}
        self.gone: dict[str, str] = {}
        for name, text in files.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        """With a time of its own: what was written a moment ago is never trusted."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        time = next(TIMES)
        os.utime(path, (time, time))
        self.gone[name] = self.files.get(name, text)
        self.files[name] = text

    def remove(self, name: str) -> None:
        self.gone[name] = self.files.pop(name)
        (self.root / name).unlink()

    def happen(self) -> str:
        """One thing happens; in words."""
        name = self.dice.choice([name for name in self.files if not name.startswith("idle")])
        folder, _, base = name.rpartition("/")
        kind = self.dice.choice(
            ["edit"] * 6
            + ["import", "name", "class"] * 2
            + ["add", "copy", "remove", "rename", "restore", "package", "mark"]
        )
        if kind == "edit":
            self.write(name, edited(self.files[name], self.dice)[1])
        elif kind == "add":
            new = (
                f"from {base.removesuffix('.py')} import *\nimport time\n\n\ndef load():\n    time.sleep(1)\n"
            )
            self.write(f"{folder}/helper{self.dice.randrange(3)}.py", new)
        elif kind == "import":
            self.write(name, self.importing(name))
        elif kind in ("name", "class"):
            self.write(name, self.naming(name, kind))
        elif kind == "copy":
            other = self.dice.choice([other for other in self.files if "/" in other])
            self.write(f"{other.rpartition('/')[0]}/{base}", self.files[name])
        elif kind == "remove":
            self.remove(name)
        elif kind == "rename":
            text = self.files[name]
            self.remove(name)
            self.write(f"{folder}/other_{base}", text)
        elif kind == "restore" and self.gone:
            name = self.dice.choice(sorted(self.gone))
            self.write(name, self.gone[name])
        elif kind == "package":
            marker = f"{folder}/__init__.py"
            self.remove(marker) if marker in self.files else self.write(marker, "")
        elif kind == "mark":
            text = "def pytest_collection_modifyitems(items):\n    items[0].add_marker('asyncio')\n"
            self.write(f"{folder}/conftest.py", text)
        return f"{kind} {name}"

    def importing(self, name: str) -> str:
        """The file's text with an import more, or one less; and now and then another edit."""
        other = self.dice.choice([other for other in self.files if "/" in other])
        module = other.rpartition("/")[2].removesuffix(".py")
        symbol, known = (
            self.dice.choice(re.findall(r"\w+", text) or ["x"])
            for text in (self.files[other], self.files[name])
        )
        new = self.dice.choice(
            [
                "import time",
                "from time import sleep",
                "import asyncio",
                f"import {module}",
                f"import {module} as {known}",
            ]
            + [f"from .{module} import {symbol}", f"from {module} import {symbol} as {known}"] * 2
        )
        lines = self.files[name].split("\n")
        imports = [n for n, line in enumerate(lines) if line.startswith(("import ", "from "))]
        place = self.dice.choice(imports) if imports else 0
        lines[place : place + self.dice.choice([0, 0, len(imports[:1])])] = [new]
        text = "\n".join(lines)
        return self.dice.choice([text, edited(text, self.dice)[1]])

    def naming(self, name: str, kind: str) -> str:
        """The file's text with a name given a value, in the module or in a class, or with one more class."""
        words, lines = re.findall(r"\w+", self.files[name]) or ["x"], self.files[name].split("\n")
        value = self.dice.choice(
            ["1", "None", "asyncio.Lock()", "time.sleep", *self.dice.choices(words, k=4)]
        )
        new = [f"{self.dice.choice([*words, 'fresh'])} = {value}"]
        headers = [n for n, line in enumerate(lines) if line.startswith("class ")]
        place = self.dice.choice([0, len(lines), *(n for n, line in enumerate(lines) if not line)])
        if kind == "class":
            base, method = self.dice.choice(words), self.dice.choice(words)
            new = [f"class {self.dice.choice([*words, 'Fresh'])}({base}):", f"    {new[0]}", ""]
            new += [
                f"    {self.dice.choice(['def', 'async def'])} {method}(self):",
                f"        {self.dice.choice(words)}()",
            ]
        elif headers and self.dice.random() < 0.4:
            place, new = self.dice.choice(headers) + 1, [f"    {new[0]}"]
        lines[place:place] = new
        return "\n".join(lines)

    def told(self, cache: Cache) -> Told:
        files = files_of([str(self.root)], _settings_for)
        workspace = Workspace(files, frozenset(), _settings_for, cache)
        workspace.check(lambda *_: None)
        paths = [path for path in workspace.sources if workspace.may_say(path)]
        told = {p: [(f, tuple(workspace.patches(p, f))) for f in workspace.reported(p)] for p in paths}
        workspace.keep()
        return told

    def told_afresh(self) -> Told:
        texts = {str(self.root / name): text for name, text in self.files.items()}
        sources = {
            path: Source(path, texts[path]) for path in sorted(texts) if not reason_to_skip(texts[path])
        }
        checked = CheckedFiles(sources, _settings_for)
        checked.check(list(sources))
        found = {path: checked.reported(path) for path in sources}
        return {p: [(f, checked.patches(p, f)[:1]) for f in each] for p, each in found.items() if each}


@pytest.mark.parametrize("round", range(6))
def test_whatever_happens_the_next_check_says_what_a_fresh_one_says(
    round: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "tool_digest", lambda: b"")
    if round % 2:  # Half of the time what is new is soon written as one with what was known.
        monkeypatch.setattr(index, "_MANY", 2)
        monkeypatch.setattr(grounds, "_MANY", 10)
    dice = random.Random(f"recheck {round} {os.environ.get('AWAITLENS_SEED')}")
    lessons = dice.sample(sorted(PROGRAMS), 3)
    files = {f"{name}{path}": text for name in (*lessons, "far") for path, text in PROGRAMS[name].items()}
    # Where half of the files are to be looked at again, all are.
    files |= {f"idle{number}.py": "" for number in range(len(files) + 10)}
    folder, cache, events = (
        Folder(tmp_path / "work", files, dice),
        Cache(tmp_path / "cache.sqlite"),
        list[str](),
    )
    folder.told(cache)
    for _ in range(STEPS):
        events.append(folder.happen())
        assert folder.told(cache) == folder.told_afresh(), events


def test_a_new_file_that_nobody_imports_is_looked_at_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "tool_digest", lambda: b"")
    files = dict(PROGRAMS["far"]) | {f"/far/idle{number}.py": "" for number in range(6)}
    folder, cache = (
        Folder(tmp_path, {p[1:]: text for p, text in files.items()}, random.Random(0)),
        Cache(tmp_path / "c"),
    )
    folder.told(cache)
    looked_at: list[str] = []
    work_out = CheckedFiles._work_out
    monkeypatch.setattr(
        CheckedFiles, "_work_out", lambda self, path: (looked_at.append(path), work_out(self, path))[1]
    )
    folder.write("far/test_new.py", "import time\n\n\nasync def test_it():\n    time.sleep(1)\n")
    assert any(path.endswith("test_new.py") for path in folder.told(cache))
    folder.remove("far/test_new.py")
    assert folder.told(cache) == folder.told_afresh()
    assert [path.rpartition("/")[2] for path in looked_at[:1]] == ["test_new.py"]
    assert sum(path.endswith("view.py") for path in looked_at) == 1  # by the fresh check


def test_a_folder_is_listed_again_when_its_time_is_another(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    os.utime(tmp_path, (1, 1))
    first = Listings()
    assert first.folder(f"{tmp_path}/", lambda name: True).told == ["a.py"]
    (tmp_path / "b.py").touch()
    assert Listings(first.seen).folder(f"{tmp_path}/", lambda name: True).told == ["a.py", "b.py"]
    os.utime(tmp_path, (1, 1))
    assert Listings(first.seen).folder(f"{tmp_path}/", lambda name: True).told == ["a.py"]


def test_a_folder_with_links_is_listed_each_time(tmp_path: Path) -> None:
    (tmp_path / "target.py").touch()
    (tmp_path / "link.py").symlink_to(tmp_path / "target.py")
    os.utime(tmp_path, (1, 1))
    listings = Listings()
    listings.folder(f"{tmp_path}/", lambda name: True)
    assert not listings.seen
