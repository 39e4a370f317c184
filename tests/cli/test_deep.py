"""`check --deep`: what jedi adds, and what a check without it never starts."""

from pathlib import Path

import pytest

from awaitlens.cli import main

TEXT = '''\
import subprocess


def make():
    """:rtype: subprocess.Popen"""


async def run():
    make().wait()
'''


def test_a_deep_check_finds_what_jedi_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs.py").write_text(TEXT)
    assert main(["check", "--output-format", "concise"]) == 0
    assert main(["check", "--deep", "--output-format", "concise"]) == 1
    assert "make().wait() blocks" in capsys.readouterr().out
