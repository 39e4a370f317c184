"""A toy engine: two pitfalls that look at the text alone, so that these tests are about the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from awaitlens.cli import check as check_module
from awaitlens.cli import lessons, main
from awaitlens.index import check as index
from awaitlens.lesson import Lesson
from awaitlens.pitfall import Brief, Edit, Finding, Law, Patch, Pitfall, Step
from awaitlens.selection import reported
from awaitlens.settings import Settings
from awaitlens.source import Source, Span

Run = Callable[..., tuple[int, str, str]]


def toy(name: str, law: Law, default: bool = True) -> Pitfall:
    lesson = Lesson(f"The title of {name}.", "Why it is so.", ())
    return Pitfall(
        name, law, "warning", default, False, frozenset(), lesson, lambda facts, view: (), lambda *_: None
    )


TOYS = {
    "sleepy": toy("sleepy", Law.NEVER_BLOCK_THE_LOOP),
    "racy": toy("racy", Law.ALONE_BETWEEN_AWAITS),
    "shy": toy("shy", Law.NEVER_BLOCK_THE_LOOP, default=False),
}


class ToyProgram:
    """`time.sleep` is sleepy, and safely repaired; `race` is racy, repaired for review; `BREAK` repairs into rubbish."""

    def __init__(
        self, sources: Mapping[str, Source], settings_for: Callable[[str], Settings], **_: object
    ) -> None:
        self.sources, self.settings_for = sources, settings_for

    def check(self, paths: Sequence[str]) -> None:
        """Findings are made when they are asked for."""

    def may_say(self, path: str) -> bool:
        return True

    def findings(self, path: str) -> Iterator[Finding]:
        for line, text in enumerate(self.sources[path].lines):
            for match in re.finditer(r"time\.sleep|race|BREAK|shy", text):
                span = Span(line, match.start(), line, match.end())
                name = {"time.sleep": "sleepy", "race": "racy", "shy": "shy"}.get(match[0], "sleepy")
                trail = (Step(span, "goes to sleep"), Step(Span(0, 0, 0, 1), "and is called", lane="task 1"))
                yield Finding(span, f"`{match[0]}` is {name}.", "likely", trail, pitfall=name)

    def reported(self, path: str) -> tuple[Finding, ...]:
        return reported(self.sources[path], self.findings(path), self.settings_for(path), TOYS)

    def brief(self, pitfall: str) -> Brief | None:
        return TOYS[pitfall].brief if pitfall in TOYS else None

    def patches(self, path: str, finding: Finding) -> tuple[Patch, ...]:
        text = self.sources[path].slice(finding.span)
        if text == "race":
            return (Patch("Run alone", "review", (Edit(finding.span, "alone"),)),)
        new = ")(" if text == "BREAK" else "await asyncio.sleep"
        line = Span(0, 0, 0, 0)
        imports = () if "import asyncio" in self.sources[path].text else (Edit(line, "import asyncio\n"),)
        return (Patch("Sleep politely", "safe", (Edit(finding.span, new), *imports)),)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of a run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWAITLENS_CACHE_DIR", "")
    for variable in ("VIRTUAL_ENV", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line on the toy engine in `folder`: exit code, stdout, stderr."""
    monkeypatch.setattr(index, "CheckedFiles", ToyProgram)
    monkeypatch.setattr(check_module, "pitfall_names", lambda: TOYS.keys())
    monkeypatch.setattr(lessons, "pitfalls", lambda: TOYS)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(arguments)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run
