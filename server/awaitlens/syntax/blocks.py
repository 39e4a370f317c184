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
from typing import NamedTuple

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

    `lines` holds the 0-based first line of each block. `closed` is false while some triple quote is open, `wary` true where
    any lone quote would tell of one (scan.py).
    """

    blocks: tuple[Block, ...]
    lines: tuple[int, ...]
    closed: bool = True
    wary: bool = False

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
    return Layout(tuple(blocks), tuple(lines), masked.closed, masked.wary)


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
HARD = re.compile(
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
    if code.find("class", start, end) < 0:
        return None
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
        if (depth <= 0 and not line.rstrip().endswith("\\")) or HARD.match(code, at, end):
            break
    return at


@lru_cache(maxsize=64)
def start_pattern(indent: str) -> re.Pattern[str]:
    # Most lines are indented otherwise: that is asked first.
    start = rf"{indent}(?=[^\s#)\]}}])" if indent else r"(?=\f*[^\s#)\]}])"
    unbroken, feed = rf"(?<!\\\n{indent})(?<!\\\r\n{indent})", "" if indent else "\f*"
    return re.compile(rf"\n{start}{unbroken}{feed}(?!{_CONTINUES})(?={_COMPOUND})")


def _block_starts(code: str, begin: int, end: int, indent: str) -> list[int]:
    """Where the blocks start in code[begin:end] whose statements stand at `indent`; the first at `begin`."""
    starts, run = [begin], 0
    pattern = start_pattern(indent)
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
        if segment and HARD.match(code, start, end):
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
        if HARD.match(code, at + 1, end):
            return at + 1
    return start
