"""A release is made from a clean tree that has something to tell, or not at all."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

TOOL = Path(__file__).parents[2] / "tools/release.py"
FILES = {
    "CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n- Sees more.\n\n## 0.1.0 - 2026-01-01\n\n- Sees.\n",
    "server/awaitlens/__init__.py": '"""Sees."""\n\n__version__ = "0.1.0"\n',
    "client-vscode/package.json": '{\n  "name": "awaitlens",\n  "version": "0.1.0",\n  "main": "x.js"\n}\n',
    "package-lock.json": """{
  "packages": {
    "": { "name": "awaitlens-workspace" },
    "client-vscode": {
      "name": "awaitlens",
      "version": "0.1.0",
      "devDependencies": { "other": "0.1.0" }
    }
  }
}
""",
    "docs/ci.md": "    rev: v0.1.0\n    hooks:\n",
}


@pytest.fixture(scope="module")
def tool() -> Any:
    spec = importlib.util.spec_from_file_location("release", TOOL)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "user.email", "a@example.org")
    git(tmp_path, "config", "user.name", "A")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "Begin")
    return tmp_path


def test_a_release_tells_what_is_new_and_is_tagged(tool: Any, root: Path) -> None:
    assert tool.main(["0.2.0", "--root", str(root)]) == 0
    changelog = (root / "CHANGELOG.md").read_text()
    assert changelog.startswith("# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2")
    assert changelog.endswith("\n\n- Sees more.\n\n## 0.1.0 - 2026-01-01\n\n- Sees.\n")
    assert '__version__ = "0.2.0"\n' in (root / "server/awaitlens/__init__.py").read_text()
    for name in ("client-vscode/package.json", "package-lock.json", "docs/ci.md"):
        assert (root / name).read_text() == FILES[name].replace("0.1.0", "0.2.0", 1)
    assert git(root, "tag") == "v0.2.0\n"
    assert git(root, "status", "--porcelain") == ""


@pytest.mark.parametrize("file", ["CHANGELOG.md", "new.py"])
def test_a_tree_that_is_not_clean_is_refused(
    tool: Any, root: Path, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with (root / file).open("a") as opened:
        opened.write("x = 1\n")
    assert tool.main(["0.2.0", "--root", str(root)]) == 1
    assert "the tree is not clean" in capsys.readouterr().err
    assert git(root, "tag") == ""


@pytest.mark.parametrize(
    ("version", "reason"), [("0.0.9", "older"), ("1.2", "no version like"), ("v1.2.3", "no version like")]
)
def test_a_version_that_cannot_be_next_is_refused(
    tool: Any, root: Path, version: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.main([version, "--root", str(root)]) == 1
    assert reason in capsys.readouterr().err
    assert git(root, "status", "--porcelain") == ""


def test_the_places_that_keep_the_version_are_there(tool: Any) -> None:
    """A release must not fail over a file of the project that was formatted anew."""
    root = TOOL.parents[1]
    for name, pattern in tool.KEPT_ALSO.items():
        assert len(re.findall(pattern, (root / name).read_text("utf-8"), re.MULTILINE)) == 1, name


def test_the_same_version_is_not_released_twice(tool: Any, root: Path) -> None:
    assert tool.main(["0.2.0", "--root", str(root)]) == 0
    assert tool.main(["0.2.0", "--root", str(root)]) == 1


def test_a_changelog_with_nothing_new_is_refused(
    tool: Any, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.main(["0.2.0", "--root", str(root)]) == 0
    assert tool.main(["0.3.0", "--root", str(root)]) == 1
    assert "nothing new" in capsys.readouterr().err
