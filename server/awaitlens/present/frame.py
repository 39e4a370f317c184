"""A stretch of code with line numbers and carets under what is meant."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

from awaitlens.present.styled import Line
from awaitlens.source import Source, Span

_TAB = 4
_LONGEST = 4
"""A finding over more lines shows its first and last ones."""


def code_frame(source: Source, span: Span, emphasis: str = "bold red") -> list[Line]:
    """The lines under the span and one before it, in a gutter, with carets below each line in the style `emphasis`."""
    first, last = span.line, _last_line(source, span)
    shown = [
        line for line in range(max(first - 1, 0), last + 1) if line >= first or source.line_text(line).strip()
    ]
    skipped = range(first + _LONGEST // 2, last + 1 - _LONGEST // 2) if last - first >= _LONGEST else range(0)
    width = len(str(last + 1))
    empty: Line = [(" " * width + " |", "blue")]
    lines: list[Line] = [empty]
    for line in shown:
        if line in skipped:
            if line == skipped[0]:
                lines.append([("." * width + " |", "blue")])
            continue
        text = _printable(source.line_text(line))
        lines.append([(f"{line + 1:>{width}} | ", "blue"), (text, "")])
        if line >= first and (carets := _carets(source, span, line)):
            lines.append([(" " * width + " | ", "blue"), (carets, emphasis)])
    return [*lines, empty]


def _carets(source: Source, span: Span, line: int) -> str:
    text = source.line_text(line)
    start = span.column if line == span.line else len(text) - len(text.lstrip())
    end = span.end_column if line == span.end_line else len(text.rstrip())
    before = _width(text[:start], 0)
    return (
        " " * before + "^" * max(_width(text[start:end], before), 1)
        if end > start or line == span.line
        else ""
    )


def _last_line(source: Source, span: Span) -> int:
    """A span that ends at the very beginning of a line does not mean that line."""
    last = span.end_line - 1 if span.end_column == 0 and span.end_line > span.line else span.end_line
    return max(span.line, min(last, len(source.lines) - 1))


def _printable(text: str) -> str:
    """Tabs as spaces, and no control characters: code under a finding must not command the terminal."""
    shown = text.rstrip().expandtabs(_TAB)
    return shown if shown.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in shown)


def _width(text: str, start: int) -> int:
    """How many cells the text takes when it begins in cell `start`."""
    if text.isascii() and "\t" not in text:
        return len(text)
    cell = start
    for character in text:
        if character == "\t":
            cell += _TAB - cell % _TAB
        elif character.isascii():
            cell += 1
        else:
            cell += 0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
    return cell - start
