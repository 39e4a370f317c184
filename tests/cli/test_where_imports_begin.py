"""A file that is checked alone is followed into what it imports, however its project lies: a commit hook hands over single files."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitlens.cli.checking import check_sources, check_workspace
from awaitlens.index.cache import NoCache
from awaitlens.settings import Settings
from awaitlens.source import Source
from awaitlens.workspace import files_of

HELPER = "import time\n\n\ndef load():\n    time.sleep(1)\n"
VIEW = "from {} import load\n\n\nasync def view():\n    load()\n"
LAYOUTS = {
    "its own package": (["shop/__init__.py"], "shop/helper.py", "shop/view.py", "shop.helper"),
    "its own package, further in": (
        ["shop/__init__.py", "shop/web/__init__.py"], "shop/helper.py", "shop/web/view.py", "shop.helper",
    ),
    "a package beside its own": (
        ["code/shop/__init__.py", "code/web/__init__.py"], "code/shop/helper.py", "code/web/view.py", "shop.helper",
    ),
    "folders without __init__.py": ([], "shop/deep/helper.py", "web/far/view.py", "shop.deep.helper"),
    "src, from a script": (["src/shop/__init__.py"], "src/shop/helper.py", "scripts/view.py", "shop.helper"),
}  # fmt: skip


def laid_out(root: Path, layout: str) -> Path:
    packages, helper, view, module = LAYOUTS[layout]
    for name, text in (*((each, "") for each in packages), (helper, HELPER), (view, VIEW.format(module))):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root / view


def found(view: Path, settings: Settings) -> list[str]:
    path = view.as_posix()
    program = check_sources({path: Source(path, view.read_text())}, lambda _: settings)
    return [finding.pitfall for finding in program.reported(path)]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_file_alone_is_followed_into_its_project(layout: str, tmp_path: Path) -> None:
    assert found(laid_out(tmp_path, layout), Settings(root=str(tmp_path))) == ["blocking-call-chain"]


@pytest.mark.parametrize("layout", [each for each in LAYOUTS if not each.startswith("src")])
def test_without_a_project_imports_begin_in_the_working_directory(
    layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = laid_out(tmp_path, layout)
    monkeypatch.chdir(tmp_path)
    assert found(view, Settings()) == ["blocking-call-chain"]


@pytest.mark.parametrize("layout", [each for each in LAYOUTS if not each.startswith("src")])
def test_a_folder_is_where_its_imports_begin(layout: str, tmp_path: Path) -> None:
    view = laid_out(tmp_path, layout).as_posix()
    files = files_of([str(tmp_path)], lambda _: Settings())
    reading = check_workspace(files, frozenset(), lambda _: Settings(), NoCache(), lambda *_: None)
    assert reading.workspace is not None
    assert [each.pitfall for each in reading.workspace.reported(view)] == ["blocking-call-chain"]


def test_a_name_of_the_standard_library_means_no_file_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "queue.py").write_text(HELPER)
    view = tmp_path / "web" / "view.py"
    view.parent.mkdir()
    view.write_text(VIEW.format("queue"))
    assert found(view, Settings(root=str(tmp_path))) == []
