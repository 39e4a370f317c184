"""Installed packages: read as text where no table knows a name, found where environments keep them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from awaitlens.environment import package_folders
from awaitlens.index import workspace as index
from awaitlens.index.cache import Cache
from awaitlens.index.check import CheckedFiles
from awaitlens.index.workspace import Workspace
from awaitlens.program import packages
from awaitlens.settings import Settings
from awaitlens.source import Source
from awaitlens.workspace import files_of

KIT = {
    "shopkit/__init__.py": "from .client import Client, Either, Guess, Handle, Link, fetch, link\nfrom ._io import load\n",
    "shopkit/client.py": """\
import requests
from typing import overload

class Reply:
    async def text(self): ...

class Client:
    async def order(self, book) -> Reply: ...
    def price(self, book) -> int: ...

class Shop(Client):
    pass

class Link:
    async def __aenter__(self): return self
    async def __aexit__(self, *_): ...

class Handle:
    def __enter__(self): return self
    def __exit__(self, *_): ...

class Either(Link, Handle):
    pass

class Guess(Link):
    def __getattr__(self, name): ...

def link() -> Link: ...

def fetch(url):
    return requests.get(url).json()

@overload
def either(book: int) -> int: ...
@overload
async def either(book: str) -> str: ...
""",
    "shopkit/_io.py": "def load(path):\n    return open(path).read()\n",
}


def environment(folder: Path, files: Mapping[str, str], name: str = ".venv") -> Path:
    """A virtual environment that holds these files, as far as anybody looks."""
    site = folder / name / "lib" / "python3.12" / "site-packages"
    for path, text in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
    (folder / name / "pyvenv.cfg").write_text("")
    return site


def found(folder: Path, text: str) -> list[tuple[str, str]]:
    path = str(folder / "shop.py")
    checked = CheckedFiles(
        {path: Source(path, text)}, lambda _: Settings(), package_folders=package_folders(str(folder))
    )
    return [(each.pitfall, each.confidence) for each in checked.findings(path)]


def in_view(statement: str, *imports: str) -> str:
    return "\n".join([*imports, "", "async def view(book):", f"    {statement}", "    return book", ""])


@pytest.mark.parametrize(
    ("statement", "pitfall"),
    [
        ("with shopkit.Link(): pass", "with-needs-async-with"),
        ("with shopkit.link(): pass", "with-needs-async-with"),
        ("async with shopkit.Handle(): pass", "async-with-needs-with"),
        ("async with shopkit.Link(): pass", ""),
        ("with shopkit.Handle(): pass", ""),
        ("with shopkit.Either(): pass", ""),
        ("async with shopkit.Either(): pass", ""),
        ("with shopkit.Guess(): pass", ""),
        ("with shopkit.fetch(book): pass", ""),
    ],
)
def test_the_form_of_with_that_a_class_of_a_package_has(tmp_path: Path, statement: str, pitfall: str) -> None:
    """Missed alarms, and the look-alikes that would be false ones: both forms, or nobody knows."""
    environment(tmp_path, KIT)
    said = [name for name, _ in found(tmp_path, in_view(statement, "import shopkit"))]
    assert [name for name in said if "with" in name] == ([pitfall] if pitfall else [])


@pytest.mark.parametrize(
    ("imported", "statement"),
    [
        ("from shopkit import Client", "Client().order(book)"),
        ("import shopkit", "shopkit.Client().order(book)"),
        ("import shopkit.client as kit", "kit.Shop().order(book)"),
        ("from shopkit import Client", "(await Client().order(book)).text()"),
    ],
)
def test_a_coroutine_of_a_package_that_nobody_awaits(tmp_path: Path, imported: str, statement: str) -> None:
    """A missed alarm without the package's source."""
    text = in_view(statement, imported)
    assert found(tmp_path, text) == []
    environment(tmp_path, KIT)
    assert found(tmp_path, text) == [("unawaited-call", "likely")]
    assert found(tmp_path, text.replace(statement, f"await {statement}")) == []


def test_a_plain_value_of_a_package_that_is_awaited(tmp_path: Path) -> None:
    environment(tmp_path, KIT)
    text = in_view("await Client().price(book)", "from shopkit import Client")
    assert [name for name, _ in found(tmp_path, text)] == ["await-non-awaitable"]


def test_a_package_that_blocks(tmp_path: Path) -> None:
    """At most likely. That it reads a file is left alone: mostly it does so once."""
    environment(tmp_path, KIT)
    imports = "from shopkit import fetch, load"
    assert found(tmp_path, in_view("fetch(book)", imports)) == [("blocking-call-chain", "likely")]
    assert found(tmp_path, in_view("load(book)", imports)) == []


def test_what_a_package_overloads_is_not_known(tmp_path: Path) -> None:
    """A false alarm if the last overload spoke for all."""
    environment(tmp_path, KIT)
    assert found(tmp_path, in_view("either(book)", "from shopkit.client import either")) == []


def test_the_tables_speak_first(tmp_path: Path) -> None:
    environment(tmp_path, {"requests/__init__.py": "async def get(url): ...\n"})
    assert found(tmp_path, in_view("requests.get(book)", "import requests")) == [("blocking-http", "certain")]


@pytest.mark.parametrize("stub", ["shopkit/client.pyi", "shopkit-stubs/client.pyi"])
def test_a_stub_speaks_before_the_source(tmp_path: Path, stub: str) -> None:
    stubs = {stub: "class Client:\n    def order(self, book) -> int: ...\n"}
    environment(tmp_path, {**KIT, "shopkit-stubs/__init__.pyi": "", **stubs})
    assert found(tmp_path, in_view("Client().order(book)", "from shopkit.client import Client")) == []


def test_the_standard_library_is_read_as_stubs(tmp_path: Path) -> None:
    """A missed alarm: no table lists colorsys; awaiting its tuple raises TypeError."""
    text = in_view("await colorsys.rgb_to_hsv(1, 1, book)", "import colorsys")
    assert [name for name, _ in found(tmp_path, text)] == ["await-non-awaitable"]


def test_no_code_of_a_package_runs(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    touching = f"open({str(mark)!r}, 'w')\n"
    site = environment(
        tmp_path, {"kit.py": touching + "async def f(): ...\n", "kit.pth": f"import os; {touching}"}
    )
    assert found(tmp_path, in_view("kit.f()", "import kit")) == [("unawaited-call", "likely")]
    assert package_folders(str(tmp_path)) == (str(site),)
    assert not mark.exists()


def test_a_package_too_large_to_be_read_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a package read might leave out what decides."""
    environment(tmp_path, KIT)
    monkeypatch.setattr(packages, "_MOST_FILES", 2)
    assert found(tmp_path, in_view("Client().order(book)", "from shopkit import Client")) == []


def test_only_what_is_asked_for_is_parsed(tmp_path: Path) -> None:
    many = "".join(f"def f{number}():\n    return {number}\n\n\n" for number in range(500))
    site = environment(tmp_path, {"kit/__init__.py": f"{many}async def order(): ...\n", "kit/other.py": many})
    known = packages.Packages(
        [str(site)], lambda path: Path(path).read_text() if Path(path).exists() else None
    )
    assert known.describe("kit.order").kind == "coroutine"
    assert known.paths == (f"{site}/kit/__init__.py",)
    assert known.file(known.paths[0]).read_so_far < 100


# --- where packages lie -------------------------------------------------------------------------------------


def test_environments_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    own, active = environment(tmp_path, KIT), environment(tmp_path / "active", KIT, "env")
    assert package_folders(str(tmp_path)) == (str(own),)
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active" / "env"))
    assert package_folders(str(tmp_path)) == (str(own), str(active))
    for chosen in ("active/env", "active/env/bin/python", str(tmp_path / "active" / "env")):
        assert package_folders(str(tmp_path), chosen) == (str(active),)


def test_editable_installs_are_followed(tmp_path: Path) -> None:
    site = environment(
        tmp_path, {"__editable__.kit-1.0.pth": f"{tmp_path}/kit/src\n# a remark\n/not/there\n"}
    )
    (tmp_path / "kit" / "src").mkdir(parents=True)
    assert package_folders(str(tmp_path)) == (str(site), str(tmp_path / "kit" / "src"))


def test_what_is_remembered_is_forgotten_when_a_package_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "tool_digest", lambda: b"")
    site = environment(tmp_path, KIT)
    (tmp_path / "pyproject.toml").write_text("")
    path = tmp_path / "shop.py"
    path.write_text(in_view("Client().order(book)", "from shopkit import Client"))
    cache, told = Cache(tmp_path / "cache.sqlite"), []
    for step, change in enumerate(
        [("", ""), ("async def order", "def order"), ("def order", "async def order")]
    ):
        client = site / "shopkit" / "client.py"
        client.write_text(client.read_text().replace(*change))
        for each in (client, path):
            os.utime(each, (1_000_000_000, 1_000_000_000 + (step if each == client else 0)))
        files = files_of([str(path)], lambda _: Settings(root=str(tmp_path)))
        workspace = Workspace(files, frozenset(), lambda _: Settings(root=str(tmp_path)), cache)
        workspace.check(lambda *_: None)
        workspace.keep()
        told.append([each.pitfall for each in workspace.reported(str(path))])
    assert told == [["unawaited-call"], [], ["unawaited-call"]]
