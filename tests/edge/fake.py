"""A session small enough to be read at a glance, and a server over it.

It finds `time.sleep(...)`, each twice repaired and once advised upon; an import of a module that sleeps; and it takes
its time over texts that say `# slow`, until the file named on that line exists.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from awaitlens.edge.analysis import Analysis, Report, SettingsFor, TakeIn, source_on_disk
from awaitlens.edge.server import serve
from awaitlens.pitfall import Edit, Finding, Patch, Step
from awaitlens.session import Change
from awaitlens.settings import Settings
from awaitlens.source import Source, Span

SLEEP = re.compile(r"time\.sleep\([^()\r\n]*\)")
SLOW = re.compile(r"# slow (\S+)")


@dataclass(frozen=True)
class FakeSnapshot:
    path: str
    source: Source
    findings: tuple[Finding, ...]
    settings: Settings

    def at(self, span: Span) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.span.overlaps(span))

    def ask(self, question: Callable[..., object]) -> None:
        """There is no program behind this session."""

    def patches(self, finding: Finding) -> tuple[Patch, ...]:
        wait_for_file(self.source.text, "# slow-patches")
        start = Span(finding.span.line, finding.span.column, finding.span.line, finding.span.column + 10)
        return (
            Patch("Await asyncio.sleep", "safe", (Edit(start, "await asyncio.sleep"),)),
            Patch("Sleep in a thread", "review", (Edit(start, "await asyncio.to_thread"),)),
            Patch("Think about it", "show", advice="Who waits for whom?"),
        )


class FakeSession:
    def __init__(self, settings_for: Callable[[str], Settings]) -> None:
        self._settings_for = settings_for
        self._sources: dict[str, Source] = {}
        self._told: dict[str, bool] = {}

    def open(self, path: str, text: str, version: int | None) -> None:
        self._sources[path] = Source(path, text, version)

    def change(self, path: str, changes: Sequence[Change], version: int | None) -> None:
        for change in changes:
            self._sources[path] = self._sources[path].edited(change.span, change.text, version)

    def close(self, path: str) -> None:
        del self._sources[path]

    def is_cheap(self, path: str) -> bool:
        return SLOW.search(self._sources[path].text) is None

    def snapshot(self, path: str) -> FakeSnapshot:
        source, settings = self._sources[path], self._settings_for(path)
        if "raise Exception" in source.text:
            raise ValueError(source.text)
        wait_for_file(source.text, "# slow")
        self._told[path] = self._helper_sleeps()
        severity = dict(settings.severity).get("blocking-sleep", "warning")
        findings = tuple(f._replace(severity=severity) for f in self._findings(source))
        ignored = "blocking-sleep" in settings.ignore
        return FakeSnapshot(path, source, () if ignored else findings, settings)

    def _findings(self, source: Source) -> Iterator[Finding]:
        for number in range(len(source.lines)):
            for found in SLEEP.finditer(source.line_text(number)):
                span = Span(number, found.start(), number, found.end())
                step = Step(Span(number, found.start(), number, found.start() + 4), "this sleeps")
                yield Finding(
                    span, f"{found[0]} blocks the event loop.", trail=(step,), pitfall="blocking-sleep"
                )
            if "import helper" in source.line_text(number) and self._helper_sleeps():
                yield Finding(Span(number, 0, number, 6), "helper blocks.", pitfall="blocking-call")

    def _helper_sleeps(self) -> bool:
        return any(p.endswith("helper.py") and SLEEP.search(s.text) for p, s in self._sources.items())

    def affected(self) -> tuple[str, ...]:
        users = [path for path, source in self._sources.items() if "import helper" in source.text]
        return tuple(path for path in users if self._told.get(path) != self._helper_sleeps())

    def rest(self) -> None:
        """Nothing is read from the disk here."""

    def consult(self, question: Callable[..., object]) -> None:
        """There is no program behind this session."""

    def survey(self, path: str) -> FakeSnapshot | None:
        if path in self._sources:
            return self.snapshot(path)
        source = source_on_disk(path)
        return FakeSnapshot(path, source, tuple(self._findings(source)), Settings()) if source else None

    def file_changed(self, path: str) -> None:
        pass

    def settings_changed(self) -> None:
        pass


def read_ahead(roots: tuple[str, ...], settings_for: SettingsFor, report: Report) -> TakeIn:
    """Work on for ever in a folder that holds a file named `large`."""
    for done in count():
        if not report(done % 100, 100) or not any(Path(root, "large").exists() for root in roots):
            break
        time.sleep(0.01)
    return lambda session: None


FAKE = Analysis(lambda settings_for, roots: FakeSession(settings_for), read_ahead)


def wait_for_file(text: str, mark: str) -> None:
    found = re.search(rf"{mark} (\S+)", text)
    while found is not None and not Path(found[1]).exists():
        time.sleep(0.005)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--tcp", type=int)
    sys.exit(serve(parser.parse_args(), FAKE))
