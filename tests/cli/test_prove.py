"""`awaitlens prove`: the script for a line, on standard output."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from awaitlens.cli import main
from awaitlens.cli.nearby import files_around
from awaitlens.settings import Settings

RACE = "stats = {'alive': 0}\n\nasync def f():\n    n = stats['alive']\n    await g()\n    stats['alive'] = n + 1\n"


def test_the_script_is_printed_and_fails_when_it_is_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop.py").write_text(RACE)
    monkeypatch.chdir(tmp_path)
    assert main(["prove", "shop.py:6"]) == 0
    text = capsys.readouterr().out
    assert "shop.py, line 6" in text
    done = subprocess.run([sys.executable, "-I", "-c", text], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "PROVED" in done.stderr


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("shop.py:1", "there is no pitfall on line 1"),
        ("nowhere.py:1", "there is no file"),
        ("shop.py", "FILE:LINE"),
        ("sleepy.py:3", "blocking-sleep on this line has no order of two tasks to show"),
    ],
)
def test_why_there_is_none(
    target: str,
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "shop.py").write_text(RACE)
    (tmp_path / "sleepy.py").write_text("import time\nasync def f():\n    time.sleep(1)\n")
    monkeypatch.chdir(tmp_path)
    assert main(["prove", target]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert not said.out


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        ("", ["shop.py", "a.py", "b/__init__.py", "b/c.py", "b/d.py"]),
        (
            "pyproject.toml",
            ["shop.py", "a.py", "b/__init__.py", "b/c.py", "b/d.py", "b/e.py", "other/far.py"],
        ),
    ],
    ids=["outside", "in a project"],
)
def test_outside_a_project_only_what_is_imported_is_read(
    mark: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home folder may be endless, and is no workspace."""
    texts = {"shop.py": "import a", "a.py": "from b import c\nimport os", "b/__init__.py": "", "b/c.py": "from .d import x",
             "b/d.py": "import a", "b/e.py": "", "other/far.py": "", **({mark: ""} if mark else {})}  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    found = files_around(str(tmp_path / "shop.py"), lambda _: Settings())
    assert sorted(found) == sorted(str(tmp_path / name) for name in expected)
