"""What users install: the wheel, built from the source distribution, on every Python it promises.

Interpreters are found on PATH by name, or named in the variable PYTHONS (paths, separated as in PATH).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.editors

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "server/awaitlens"
EXAMPLE = "import time\n\n\nasync def poll(job):\n    time.sleep(1)\n    return job\n"


def run(*command: str | Path, cwd: Path, expected: int = 0) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == expected, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and with the wheel that was built from that."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "venv", "tools", cwd=folder)
    python = folder / "tools/bin/python"
    run(python, "-m", "pip", "install", "-q", "build", cwd=folder)
    run(python, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    (wheel,) = built.glob("*.whl")
    return wheel


def test_the_wheel_is_for_every_system(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")


def test_the_wheel_holds_what_runs_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        f"awaitlens/{file.relative_to(PACKAGE).as_posix()}"
        for file in PACKAGE.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert wanted - names == set(), "missing"
    strange = {name for name in names - wanted if not name.startswith("awaitlens/present/offline/")}
    assert {re.sub(r"^awaitlens-[^/]+\.dist-info/", "", name) for name in strange} == {
        "METADATA",
        "WHEEL",
        "RECORD",
        "entry_points.txt",
        "licenses/LICENSE",
    }


def test_the_wheel_holds_a_page_for_every_pitfall(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    pages = {Path(name).stem for name in archive.namelist() if name.startswith("awaitlens/present/offline/")}
    modules = {file.stem for file in (PACKAGE / "pitfalls").glob("*.py")} - {"__init__"}
    assert {module.replace("_", "-") for module in modules} <= pages


def test_the_metadata_says_licence_and_versions(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
    metadata = archive.read(name).decode()
    assert "License-Expression: MIT\n" in metadata
    assert "Requires-Python: >=3.10\n" in metadata
    assert "# AwaitLens" in metadata


def test_the_source_distribution_holds_what_building_and_testing_need(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        tops = {name.split("/")[1] for name in opened.getnames() if "/" in name}
        names = {name.split("/", 1)[1] for name in opened.getnames() if "/" in name}
    assert {"server", "tests", "tools", "examples", "pyproject.toml", "LICENSE", "CHANGELOG.md"} <= tops
    assert tops & {".e2e", "node_modules", ".venv"} == set()
    assert "tests/lessons/test_lessons.py" in names


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13", "3.14"])
def test_it_runs_where_it_is_installed(wheel: Path, version: str, tmp_path: Path) -> None:
    interpreter = _interpreter(version)
    if interpreter is None:
        pytest.skip(f"there is no Python {version} on PATH or in PYTHONS")
    run(interpreter, "-m", "venv", "--without-pip", "clean", cwd=tmp_path)
    programs = tmp_path / "clean/bin"
    pip = (sys.executable, "-m", "pip", "--python", programs / "python")
    run(*pip, "install", "-q", wheel, cwd=tmp_path)
    run(*pip, "check", cwd=tmp_path)
    said = run(programs / "python", "-m", "awaitlens", "--version", cwd=tmp_path)
    assert said == run(programs / "awaitlens", "--version", cwd=tmp_path)
    assert said.split()[1] in wheel.name
    (tmp_path / "example.py").write_text(EXAMPLE)
    found = run(
        programs / "awaitlens", "check", "--output-format", "json", "example.py", cwd=tmp_path, expected=1
    )
    assert [(each["pitfall"], each["line"]) for each in json.loads(found)] == [("blocking-sleep", 5)]
    run(programs / "awaitlens", "check", "--fix", "--unsafe-fixes", "example.py", cwd=tmp_path)
    assert "    await asyncio.sleep(1)\n" in (tmp_path / "example.py").read_text()
    assert "time.sleep" in run(programs / "awaitlens", "explain", "blocking-sleep", cwd=tmp_path)


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where uv and pipx are, freshly installed."""
    folder = tmp_path_factory.mktemp("tools")
    run(sys.executable, "-m", "venv", "tools", cwd=folder)
    run(folder / "tools/bin/python", "-m", "pip", "install", "-q", "uv", "pipx", cwd=folder)
    return folder / "tools/bin"


@pytest.mark.parametrize(
    "command",
    [
        ("uvx", "--from", "{wheel}", "--python", sys.executable),
        ("pipx", "run", "--spec", "{wheel}", "--python", sys.executable),
    ],
    ids=["uvx", "pipx"],
)
def test_it_runs_without_being_installed(
    tools: Path, wheel: Path, tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "PIPX_HOME", "UV_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "example.py").write_text(EXAMPLE)
    words = [tools / command[0], *(word.format(wheel=wheel) for word in command[1:])]
    check = ("awaitlens", "check", "--output-format", "concise", "example.py")
    found = run(*words, *check, cwd=tmp_path, expected=1)
    assert found.startswith("example.py:5:5: blocking-sleep ")


@pytest.mark.parametrize("installer", [("uv", "tool", "install"), ("pipx", "install")], ids=["uv", "pipx"])
def test_it_is_installed_as_a_program(
    tools: Path, wheel: Path, tmp_path: Path, installer: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_BIN_HOME", "PIPX_HOME"):
        monkeypatch.delenv(name, raising=False)
    run(tools / installer[0], *installer[1:], "--python", sys.executable, wheel, cwd=tmp_path)
    assert run(tmp_path / ".local/bin/awaitlens", "--version", cwd=tmp_path).split()[1] in wheel.name


def test_an_editor_can_talk_to_what_was_installed(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", "clean", cwd=tmp_path)
    run(tmp_path / "clean/bin/python", "-m", "pip", "install", "-q", wheel, cwd=tmp_path)
    messages: list[dict[str, object]] = [
        {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}},
        {"method": "initialized", "params": {}},
        {"id": 2, "method": "shutdown"},
        {"method": "exit"},
    ]
    bodies = [json.dumps({"jsonrpc": "2.0", **message}) for message in messages]
    said = "".join(f"Content-Length: {len(body)}\r\n\r\n{body}" for body in bodies)
    done = subprocess.run(
        [tmp_path / "clean/bin/awaitlens", "server"], input=said, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert '"serverInfo"' in done.stdout


def _interpreter(version: str) -> str | None:
    named = [path for path in os.environ.get("PYTHONS", "").split(os.pathsep) if path]
    for candidate in [*named, f"python{version}"]:
        found = shutil.which(candidate)
        if found and _version(found) == version:
            return found
    return None


def _version(interpreter: str) -> str | None:
    """None when it does not start: names on PATH may lead to versions that are not there."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([interpreter, "-c", code], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None
