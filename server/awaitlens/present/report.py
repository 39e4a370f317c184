"""Findings as people and programs read them on a command line."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from awaitlens.pitfall import Finding, Law, Patch
from awaitlens.present.frame import code_frame
from awaitlens.present.places import shown_path
from awaitlens.present.styled import Line
from awaitlens.present.timeline import drawn, timeline_of, trail_of
from awaitlens.source import Source, Span

Record = dict[str, Any]


class Told(NamedTuple):
    """A finding and all that a report may say of it.

    `path` is how the file is shown, `folder` the working directory that other paths are shown relative to. `law` is None
    for what breaks no law (an unused suppression). `patch` is the first repair, None where there is none or nobody asked.
    `why` is the lesson in short: its title and the paragraph under it.
    """

    path: str
    folder: str
    source: Source
    finding: Finding
    law: Law | None
    patch: Patch | None = None
    why: tuple[str, str] = ("", "")

    @property
    def place(self) -> str:
        """`path:line:column`, counted from 1."""
        return f"{self.path}:{self.finding.span.line + 1}:{self.finding.span.column + 1}"

    def step_path(self, path: str) -> str:
        return shown_path(path, self.folder) if path else self.path


_COLOURS = {"error": "bold red", "warning": "bold yellow", "information": "bold blue", "hint": "bold cyan"}


def concise(told: Iterable[Told]) -> list[Line]:
    """One line a finding: `path:line:column: name message`."""
    return [
        [
            (f"{t.place}: ", ""),
            (t.finding.pitfall, _COLOURS[t.finding.severity]),
            (" " + t.finding.message, ""),
        ]
        for t in told
    ]


def full(told: Iterable[Told]) -> list[Line]:
    """The message, the code, the proof step by step, the repair, the law, and why: at length where it is first met."""
    lines: list[Line] = []
    met: set[str] = set()
    for each in told:
        lines.extend((*_one_in_full(each), *_why(each, each.finding.pitfall not in met), []))
        met.add(each.finding.pitfall)
    return lines


def _why(told: Told, at_length: bool) -> list[Line]:
    title, explanation = told.why
    if not title:
        return []
    gutter = " " * len(str(told.finding.span.end_line + 1))
    lines: list[Line] = [[(f"{gutter} why: ", "blue"), (title, "")]]
    if at_length:
        wrapped = textwrap.wrap(explanation.partition("\n\n")[0], 100, break_on_hyphens=False)
        lines.extend([[(f"{gutter}      {line}", "dim")] for line in wrapped])
    return lines


def _one_in_full(told: Told) -> list[Line]:
    finding = told.finding
    style = _COLOURS[finding.severity]
    gutter = " " * len(str(finding.span.end_line + 1))
    doubt = "" if finding.confidence == "certain" else f" ({finding.confidence})"
    lines: list[Line] = [
        [(finding.pitfall, style), (": " + finding.message, "bold"), (doubt, "dim")],
        [(f"{gutter}--> ", "blue"), (told.place, "")],
        *code_frame(told.source, finding.span, style),
    ]
    lines.extend([(f"{gutter} ", "blue"), *line] for line in _proof(told))
    if told.patch is not None:
        lines.append(
            [(f"{gutter} fix: ", "green"), (told.patch.title, ""), (f" [{told.patch.safety}]", "dim")]
        )
    if told.law is not None:
        lines.append([(f"{gutter} law {told.law.number}: ", "blue"), (f"{told.law.value}.", "italic")])
    return lines


def _proof(told: Told) -> Iterator[Line]:
    """Who does what side by side, where several do; else the steps one below the other, with where they are."""
    trail = trail_of(told.finding, told.source)
    timeline = None if any(step.path for step in trail) else timeline_of(trail)
    if timeline is not None:
        head, rule, *rows = drawn(timeline)
        yield from ([("   " + head, "bold")], [("   " + rule, "dim")], *([("   " + row, "")] for row in rows))
        return
    for number, step in enumerate(trail, 1):
        lane = f"{step.lane}: " if step.lane else ""
        where = f"  {told.step_path(step.path)}:{step.span.line + 1}"
        yield [(f"{number:>2}. ", "blue"), (lane, "bold"), (step.words, ""), (where, "dim")]


def statistics(told: Sequence[Told]) -> list[Line]:
    """How many of each pitfall, most first."""
    counts = Counter(t.finding.pitfall for t in told)
    width = len(str(max(counts.values(), default=0)))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [[(f"{count:>{width}}  ", "bold"), (name, "")] for name, count in ordered]


def as_json(told: Sequence[Told]) -> str:
    """An array of records, one a line when there are several, so that two reports compare line by line."""
    if not told:
        return "[]\n"
    return "[\n" + ",\n".join("  " + _dumped(record(t)) for t in told) + "\n]\n"


def as_jsonl(told: Sequence[Told]) -> str:
    """One record a line."""
    return "".join(_dumped(record(t)) + "\n" for t in told)


def record(told: Told) -> Record:
    """A finding for programs. Lines and columns count from 1, columns in code points, ends are exclusive."""
    finding, patch = told.finding, told.patch
    return {
        "path": told.path,
        **_position(finding.span),
        "end_line": finding.span.end_line + 1,
        "end_column": finding.span.end_column + 1,
        "pitfall": finding.pitfall,
        "law": told.law.slug if told.law else None,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "message": finding.message,
        "trail": [
            {"path": told.step_path(step.path), **_position(step.span), "words": step.words}
            for step in finding.trail
        ],
        "fix": {"title": patch.title, "safety": patch.safety} if patch else None,
    }


def _position(span: Span) -> Record:
    return {"line": span.line + 1, "column": span.column + 1}


def _dumped(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _exchange(name: str) -> Callable[[Sequence[Told]], str]:
    """The formats of other tools are imported when one is asked for."""

    def write(told: Sequence[Told]) -> str:
        from awaitlens.present import exchange

        return exchange.FORMATS[name](told)

    return write


LINES: dict[str, Callable[[Iterable[Told]], list[Line]]] = {"full": full, "concise": concise}
"""Formats for people."""

TEXTS: dict[str, Callable[[Sequence[Told]], str]] = {
    "json": as_json,
    "jsonl": as_jsonl,
    **{name: _exchange(name) for name in ("sarif", "github", "gitlab", "junit")},
}
"""Formats for programs."""

SHOW_FIXES = frozenset({"full", "json", "jsonl"})
"""Formats that say whether there is a repair: only for these must one be worked out."""
