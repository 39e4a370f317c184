"""run_neovim.sh names the Neovim to drive in the variable NEOVIM; without it these tests are skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.editors.neovim.driver import HERE, PLUGIN, ROOT, Neovim

Open = Callable[..., Neovim]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.editors)


@pytest.fixture(scope="session")
def binary() -> Path:
    if "NEOVIM" not in os.environ:
        pytest.skip("tests/editors/run_neovim.sh runs this with a real Neovim")
    return Path(os.environ["NEOVIM"])


@pytest.fixture(scope="session")
def screens() -> Path:
    """Where screens are kept, for people and for run_neovim.sh to make pictures of."""
    folder = Path(os.environ.get("SCREENS", ROOT / ".e2e/screenshots/neovim"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    shutil.copytree(HERE.parent / "fixtures/workspace", folder)
    (folder / "pyproject.toml").write_text("[project]\nname = 'shop'\n")
    return folder


@pytest.fixture
def neovim(
    binary: Path, tmp_path: Path, workspace: Path, screens: Path, request: pytest.FixtureRequest
) -> Iterator[Open]:
    """Opens a file of the workspace in a Neovim of its own. Its last screen is kept under the test's name."""
    opened: list[Neovim] = []

    def open_file(file: str, *, as_path: bool = False) -> Neovim:
        home = tmp_path / f"home{len(opened)}"
        home.mkdir()
        opened.append(Neovim(binary, home, workspace, file, as_path=PLUGIN if as_path else None))
        return opened[-1]

    yield open_file
    for number, each in enumerate(opened):
        name = f"{request.node.name}{number or ''}"
        (screens / f"{name}.ansi").write_text(each.screen("-e"), "utf-8")
        each.close()


@pytest.fixture
def keep_screen(screens: Path) -> Callable[[Neovim, str], None]:
    def keep(editor: Neovim, name: str) -> None:
        (screens / f"{name}.ansi").write_text(editor.screen("-e"), "utf-8")

    return keep
