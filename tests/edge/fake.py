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
from dataclasses import dataclass, replace
from pathlib import Path

from awaitlens.edge.analysis import Change, Report
from awaitlens.edge.server import serve
from awaitlens.pitfall import Edit, Finding, Patch, Step
from awaitlens.settings import Settings
from awaitlens.source import Source, Span

SLEEP = re.compile(r"time\.sleep\([^()\r\n]*\)")
SLOW = re.compile(r"# slow (\S+)")


@dataclass(frozen=True)
class FakeHint:
    line: int
    column: int
    label: str
    tooltip: str
    category: str
    at: Step | None


@dataclass(frozen=True)
class FakeSnapshot:
    path: str
    source: Source
    findings: tuple[Finding, ...]
    settings: Settings

    def at(self, span: Span) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.span.overlaps(span))

    def patches(self, finding: Finding) -> tuple[Patch, ...]:
        wait_for_file(self.source.text, "# slow-patches")
        start = Span(finding.span.line, finding.span.column, finding.span.line, finding.span.column + 10)
        return (
            Patch("Await asyncio.sleep", "safe", (Edit(start, "await asyncio.sleep"),)),
            Patch("Sleep in a thread", "review", (Edit(start, "await asyncio.to_thread"),)),
            Patch("Think about it", "show", advice="Who waits for whom?"),
        )

    def hints(self, span: Span) -> Sequence[FakeHint]:
        return [
            FakeHint(f.span.line, f.span.end_column, "blocks", "stops the loop", "threads", f.trail[0])
            for f in self.at(span)
        ]


class FakeSession:
    def __init__(self, settings_for: Callable[[str], Settings]) -> None:
        self._settings_for = settings_for
        self._sources: dict[str, Source] = {}
        self._known: dict[str, bool] = {}

    def open(self, path: str, text: str, version: int | None) -> None:
        self._sources[path] = Source(path, text, version)

    def change(self, path: str, changes: Sequence[Change], version: int | None) -> None:
        for change in changes:
            source = self._sources[path]
            self._sources[path] = Source(path, spliced(source, change), version)

    def close(self, path: str) -> None:
        del self._sources[path]

    def source(self, path: str) -> Source | None:
        return self._sources.get(path)

    def is_cheap(self, path: str) -> bool:
        return SLOW.search(self._sources[path].text) is None

    def snapshot(self, path: str) -> FakeSnapshot:
        source, settings = self._sources[path], self._settings_for(path)
        if "raise Exception" in source.text:
            raise ValueError(source.text)
        wait_for_file(source.text, "# slow")
        severity = dict(settings.severity).get("blocking-sleep", "warning")
        findings = tuple(replace(f, severity=severity) for f in self._findings(source))
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
        before, self._known = self._known, dict.fromkeys(self._sources, self._helper_sleeps())
        users = [p for p, source in self._sources.items() if "import helper" in source.text]
        return tuple(p for p in users if before.get(p, False) != self._known[p])

    def disk_changed(self, paths: Sequence[str]) -> None:
        pass

    def reconfigure(self) -> None:
        pass

    def index(self, roots: Sequence[str], report: Report) -> None:
        for done in range(1000):
            if not report(done, 1000) or not any(Path(root, "large").exists() for root in roots):
                return
            time.sleep(0.01)


def wait_for_file(text: str, mark: str) -> None:
    found = re.search(rf"{mark} (\S+)", text)
    while found is not None and not Path(found[1]).exists():
        time.sleep(0.005)


def spliced(source: Source, change: Change) -> str:
    if change.span is None:
        return change.text
    start, end = source.offset(*change.span[:2]), source.offset(*change.span[2:])
    return source.text[:start] + change.text + source.text[end:]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--tcp", type=int)
    sys.exit(serve(parser.parse_args(), FakeSession))
