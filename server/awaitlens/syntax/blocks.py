"""A file as blocks: the unit in which code is parsed, remembered and reported.

A block is a top-level statement, the header of a class, or a statement of a class (a member; nested classes are
split in turn). Three rules keep blocks few and edits cheap:

- Blank lines and comments belong to the block before them; those at the top of the file are a block of their own,
  unless a simple statement follows at once.
- Simple statements that follow each other without a blank line (imports, fields, constants) share a block.
- A class header ends before the class's first statement, so a docstring is a member. A class on one line is a
  header that holds its statements.

The split looks at line starts, strings and brackets, not at grammar, so it also stands when the code does not
parse. In valid code it may put a boundary inside a statement only in odd layouts; such a block does not parse alone,
and parse.py joins it with its neighbours.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import is_not
from typing import NamedTuple

from awaitlens.source import Source, Span, split_lines
from awaitlens.syntax.scan import bracket_balance, mask, without_strings


class Block(NamedTuple):
    """A stretch of whole lines: `text` verbatim, line ends included.

    `owner` names the classes around it, outermost first. `kind` is "statement", "class header" or "member";
    a nested class's header has kind "class header" and the outer class as owner. `indent` is the white space in
    front of a member or a nested header, "" at the top level.
    """

    text: str
    owner: tuple[str, ...]
    kind: str
    indent: str


@dataclass(frozen=True)
class Layout:
    """The blocks of one text in order; joined, they are the text. An empty text has none.

    `lines` holds the 0-based first line of each block. `closed` is false while some triple quote is open.
    """

    blocks: tuple[Block, ...]
    lines: tuple[int, ...]
    closed: bool = True

    def block_at(self, line: int) -> int:
        """The number of the block that holds the line; lines past the end belong to the last. -1 without blocks."""
        return bisect_right(self.lines, line) - 1


def layout(text: str) -> Layout:
    """The blocks of a text. Any text has a layout."""
    if not text:
        return Layout((), ())
    masked = mask(text)
    cuts = list(_cuts(masked.code))
    blocks, lines, line = [], [], 0
    for cut, end in zip(cuts, [cut.start for cut in cuts[1:]] + [len(text)]):
        blocks.append(Block(text[cut.start : end], cut.owner, cut.kind, cut.indent))
        lines.append(line)
        line += masked.plain.count("\n", cut.start, end)
    return Layout(tuple(blocks), tuple(lines), masked.closed)


# --- after an edit ------------------------------------------------------------------------------------------

_STRUCTURAL = re.compile(r"""[\r\n\f'"()\[\]{}#\\]""")
# A line's part in the layout is settled by its first word; by two if the first is `async`; never in a class header.
_SETTLED = re.compile(r"[ \t]*(?:(?:async[ \t]+\w+|(?!(?:async|class)\b)\w+)\W|[^\w\s])")


def relayout(old: Layout, old_source: Source, new_source: Source, span: Span, new_text: str) -> Layout:
    """The layout after `new_text` took the place of `span` in `old_source`; always equal to `layout(new_source.text)`.

    An edit inside a line that adds and removes no line end, quote, bracket, comment sign or backslash, and lies
    behind the line's first word, changes one block's text and nothing else. Any other edit, any in a class header, and
    any while a triple quote is open lays the text out afresh and keeps the old objects of the blocks that are equal.
    """
    if _keeps_layout(old, old_source, span, new_text):
        return _with_edit(old, span, new_text)
    fresh = layout(new_source.text)
    known = dict(zip(old.blocks, old.blocks))
    return Layout(tuple([known.get(block, block) for block in fresh.blocks]), fresh.lines, fresh.closed)


def only_change(old: Layout, new: Layout) -> int:
    """The number of the one block that the two do not share; -1 if there are several or none, or if lines moved."""
    if len(old.blocks) != len(new.blocks) or old.lines != new.lines:
        return -1
    differs = [*map(is_not, old.blocks, new.blocks)]
    return differs.index(True) if differs.count(True) == 1 else -1


def _keeps_layout(old: Layout, source: Source, span: Span, new_text: str) -> bool:
    line = source.line_text(span.line)
    if span.line != span.end_line or not 0 < span.column <= span.end_column <= len(line):
        return False
    number = old.block_at(span.line)
    if number < 0 or not old.closed or old.blocks[number].kind == "class header":
        return False
    before, removed, after = line[: span.column], line[span.column : span.end_column], line[span.end_column :]
    if _STRUCTURAL.search(new_text) or _STRUCTURAL.search(removed) or not _SETTLED.match(before):
        return False
    # Quotes that meet or part may make or break a triple quote; what follows a backslash is part of its meaning.
    return before[-1] != "\\" and not (before[-1] in "\"'" and after[:1] in ('"', "'"))


def _with_edit(old: Layout, span: Span, new_text: str) -> Layout:
    number = old.block_at(span.line)
    block = old.blocks[number]
    start = _offset_of_line(block.text, span.line - old.lines[number])
    text = block.text[: start + span.column] + new_text + block.text[start + span.end_column :]
    edited = Block(text, block.owner, block.kind, block.indent)
    return Layout(old.blocks[:number] + (edited,) + old.blocks[number + 1 :], old.lines, old.closed)


def _offset_of_line(text: str, line: int) -> int:
    if "\r" in text:
        return sum(map(len, split_lines(text)[:line]))
    at = 0
    for _ in range(line):
        at = text.index("\n", at) + 1
    return at


# --- where blocks start -------------------------------------------------------------------------------------


class _Cut(NamedTuple):
    """Where a block starts, and what it will be."""

    start: int
    owner: tuple[str, ...]
    kind: str
    indent: str


# These open a block of their own: a decorator is group 1, the keyword of a compound statement group 2.
_PLAIN, _DECORATOR = None, 1
_COMPOUND = r"(?:(@)|((?:async|class|def|for|if|match|try|while|with)\b)|)"
_CONTINUES = r"(?:else|elif|except|finally)\b"
# No line inside brackets starts like this, so a bracket still open there was forgotten.
_HARD = re.compile(
    r"[ \t\f]*(?:(?:class|def|assert|break|continue|del|global|import|nonlocal|pass|raise|return|try|while|with)\b"
    r"|async[ \t]+(?:def|with)\b|from\b|@)"
)
_PARAGRAPH = 64  # Simple statements in one block at most, so that no edit costs more than a screenful.


def _cuts(code: str) -> Iterator[_Cut]:
    starts = _block_starts(code, 0, len(code), "")
    for start, end in zip(starts, starts[1:] + [len(code)]):
        yield from _cut_statement(code, start, end, _Cut(start, (), "statement", ""))


_CLASS = re.compile(r"(?:[ \t\f\r\n]|#[^\n]*\n)*class[ \t]+(\w+)")
# A class header as most are written; the others are walked line by line.
_PLAIN_HEADER = re.compile(r"""[ \t]*(?:\([^()\n#"']*\))?[ \t]*:[ \t]*(?:#[^\n]*|\r)?\n""")
_FIRST_CODE = re.compile(r"(?:[ \t\f]*(?:#[^\n]*|\r)?\n)*([ \t]*)(?=[^\s#])")
_DECORATOR_LINE = re.compile(r"(?:[ \t\f\r\n]|#[^\n]*\n)*@")


def _cut_statement(code: str, start: int, end: int, whole: _Cut) -> Iterator[_Cut]:
    """The cuts of one statement: itself, or the header and the members of a class."""
    found = _class_name(code, start, end)
    if found is None:
        yield whole
        return
    yield whole._replace(kind="class header")
    header_end = _header_end(code, found.end(), end)
    first = _FIRST_CODE.match(code, header_end, end)
    if first is None or first.end() >= end or len(first[1]) <= len(whole.indent):
        return
    owner = (*whole.owner, found[1])
    starts = _block_starts(code, first.start(1), end, first[1])
    for member, member_end in zip(starts, starts[1:] + [end]):
        yield from _cut_statement(code, member, member_end, _Cut(member, owner, "member", first[1]))


def _class_name(code: str, start: int, end: int) -> re.Match[str] | None:
    """The match of `class Name` if the statement is a class, behind any decorators."""
    if (found := _CLASS.match(code, start, end)) is not None:
        return found
    if _DECORATOR_LINE.match(code, start, end) is None:
        return None
    at = _end_of_logical_line(code, code.find("@", start), end)
    return _class_name(code, at, end) if at < end else None


def _header_end(code: str, at: int, end: int) -> int:
    """The offset behind the header's last line; `at` is behind the class's name."""
    plain = _PLAIN_HEADER.match(code, at, end)
    return plain.end() if plain else _end_of_logical_line(code, at, end)


def _end_of_logical_line(code: str, at: int, end: int) -> int:
    """The offset behind the line end that closes the statement there, or behind the line where it was left open."""
    depth = 0
    while at < end:
        line_end = code.find("\n", at, end) + 1 or end
        line = without_strings(code[at:line_end])
        depth += bracket_balance(line)
        at = line_end
        if (depth <= 0 and not line.rstrip().endswith("\\")) or _HARD.match(code, at, end):
            break
    return at


@lru_cache(maxsize=64)
def _start_pattern(indent: str) -> re.Pattern[str]:
    feed = "" if indent else "\f*"
    return re.compile(rf"\n(?<!\\\n)(?<!\\\r\n){indent}{feed}(?=[^\s#)\]}}])(?!{_CONTINUES})(?={_COMPOUND})")


def _block_starts(code: str, begin: int, end: int, indent: str) -> list[int]:
    """Where the blocks start in code[begin:end] whose statements stand at `indent`; the first at `begin`."""
    starts, run = [begin], 0
    pattern = _start_pattern(indent)
    first = pattern.match("\n" + code[begin : begin + len(indent) + 8])
    before = first.lastindex if first else None
    for match in pattern.finditer(code, begin, end):
        kind, at, run = match.lastindex, match.start(), run + 1
        opens = kind != _PLAIN or before != _PLAIN or run >= _PARAGRAPH
        after_blank = code[at - 1] == "\n" or code[at - 2 : at] == "\n\r"
        if (opens or after_blank) and not (before == _DECORATOR and kind != _PLAIN):
            starts.append(at + 1)
            run = 0
        before = kind
    return _joined_by_brackets(code, starts, end)


def _joined_by_brackets(code: str, starts: list[int], end: int) -> list[int]:
    """The starts without those inside brackets that are closed before the next line that must be a statement."""
    kept: list[int] = []
    segment: list[int] = []
    for start in starts:
        if segment and _HARD.match(code, start, end):
            kept += _outside_brackets(code, segment, start)
            segment = []
        segment.append(start)
    return kept + _outside_brackets(code, segment, end)


def _outside_brackets(code: str, starts: list[int], end: int) -> list[int]:
    if len(starts) == 1:
        return starts
    depth = 0
    opened: list[tuple[int, int]] = []
    closes: dict[int, int] = {}
    for number, (start, stop) in enumerate(zip(starts, [*starts[1:], end])):
        before = depth
        depth += bracket_balance(code[_last_statement(code, start, stop) : stop])
        while opened and depth <= opened[-1][1]:
            closes[opened.pop()[0]] = number
        if depth > before:
            opened.append((number, before))
    kept, number = [], 0
    while number < len(starts):
        kept.append(starts[number])
        number = closes.get(number, number) + 1
    return kept


def _last_statement(code: str, start: int, end: int) -> int:
    """The last line in code[start:end] that must be a statement, so that no bracket before it is open; or `start`."""
    at = end
    while (at := code.rfind("\n", start, at)) >= 0:
        if _HARD.match(code, at + 1, end):
            return at + 1
    return start
