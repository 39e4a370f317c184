"""The house keeps its numbers: sizes of rooms, directions of imports, and who may import what."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "server" / "awaitlens"
FILES = sorted(SERVER.rglob("*.py"))


def functions() -> list[tuple[str, int]]:
    """Every function of the server with its length in lines."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SERVER)))
def test_no_file_outgrows_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_functions_stay_small() -> None:
    lengths = sorted(length for _, length in functions())
    assert statistics.median(lengths) <= 10
    assert lengths[int(len(lengths) * 0.9)] <= 35
    assert [name for name, length in functions() if length > 50] == []


def test_imports_point_down() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "importlinter.cli", "lint"], cwd=ROOT, capture_output=True, text=True
    )
    if "No module named importlinter.cli.__main__" in done.stderr or not done.stdout:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("lint-imports"))], cwd=ROOT, capture_output=True, text=True
        )
    assert done.returncode == 0, done.stdout


def test_jedi_is_imported_in_one_place() -> None:
    importers = [path.name for path in FILES if "import jedi" in path.read_text(encoding="utf-8")]
    assert len(importers) <= 1


def test_a_check_of_our_own_server_finds_nothing() -> None:
    """The server must pass its own check: it may not block its own loop."""
    done = subprocess.run(
        [sys.executable, "-m", "awaitlens", "check", "server", "--output-format", "concise"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
