"""Edits put into a text: the one place where an `Edit` becomes characters."""

from __future__ import annotations

from collections.abc import Iterable

from awaitlens.pitfall import Edit
from awaitlens.source import Source, Span

Edits = tuple[Edit, ...]


class OverlappingEdits(ValueError):
    """Two edits of one patch claim the same text. The message names both."""


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text after the edits. Spans are 0-based lines and code points of `text` as it was before all of them.

    Insertions at one position keep their order and come before a replacement that starts there.
    Raises OverlappingEdits when two edits replace the same character, or one inserts inside what another replaces.
    """
    source = Source("", text)
    parts: list[str] = []
    done = 0
    for edit in _sorted(edits):
        start, end = _offsets(source, edit.span)
        if start < done:
            raise OverlappingEdits(f"an edit at {edit.span} begins inside the one before it")
        parts += (text[done:start], edit.text)
        done = end
    return "".join((*parts, text[done:]))


def merged(text: str, edits: Iterable[Edit]) -> Edits:
    """The same change with touching edits joined, in the order of the text, without edits that change nothing.

    Clients differ in what they do with an insertion and a replacement at one place; a joined edit leaves no question.
    """
    source = Source("", text)
    joined: list[Edit] = []
    for edit in _sorted(edits):
        last = joined[-1] if joined else None
        if last is not None and last.span[2:] == edit.span[:2]:
            joined[-1] = Edit(Span(*last.span[:2], *edit.span[2:]), last.text + edit.text)
        else:
            joined.append(edit)
    return tuple(edit for edit in joined if source.slice(edit.span) != edit.text)


def _sorted(edits: Iterable[Edit]) -> list[Edit]:
    return sorted(edits, key=lambda edit: (edit.span[:2], edit.span[2:]))


def _offsets(source: Source, span: Span) -> tuple[int, int]:
    return source.offset(span.line, span.column), source.offset(span.end_line, span.end_column)
