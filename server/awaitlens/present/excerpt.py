"""The part of a file that a slide shows: the function around the lines that matter, or as much of it as fits."""

from __future__ import annotations

import re
from collections.abc import Iterable

from awaitlens.source import Source

FITS = 18
"""Lines of code a slide may show in one piece; longer stretches are cut to the lines that matter and their neighbours."""

_HEADER = re.compile(r"\s*(async\s+def|def|class)\b")


def excerpt(source: Source, lines: Iterable[int], visited: Iterable[int] = ()) -> tuple[int, ...]:
    """The numbers (0-based, ascending) of the lines to show so that each of `lines` is seen where it belongs.

    What else is `visited` is shown where all of it fits in one piece, else what lies in the same function, else nothing.
    """
    wanted = {line for line in lines if 0 <= line < len(source.lines)}
    if not wanted:
        return ()
    others = {line for line in visited if 0 <= line < len(source.lines)}
    here = _definition(source, min(wanted))
    near = {line for line in others if _definition(source, line) == here}
    whole, function = _around(source, wanted | others), _around(source, wanted | near)
    if len(whole) == whole[-1] - whole[0] + 1:
        return whole
    return function if len(function) <= FITS else _around(source, wanted)


def _around(source: Source, lines: Iterable[int]) -> tuple[int, ...]:
    wanted = sorted(lines)
    first, last = _header(source, wanted[0]), _body_end(source, wanted[-1])
    if last - first < FITS:
        return tuple(range(first, last + 1))
    near = {line + step for line in wanted for step in (-1, 0, 1)}
    near.update(_definition(source, line) for line in wanted)
    shown = sorted(line for line in near if first <= line <= last)
    return tuple(line for line in shown if line in wanted or not _ends_blank(source, line, near))


def common_indentation(texts: Iterable[str]) -> int:
    """How many leading spaces all lines that are not blank share; 0 where one begins with a tab."""
    return min((_indentation(text) for text in texts if text.strip()), default=0)


def _header(source: Source, line: int) -> int:
    """Where the innermost definition around this line begins, with its decorators; else the line itself."""
    definition = _definition(source, line)
    while definition > 0 and source.line_text(definition - 1).lstrip().startswith("@"):
        definition -= 1
    return definition


def _definition(source: Source, line: int) -> int:
    """The line with the innermost `def` or `class` around this line; else the line itself."""
    limit = _indentation(source.line_text(line))
    for above in range(line, max(line - 200, -1), -1):
        text = source.line_text(above)
        if text.strip() and _HEADER.match(text) and (above == line or _indentation(text) < limit):
            return above
    return line


def _body_end(source: Source, line: int) -> int:
    """The last of up to two further lines that still belong to the same body."""
    indentation, end = _indentation(source.line_text(line)), line
    for below in range(line + 1, min(line + 3, len(source.lines))):
        text = source.line_text(below)
        if not text.strip() or _indentation(text) < min(indentation, 4) or not text.startswith(" "):
            break
        end = below
    return end


def _ends_blank(source: Source, line: int, shown: set[int]) -> bool:
    """Whether a line is blank and lies at the edge of what is shown: a gap looks better without it."""
    return not source.line_text(line).strip() and not {line - 1, line + 1} <= shown


def _indentation(text: str) -> int:
    return len(text) - len(text.lstrip(" "))
