"""Who does what, one line after the other: the lanes of a trail side by side.

line | task 1                     | task 2
-----+----------------------------+-----------------------
   5 | reads stats["alive"]       |
   6 | awaits, others run         |
   5 |                            | reads the same value
   8 |                            | writes
   8 | writes over it             |
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import ClassVar

from awaitlens.pitfall import Finding, Step
from awaitlens.present.columns import fitted, len_displayed
from awaitlens.present.escape import visible
from awaitlens.source import Source


@dataclass(frozen=True, slots=True)
class Row:
    """One step: the lane it happens in (None: it concerns everybody), where, and what."""

    lane: int | None
    where: str
    words: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Two or more actors and what they do, in the order it happens. `now` is the row being told, None for the end."""

    kind: ClassVar[str] = "timeline"

    lanes: tuple[str, ...]
    rows: tuple[Row, ...]
    now: int | None = None

    def until(self, row: int) -> Timeline:
        """The timeline as far as it has happened when `row` is being told."""
        return replace(self, rows=self.rows[: row + 1], now=row)


def timeline_of(trail: Sequence[Step]) -> Timeline | None:
    """The trail by lanes, in the order the lanes first appear; None for fewer than two actors."""
    lanes = tuple(dict.fromkeys(step.lane for step in trail if step.lane))
    if len(lanes) < 2:
        return None
    rows = (Row(lanes.index(s.lane) if s.lane else None, where(s), s.words) for s in trail)
    return Timeline(lanes, tuple(rows))


def trail_of(finding: Finding, source: Source) -> tuple[Step, ...]:
    """The finding's trail, steps in its own file without a path, however they name it."""
    return tuple(step._replace(path="") if step.path == source.path else step for step in finding.trail)


def where(step: Step) -> str:
    """A step's place in few letters: the line, and the file's name when it is another file. 1-based."""
    return f"{PurePath(step.path).name}:{step.span.line + 1}" if step.path else str(step.span.line + 1)


def drawn(timeline: Timeline, columns: int = 76) -> list[str]:
    """The timeline as lines of text at most about `columns` wide."""
    place = max(len("line"), *(len_displayed(row.where) for row in timeline.rows))
    widths = _shared([_widest(timeline, lane) for lane in range(len(timeline.lanes))], columns - place)
    head = _line("line".rjust(place), [fitted(_short(n, w), w) for n, w in zip(timeline.lanes, widths)])
    rule = "-+-".join("-" * width for width in [place, *widths])
    return [head, rule, *(line for row in timeline.rows for line in _drawn_row(row, place, widths))]


def _drawn_row(row: Row, place: int, widths: list[int]) -> list[str]:
    if row.lane is None:
        return [f"{row.where:>{place}} | {visible(row.words)}"]
    lines = []
    for number, words in enumerate(textwrap.wrap(visible(row.words), widths[row.lane]) or [""]):
        cells = [fitted(words if lane == row.lane else "", width) for lane, width in enumerate(widths)]
        lines.append(_line((row.where if number == 0 else "").rjust(place), cells))
    return lines


def _line(place: str, cells: list[str]) -> str:
    return " | ".join([place, *cells]).rstrip()


def _widest(timeline: Timeline, lane: int) -> int:
    said = [row.words for row in timeline.rows if row.lane == lane]
    return max(len_displayed(text) for text in [timeline.lanes[lane], *said])


def _shared(wanted: list[int], columns: int) -> list[int]:
    """A width for each lane: what it wants, or a fair share of what the modest ones leave."""
    widths, left = dict.fromkeys(range(len(wanted)), 0), columns - 3 * len(wanted)
    for done, lane in enumerate(sorted(widths, key=lambda lane: wanted[lane])):
        widths[lane] = min(wanted[lane], max(left // (len(wanted) - done), 12))
        left -= widths[lane]
    return list(widths.values())


def _short(text: str, columns: int) -> str:
    return textwrap.shorten(visible(text), columns, placeholder="…")
