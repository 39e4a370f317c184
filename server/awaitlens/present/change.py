"""What a patch does to the code, as the lines before and after."""

from __future__ import annotations

import ast
import difflib
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from awaitlens.pitfall import Edit, Patch
from awaitlens.present.excerpt import common_indentation
from awaitlens.source import Source, split_lines

Kind = Literal["same", "out", "in", "gap"]

_SIGNS: dict[Kind, str] = {"same": " ", "out": "-", "in": "+", "gap": ""}


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """One line of a change: kept, taken out, put in, or a gap between two places. `text` has no line end."""

    kind: Kind
    text: str

    @property
    def sign(self) -> str:
        return _SIGNS[self.kind]

    def __str__(self) -> str:
        return "…" if self.kind == "gap" else f"{self.sign} {self.text}".rstrip()


def changed_lines(source: Source, patch: Patch, context: int = 2) -> tuple[ChangedLine, ...]:
    """The patch's edits in the finding's own file as a unified change, `context` kept lines around each place.

    Only the neighbourhood of each edit is compared: a small edit in a large file costs what the edit costs.
    """
    edits = sorted({edit for edit in patch.edits if not edit.path}, key=lambda edit: edit.span)
    lines: list[ChangedLine] = []
    for group in _neighbours(edits, 2 * context + 1):
        if lines:
            lines.append(ChangedLine("gap", ""))
        lines += _without_blank_edges(_settled(list(_compared(source, group, context))))
    return _dedented(lines)


def other_files(patch: Patch) -> tuple[str, ...]:
    """The paths of the further files the patch edits."""
    return tuple(dict.fromkeys(edit.path for edit in patch.edits if edit.path))


@dataclass(frozen=True, slots=True)
class Advice:
    """What a patch without edits, or beside them, says: words, or lines to look at (Python when `is_code`)."""

    words: str
    lines: tuple[str, ...]
    is_code: bool


def advice_of(patch: Patch) -> Advice:
    """The patch's advice without the title it may repeat. Several lines, or Python, are to be looked at as they are."""
    text = patch.advice.removeprefix(patch.title).removeprefix(":").strip("\n")
    if _is_python(text):
        return Advice("", tuple(textwrap.dedent(text).splitlines()), is_code=True)
    if "\n" in text:
        return Advice("", tuple(text.splitlines()), is_code=False)
    words = text.strip()
    return Advice(words[:1].upper() + words[1:] if text != patch.advice else words, (), is_code=False)


def _is_python(text: str) -> bool:
    """Whether text is Python; await may stand outside of a function, as advice is cut short."""
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        compile(textwrap.dedent(text), "advice", "exec", flags)
    except (SyntaxError, ValueError):
        return False
    return True


def _neighbours(edits: Sequence[Edit], distance: int) -> Iterator[list[Edit]]:
    group: list[Edit] = []
    for edit in edits:
        if group and edit.span.line - group[-1].span.end_line > distance:
            yield group
            group = []
        group.append(edit)
    if group:
        yield group


def _compared(source: Source, edits: list[Edit], context: int) -> Iterable[ChangedLine]:
    first = max(edits[0].span.line - context, 0)
    last = min(max(edit.span.end_line for edit in edits) + context + 1, len(source.lines))
    before = "".join(source.lines[first:last])
    after = _applied(source, edits, source.offset(first, 0), before)
    old, new = [[line.rstrip("\r\n") for line in split_lines(text)] for text in (before, after)]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for group in matcher.get_grouped_opcodes(context):
        for tag, i, j, k, m in group:
            kept: Kind = "same" if tag == "equal" else "out"
            yield from (ChangedLine(kept, text) for text in old[i:j])
            if tag != "equal":
                yield from (ChangedLine("in", text) for text in new[k:m])


def _dedented(lines: list[ChangedLine]) -> tuple[ChangedLine, ...]:
    """The lines without the indentation they share: what a method's body is indented by says nothing here."""
    shared = common_indentation(line.text for line in lines)
    return tuple(replace(line, text=line.text[shared:]) for line in lines)


def _settled(lines: list[ChangedLine]) -> list[ChangedLine]:
    """The same change with blank lines after new code rather than before it, where both are true."""
    blank = ChangedLine("same", "")
    for start in range(len(lines)):
        kind = lines[start].kind
        if kind == "same" or lines[start].text:
            continue
        end = next((n for n in range(start, len(lines)) if lines[n].kind != kind), len(lines))
        if end < len(lines) and lines[end] == blank and any(line.text for line in lines[start:end]):
            lines[start : end + 1] = [blank, *lines[start + 1 : end], lines[start]]
    return lines


def _without_blank_edges(lines: list[ChangedLine]) -> list[ChangedLine]:
    """Blank lines that were only kept for context say nothing at the edges."""
    blank = ChangedLine("same", "")
    while lines and lines[0] == blank:
        del lines[0]
    while lines and lines[-1] == blank:
        del lines[-1]
    return lines


def _applied(source: Source, edits: list[Edit], base: int, text: str) -> str:
    for edit in reversed(edits):
        start = source.offset(edit.span.line, edit.span.column) - base
        end = source.offset(edit.span.end_line, edit.span.end_column) - base
        text = text[:start] + edit.text + text[max(start, end) :]
    return text
