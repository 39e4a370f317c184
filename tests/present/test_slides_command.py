"""`awaitlens slides`: the deck of a place or of a lesson, on the terminal or in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitlens.cli import main
from awaitlens.cli.arguments import CouldNotRun
from awaitlens.cli.slides import slides

CODE = """import time


async def poll(client):
    time.sleep(1)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "jobs.py").write_text(CODE, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_place_is_told_on_the_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert slides("jobs.py:5", None) == 0
    told = capsys.readouterr().out
    assert "The code as it is" in told and "`jobs.py, line 5`" in told and "Never block the loop" in told


def test_a_deck_is_written_as_its_name_says(folder: Path) -> None:
    slides("jobs.py:5", "deck.html")
    slides("blocking-sleep", "deck.md")
    assert (folder / "deck.html").read_text("utf-8").startswith("<!doctype html>")
    assert (folder / "deck.md").read_text("utf-8").startswith("*Law 1 of 7: Never block the loop*")


def test_a_proof_is_followed_through_the_packages_around_a_file_elsewhere(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missed alarm: from another folder the check saw the file alone, and found nothing to tell."""
    package = folder / "shop" / "web"
    package.mkdir(parents=True)
    for name, text in {
        "__init__.py": "",
        "web/__init__.py": "",
        "prices.py": "import time\n\n\ndef load():\n    time.sleep(1)\n",
        "web/views.py": "from shop.prices import load\n\n\nasync def view():\n    return load()\n",
    }.items():
        (folder / "shop" / name).write_text(text, "utf-8")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    slides(f"{package}/views.py:5", None)
    assert r"`load` \> `time.sleep`" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("jobs.py:2", "no pitfall on line 2 of jobs.py; there are some on 5"),
        ("missing.py:1", "there is no file"),
        ("blocking-slep", "did you mean 'blocking-sleep'"),
        ("jobs.py", "neither FILE:LINE nor a pitfall"),
    ],
)
def test_what_cannot_be_told_says_why(folder: Path, target: str, complaint: str) -> None:
    with pytest.raises(CouldNotRun, match=complaint):
        slides(target, None)


def test_a_deck_that_cannot_be_written_says_why(folder: Path) -> None:
    with pytest.raises(CouldNotRun, match=r"no/deck.html cannot be written: No such file"):
        slides("blocking-sleep", "no/deck.html")


def test_the_command_line_takes_a_target_and_a_file(folder: Path) -> None:
    assert main(["slides", "jobs.py:5", "-o", "deck.html"]) == 0
    assert "time.sleep" in (folder / "deck.html").read_text("utf-8")
    assert main(["slides", "jobs.py:1"]) == 2
