"""What only a process of its own can show: imports, pipes, terminals, standard input."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPORT = """
import sys
from awaitlens.cli import main
status = main(sys.argv[1:])
heavy = {"pygls", "lsprotocol", "jedi", "libcst", "asyncio", "rich", "concurrent", "multiprocessing"}
sys.stderr.write("imported: %s\\n" % sorted(heavy & {name.partition(".")[0] for name in sys.modules}))
sys.exit(status)
"""


def awaitlens(
    folder: Path, *arguments: str, stdin: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONUTF8": "0", **variables}
    command = [sys.executable, "-m", "awaitlens", *arguments]
    return subprocess.run(
        command, cwd=folder, input=stdin, capture_output=True, env=environment, timeout=60, check=False
    )


def imported(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-c", REPORT, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.stderr.splitlines()[-1]


def test_check_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import time\nasync def f():\n    time.sleep(1)\n")
    (tmp_path / ".gitignore").write_text("old\n")
    assert imported(tmp_path, "check", "--output-format", "concise") == "imported: []"


def test_rules_and_explain_import_nothing_heavy_when_piped(tmp_path: Path) -> None:
    assert imported(tmp_path, "rules") == "imported: []"
    assert imported(tmp_path, "explain", "1") == "imported: []"


def test_wrong_arguments_end_with_2(tmp_path: Path) -> None:
    for arguments in ((), ("chekc",), ("check", "--output-format", "xml"), ("server", "--tcp", "x")):
        assert awaitlens(tmp_path, *arguments).returncode == 2


def test_colour_is_written_when_forced_and_never_with_no_color(tmp_path: Path) -> None:
    assert b"\x1b[" in awaitlens(tmp_path, "rules", FORCE_COLOR="1").stdout
    assert b"\x1b[" not in awaitlens(tmp_path, "rules", FORCE_COLOR="1", NO_COLOR="1").stdout
    assert b"\x1b[" in awaitlens(tmp_path, "explain", "1", FORCE_COLOR="1").stdout


def test_stdin_stands_for_a_file(tmp_path: Path) -> None:
    text = "x = 'é'  # awaitlens: ignore[blocking-sleep]\r\n".encode()
    done = awaitlens(
        tmp_path, "check", "--output-format", "concise", "--stdin-filename", "pkg/a.py", "-", stdin=text
    )
    assert done.stdout.startswith(b"pkg/a.py:1:10: unused-suppression ")
    assert done.returncode == 1
    fixed = awaitlens(tmp_path, "check", "--fix", "--stdin-filename", "pkg/a.py", "-", stdin=text)
    assert (fixed.returncode, fixed.stdout) == (0, "x = 'é'\r\n".encode())


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = 1  # awaitlens: ignore\n" * 5000)
    command = [sys.executable, "-m", "awaitlens", "check", "--output-format", "concise"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo terminal")
def test_on_a_terminal_there_is_colour(tmp_path: Path) -> None:
    import pty

    (tmp_path / "app.py").write_text("x = 1  # awaitlens: ignore\n")
    leader, follower = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    command = [sys.executable, "-m", "awaitlens", "check"]
    subprocess.run(
        command, cwd=tmp_path, stdout=follower, env={**environment, "TERM": "xterm"}, timeout=60, check=False
    )
    os.close(follower)
    written = os.read(leader, 100_000).decode()
    os.close(leader)
    assert "\x1b[1;33munused-suppression\x1b[0m" in written
    assert "^" in written


def test_a_file_that_is_checked_alone_still_sees_what_it_imports(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("import time\n\n\ndef load():\n    time.sleep(1)\n")
    (tmp_path / "app.py").write_text("from helper import load\n\n\nasync def view():\n    load()\n")
    done = subprocess.run(
        [sys.executable, "-m", "awaitlens", "check", "app.py", "--output-format", "concise"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "blocking-call-chain" in done.stdout
