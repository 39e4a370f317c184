"""What is promised of whole workspaces: reading on demand and remembering change nothing but the time it takes."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awaitlens.engine import check_texts
from awaitlens.index import check
from awaitlens.index import workspace as index
from awaitlens.index.cache import Cache
from awaitlens.index.check import CheckedFiles
from awaitlens.index.workspace import Workspace
from awaitlens.pitfall import Finding, Patch
from awaitlens.pitfalls import pitfalls
from awaitlens.settings import Settings
from awaitlens.source import Source
from awaitlens.workspace import files_of

EVERYTHING = Settings(select=frozenset({"ALL"}), show_possible=True, python=(3, 12), django=(5, 2))
Findings = dict[str, tuple[Finding, ...]]


def _settings_for(path: str) -> Settings:
    return EVERYTHING


def _on_demand(files: Mapping[str, str]) -> Findings:
    checked = CheckedFiles({path: Source(path, text) for path, text in files.items()}, _settings_for)
    return {path: checked.findings(path) for path in files}


def _at_once(files: Mapping[str, str]) -> Findings:
    checked = check_texts(files, EVERYTHING)
    return {path: checked.findings(path) for path in files}


@pytest.mark.parametrize("name", pitfalls())
def test_reading_on_demand_finds_the_same(name: str) -> None:
    lesson = importlib.import_module(f"awaitlens.pitfalls.{name.replace('-', '_')}").__doc__ or ""
    for code in re.findall(r"```python\n(.*?)```", lesson, re.DOTALL):
        files = {"/work/module.py": code}
        assert _on_demand(files) == _at_once(files)


def test_code_that_parses_only_together_is_found_on_demand() -> None:
    text = "import time\nx = [\ntime.time(\n),\n]\n\nasync def f():\n    time.sleep(1)\n\nasync def g(:\n    pass\n"
    assert _on_demand({"/work/a.py": text}) == _at_once({"/work/a.py": text})


PIECES: dict[str, tuple[str, ...]] = {
    "helper.py": (
        "import time\n\ndef load():\n    time.sleep(1)\n",
        "def load():\n    return 1\n",
        "async def load():\n    return 1\n",
        "import time\n\ndef load():\n    return inner()\n\ndef inner():\n    time.sleep(2)\n",
    ),
    "middle.py": (
        "from helper import load\n\ndef fetch():\n    return load()\n",
        "from helper import load as fetch\n",
        "def fetch():\n    return 2\n",
        "from helper import *\n\nfetch = load\n",
    ),
    "view.py": (
        "import middle\n\nasync def view():\n    middle.fetch()\n",
        "from middle import fetch\n\nasync def view():\n    return fetch()\n\nasync def other():\n    x = 1\n",
        "from middle import fetch\n\nasync def view():\n    return fetch()\n\nasync def other():\n    x = 2\n",
        "from middle import fetch\n\ndef plain():\n    fetch()\n",
    ),
}
STATES = st.fixed_dictionaries({name: st.sampled_from(texts) for name, texts in PIECES.items()})


@pytest.fixture
def stamp(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, str], None]:
    """Writes a file with a time of its own: what was written a moment ago is never trusted."""
    monkeypatch.setattr(index, "tool_digest", lambda: b"")
    time = [1_000_000_000]

    def write(path: Path, text: str) -> None:
        time[0] += 1
        path.write_text(text)
        os.utime(path, (time[0], time[0]))

    return write


def _checked(folder: Path, cache: Cache) -> Findings:
    files = files_of([str(folder)], _settings_for)
    workspace = Workspace(files, frozenset(), _settings_for, cache)
    workspace.check(lambda *_: None)
    workspace.keep()
    return {path: workspace.reported(path) if workspace.may_say(path) else () for path in files.paths}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STATES, min_size=2, max_size=5))
def test_what_is_remembered_is_what_a_fresh_look_finds(
    tmp_path_factory: pytest.TempPathFactory,
    stamp: Callable[[Path, str], None],
    states: list[dict[str, str]],
) -> None:
    folder = tmp_path_factory.mktemp("work")
    cache = Cache(folder / "cache.sqlite")
    current: dict[str, str] = {}
    for state in states:
        for name, text in state.items():
            if current.get(name) != text:
                stamp(folder / name, text)
        current = state
        files = {str(folder / name): text for name, text in state.items()}
        assert _checked(folder, cache) == _at_once(files)


def test_nothing_is_looked_at_twice(
    tmp_path: Path, stamp: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, texts in PIECES.items():
        stamp(tmp_path / name, texts[0])
    cache = Cache(tmp_path / "cache.sqlite")
    first = _checked(tmp_path, cache)
    monkeypatch.setattr(check, "block_findings", lambda *_: pytest.fail("looked at again"))
    assert _checked(tmp_path, cache) == first


def test_repairs_are_worked_out_once(
    tmp_path: Path, stamp: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp(tmp_path / "view.py", "import time\n\nasync def view():\n    time.sleep(1)\n    time.sleep(2)\n")
    stamp(tmp_path / "quiet.py", "import time\n\nasync def f():\n    time.sleep(1)  # awaitlens: ignore\n")
    cache, path = Cache(tmp_path / "cache.sqlite"), str(tmp_path / "view.py")
    checked = _checked(tmp_path, cache)
    assert "blocking-sleep" not in {finding.pitfall for finding in checked[str(tmp_path / "quiet.py")]}
    repairs = _repairs(tmp_path, cache, path)
    assert sum("asyncio.sleep" in patch.title for patch in repairs) == 2
    monkeypatch.setattr(check, "patches", lambda *_: pytest.fail("worked out again"))
    assert _repairs(tmp_path, cache, path) == repairs


def _repairs(folder: Path, cache: Cache, path: str) -> list[Patch]:
    workspace = Workspace(files_of([str(folder)], _settings_for), frozenset(), _settings_for, cache)
    workspace.check(lambda *_: None)
    found = [patch for finding in workspace.reported(path) for patch in workspace.patches(path, finding)]
    workspace.keep()
    return found


@pytest.mark.parametrize(
    ("name", "before", "after", "again"),
    [
        ("view.py", PIECES["view.py"][1], PIECES["view.py"][2], {"view.py"}),
        ("helper.py", PIECES["helper.py"][1], PIECES["helper.py"][1] + "    # a remark\n", {"helper.py"}),
        ("helper.py", "def load():\n    pass\n", "def load():\n    print(1)\n", {"helper.py", "view.py"}),
        (
            "helper.py",
            "def load():\n    pass\n\ndef idle():\n    pass\n",
            "def load():\n    pass\n\ndef idle():\n    print(1)\n",
            {"helper.py"},
        ),
    ],
    ids=["async function", "remark", "helper", "helper nobody asks about"],
)
def test_an_edit_costs_what_may_notice_it(
    name: str,
    before: str,
    after: str,
    again: set[str],
    tmp_path: Path,
    stamp: Callable[[Path, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pieces = {other: texts[1] for other, texts in PIECES.items()} | {"middle.py": PIECES["middle.py"][0]}
    idle = {f"idle{number}.py": "" for number in range(6)}
    for other, text in {**pieces, **idle, name: before}.items():
        stamp(tmp_path / other, text)
    cache = Cache(tmp_path / "cache.sqlite")
    _checked(tmp_path, cache)
    looked_at: set[str] = set()
    monkeypatch.setattr(CheckedFiles, "_work_out", lambda self, path: looked_at.add(path) or {})
    stamp(tmp_path / name, after)
    _checked(tmp_path, cache)
    assert looked_at == {str(tmp_path / other) for other in again}


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_processes_change_nothing(processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"/work/{n}/{name}": texts[0] for n in range(6) for name, texts in PIECES.items()}
    monkeypatch.setattr("awaitlens.index.processes.processes_for", lambda size, least: processes)
    monkeypatch.setattr(check, "_PER_JOB", 100)
    checked = CheckedFiles({path: Source(path, text) for path, text in files.items()}, _settings_for)
    checked.check(list(files))
    assert {path: checked.findings(path) for path in files} == _at_once(files)
