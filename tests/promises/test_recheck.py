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

from awaitlens.index import workspace as index
from awaitlens.index.cache import Cache
from awaitlens.index.changes import change_between
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
            ["edit"] * 6 + ["import"] * 2 + ["add", "copy", "remove", "rename", "restore", "package", "mark"]
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


IMPORTING = {
    "slow.py": "import time\n\n\ndef load():\n    time.sleep(1)\n",
    "quick.py": "def load():\n    pass\n",
    "helper.py": "import os\nfrom math import floor as step\n\nfrom quick import load\n\n\n"
    "def read():\n    return load()\n\n\ndef pace():\n    step(1)\n\n\ndef other():\n    pass\n",
    "view.py": "import helper\n\n\nasync def view():\n    helper.more()\n",
    "reader.py": "import helper\n\n\nasync def view():\n    helper.read()\n    helper.pace()\n",
    "star.py": "from helper import *\n\n\nasync def view():\n    more()\n    sleep(1)\n",
    "taker.py": "from helper import more\n\n\nasync def view():\n    more()\n",
    "hub.py": "import helper\n",
    "far.py": "import hub\n\n\nasync def view():\n    hub.helper.more()\n",
    "tools.py": "import helper as tool\n",
    "handed.py": "from tools import tool\n\n\nasync def view():\n    tool.more()\n",
    "stranger.py": "import sys\nimport helper\n\n\ndef view():\n    sys.more()\n",
    "neighbour.py": "import hub\n\n\ndef view():\n    hub.more()\n",
    "namesake.py": "import helper\nfrom math import more\n",
    **{f"idle{number}.py": "from helper import other\n" for number in range(20)},
}
EVERYBODY = {Path(name).stem for name in IMPORTING}
TAKING = {"helper", "view", "star", "taker", "far", "handed"}


@pytest.mark.parametrize(
    ("old", "new", "looked_at"),
    [
        pytest.param("import os\n", "import os\nimport time\n", {"helper"}, id="no use of its name"),
        pytest.param("import os\n", "import time\n", {"helper"}, id="one goes, one comes"),
        pytest.param("import os\n", "import os\nfrom time import sleep as more\n", TAKING, id="known name"),
        pytest.param(
            "import os\n",
            "import os\nimport time\n\n\ndef more():\n    time.sleep(1)\n",
            {*TAKING, "stranger", "neighbour", "namesake"},
            id="with a function that uses it",
        ),
        pytest.param(
            "import os\nfrom math import floor as step\n\nfrom quick import load\n\n\ndef read():\n",
            "import os\nimport time\nfrom math import floor as step\n\nfrom quick import load\n\n\ndef read():\n    time.sleep(1)\n",
            {"helper", "reader"},
            id="with a call in a function",
        ),
        pytest.param(
            "import os\nfrom math import floor as step\n\nfrom quick import load\n\n\ndef read():\n    return load()\n\n\ndef pace():\n    step(1)\n",
            "import os\nfrom time import sleep as step\n\nfrom quick import load\n\n\ndef read():\n    return load()\n\n\ndef pace():\n    # So be it.\n    step(1)\n",
            None,
            id="with another meaning of a function that stays",
        ),
        pytest.param(
            "    return load()\n",
            "    import sys as more\n    return load()\n",
            {"helper", "reader"},
            id="in a function",
        ),
        pytest.param(
            "    return load()\n",
            "    import time\n    time.sleep(1)\n    return load()\n",
            {"helper", "reader"},
            id="in a function that blocks now",
        ),
        pytest.param(
            "    return load()\n",
            "    import slow\n    return load()\n",
            {"helper", "reader"},
            id="leads elsewhere in a function",
        ),
        pytest.param("from math import floor", "from time import sleep", None, id="used in the file"),
        pytest.param(
            "from math import floor as step\n",
            "from time import sleep as step\n\n\ndef fresh():\n    pass\n",
            None,
            id="used in the file, with a new function",
        ),
        pytest.param(
            IMPORTING["helper.py"],
            "import os\nfrom time import sleep as step\n\nfrom quick import load\n\n\n"
            "def pace():\n    step(1)\n\n\ndef read():\n    return load()\n\n\ndef other():\n    pass\n",
            None,
            id="used by a function that moves",
        ),
        pytest.param("from quick", "from slow", None, id="leads elsewhere"),
        pytest.param("from quick import load\n", "", None, id="a name goes"),
        pytest.param("import os\n", "import os\nfrom time import *\n", EVERYBODY, id="a star"),
        pytest.param("import os\n", "import os\nimport slow\n", {"helper"}, id="one more target"),
    ],
)
def test_an_import_concerns_who_uses_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, looked_at: set[str] | None
) -> None:
    monkeypatch.setattr(index, "tool_digest", lambda: b"")
    folder, cache = Folder(tmp_path, IMPORTING, random.Random(0)), Cache(tmp_path / "c")
    folder.told(cache)
    changed = IMPORTING["helper.py"].replace(old, new)
    folder.write("helper.py", changed)
    seen: list[str] = []
    work_out = CheckedFiles._work_out
    monkeypatch.setattr(
        CheckedFiles, "_work_out", lambda self, path: (seen.append(path), work_out(self, path))[1]
    )
    told = folder.told(cache)
    looked = {Path(path).stem for path in seen}
    assert told == folder.told_afresh()
    assert looked == looked_at or looked_at is None
    folder.write("helper.py", IMPORTING["helper.py"])
    assert folder.told(cache) == folder.told_afresh()


CALLED = {
    "jobs.py": "def finish(loop):\n    loop.call_soon(print)\n",
    "start.py": "import threading\n\n\ndef start(loop):\n    threading.Thread(target=hub.jobs.finish, args=[loop]).start()\n",
    "hub.py": "import os\n",
    **{f"idle{number}.py": "" for number in range(20)},
}
"""A thread that is started on what no import leads to yet."""


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("start.py", "def start(loop):\n", "def start(loop):\n    import hub\n"),
        ("hub.py", "import os\n", "import os\nimport jobs\n"),
    ],
)
def test_who_asked_for_callers_is_asked_again_where_imports_lead_to_it_now(
    name: str, old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missed otherwise: of what others see of the files nothing else has changed. Either import may come last."""
    monkeypatch.setattr(index, "tool_digest", lambda: b"")
    complete = {**CALLED, "hub.py": "import os\nimport jobs\n"}
    complete["start.py"] = CALLED["start.py"].replace(
        "def start(loop):\n", "def start(loop):\n    import hub\n"
    )
    folder = Folder(tmp_path / "work", {**complete, name: CALLED[name]}, random.Random(0))
    cache = Cache(tmp_path / "cache.sqlite")
    asked = str(tmp_path / "work" / "jobs.py")
    before = folder.told(cache)
    folder.write(name, CALLED[name].replace(old, new))
    after = folder.told(cache)
    assert after == folder.told_afresh()
    assert after.get(asked) != before.get(asked)
    folder.write(name, CALLED[name])
    assert folder.told(cache) == folder.told_afresh() == before


def test_of_an_import_and_a_call_in_a_function_others_see_what_the_function_does() -> None:
    old = IMPORTING["helper.py"]
    new = old.replace("import os\n", "import os\nimport time\n").replace(
        "    return load()", "    time.sleep(1)"
    )
    change = change_between(old, new.replace("    time.sleep(1)", "    time.sleep(1)\n    return load()"))
    assert change.inside and change.imports == {"time"} and not change.names
    assert change.bodies == {"", "read"}
    assert change.blocks is not None and len(change.blocks) == 2
