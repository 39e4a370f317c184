"""`check --watch`, as a process of its own: what is written while it watches, and what it says then."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from awaitlens.cli import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent another way")

BLOCKING = "import time\n\n\nasync def go():\n    time.sleep(1)\n"
CALM = "import asyncio\n\n\nasync def go():\n    await asyncio.sleep(1)\n"
TELLING_WHO_IS_LOOKED_AT = """
import sys
from awaitlens.cli import main
from awaitlens.index import check
work_out = check.CheckedFiles._work_out
def telling(self, path):
    print("looked at", path.rpartition("/")[2], flush=True)
    return work_out(self, path)
check.CheckedFiles._work_out = telling
sys.exit(main(sys.argv[1:]))
"""
PATIENCE = 60


class Watch:
    """A watch in a folder. Its lines are waited for, however slow the machine is."""

    def __init__(self, folder: Path, *arguments: str, program: tuple[str, ...] = ("-m", "awaitlens")) -> None:
        command = [sys.executable, *program, "check", "--watch", "--output-format", "concise", *arguments]
        cache = str(folder.parent / "cache")
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "AWAITLENS_CACHE_DIR": cache},
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def until(self, words: str) -> str:
        """What is said up to a line with these words."""
        said = ""
        while words not in said.rpartition("\n")[0].rpartition("\n")[2]:
            try:
                said += self._lines.get(timeout=PATIENCE)
            except queue.Empty:
                pytest.fail(f"never said: {words}\n{said}")
        return said

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


@pytest.fixture(autouse=True)
def as_in_a_terminal() -> Iterator[None]:
    """A shell that starts tests in the background has them ignore Ctrl-C, and what they start would ignore it too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watch]]:
    started: list[Watch] = []

    def start(*arguments: str, **options: tuple[str, ...]) -> Watch:
        started.append(Watch(tmp_path / "work", *arguments, **options))
        return started[-1]

    (tmp_path / "work").mkdir()
    yield start
    for each in started:
        each.process.kill()
        each.process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "work"


def test_it_reports_after_each_change_and_ends_well_on_ctrl_c(
    watch: Callable[..., Watch], folder: Path
) -> None:
    """Missed alarms and false ones: what is written is found, what is mended is no longer."""
    (folder / "app.py").write_text(CALM)
    watched = watch()
    assert watched.until("file.") == "No pitfalls in 1 file.\n", "plain where it is not a terminal"
    (folder / "app.py").write_text(BLOCKING)
    assert "app.py:5:5: blocking-sleep" in watched.until("1 pitfall in 1 file.")
    (folder / "app.py").write_text(CALM)
    assert watched.until("No pitfalls in 1 file.").startswith("Changed: app.py\n")
    assert watched.interrupt() == 0


def test_it_goes_on_when_files_vanish_or_are_broken(watch: Callable[..., Watch], folder: Path) -> None:
    (folder / "app.py").write_text(BLOCKING)
    watched = watch()
    watched.until("1 pitfall in 1 file.")
    (folder / "more").mkdir()
    (folder / "more/late.py").write_text(BLOCKING)
    watched.until("2 pitfalls in 2 files.")
    (folder / "more/late.py").write_bytes(b"\xff\xfe\xfa")
    watched.until("late.py cannot be read")
    watched.until("1 pitfall in 1 file.")
    (folder / "more/late.py").write_text(BLOCKING.replace("go():", "go(:"))
    watched.until("2 pitfalls in 2 files.")
    (folder / "more").rename(folder.parent / "elsewhere")
    watched.until("1 pitfall in 1 file.")
    (folder / "app.py").unlink()
    watched.until("No pitfalls in 0 files.")
    assert watched.interrupt() == 0


def test_only_what_a_change_reaches_is_looked_at_again(watch: Callable[..., Watch], folder: Path) -> None:
    (folder / "helper.py").write_text("import time\n\n\ndef load():\n    pass\n")
    (folder / "view.py").write_text("from helper import load\n\n\nasync def view():\n    load()\n")
    for name in ("one", "two", "three", "four"):
        (folder / f"{name}.py").write_text(CALM)
    watched = watch(program=("-c", TELLING_WHO_IS_LOOKED_AT))
    assert watched.until("No pitfalls in 6 files.").count("looked at") == 6
    (folder / "helper.py").write_text("import time\n\n\ndef load():\n    time.sleep(1)\n")
    said = watched.until("1 pitfall in 6 files.")
    assert "view.py:5:5: blocking-call-chain" in said
    looked_at = {line.split()[-1] for line in said.splitlines() if line.startswith("looked at")}
    assert looked_at == {"helper.py", "view.py"}


def test_a_file_named_outright_may_be_put_in_place_of_itself(
    watch: Callable[..., Watch], folder: Path
) -> None:
    """A missed alarm: many editors write a new file and rename it."""
    (folder / "app.py").write_text(CALM)
    watched = watch("app.py")
    watched.until("No pitfalls in 1 file.")
    for text, words in ((BLOCKING, "1 pitfall in 1 file."), (CALM, "No pitfalls in 1 file.")):
        (folder / "new").write_text(text)
        (folder / "new").rename(folder / "app.py")
        watched.until(words)
    (folder / "app.py").unlink()
    watched.until("No pitfalls in 0 files.")


def test_settings_above_the_folder_count_at_once_even_wrong_ones(
    watch: Callable[..., Watch], folder: Path
) -> None:
    (folder / "src").mkdir()
    (folder / "src/app.py").write_text(BLOCKING)
    watched = watch("src")
    watched.until("1 pitfall in 1 file.")
    (folder / "pyproject.toml").write_text("[tool.awaitlens]\nignore = ['blocking-slep']\n")
    watched.until("did you mean 'blocking-sleep'?")
    (folder / "pyproject.toml").write_text("[tool.awaitlens]\nignore = ['blocking-sleep']\n")
    watched.until("No pitfalls in 1 file.")


def test_what_is_no_part_of_the_program_does_not_disturb(watch: Callable[..., Watch], folder: Path) -> None:
    (folder / "app.py").write_text(CALM)
    (folder / ".venv").mkdir()
    watched = watch()
    watched.until("No pitfalls in 1 file.")
    (folder / "notes.md").write_text("later")
    (folder / ".venv/site.py").write_text(BLOCKING)
    (folder / "app.py").write_text(BLOCKING)
    assert watched.until("1 pitfall in 1 file.").startswith("Changed: app.py\n")


def test_a_terminal_is_cleared_before_each_report(folder: Path) -> None:
    import pty

    folder.mkdir()
    (folder / "app.py").write_text(BLOCKING)
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "awaitlens", "check", "--watch", "--no-cache"]
    environment = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(command, cwd=folder, stdout=follower, stderr=follower, env=environment) as process:
        written = b""
        for expected in (1, 2):
            while written.count(b"1 pitfall in 1 file.") < expected:
                written += os.read(leader, 4096)
            assert written.count(b"\x1b[2J") == expected
            (folder / "app.py").write_text(f"# {expected}\n{BLOCKING}")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    os.close(follower)
    os.close(leader)
    assert b"Changed:" not in written


@pytest.mark.parametrize(
    "arguments", [["--fix"], ["--diff"], ["--add-ignores"], ["--output-format", "sarif"], ["-"]]
)
def test_what_cannot_be_done_again_and_again_is_refused(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--watch", *arguments]) == 2
    assert "--watch cannot go together with" in capsys.readouterr().err
