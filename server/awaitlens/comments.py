"""Comments and statements of a text, found by its quotes, brackets and line ends alone.

`tokenize` gives up on half-typed code (from Python 3.12 on, with the first unclosed quote); this goes on. A quote left
open ends with its line, and an open bracket ends where a line begins with a word that only begins statements.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

from awaitlens.source import Source

_TOKEN = re.compile(
    r"""
    (?P<comment>  \#[^\r\n]* )
  | (?P<string>   \"\"\" (?: [^\\"] | \\[\s\S] | "(?!"") )* \"\"\"
                | ''' (?: [^\\'] | \\[\s\S] | '(?!'') )* '''
                | (?:\"\"\"|''') [^\r\n]*
                | " (?: [^\\"\r\n] | \\(?:\r\n|[\s\S]) )* "?
                | ' (?: [^\\'\r\n] | \\(?:\r\n|[\s\S]) )* '? )
  | (?P<open>     [(\[{] )
  | (?P<close>    [)\]}] )
  | (?P<joint>    \\ (?:\r\n|\n|\r) )
  | (?P<newline>  \r\n|\n|\r )
    """,
    re.VERBOSE,
)
_BEGINS_STATEMENT = re.compile(
    r"[ \t]*(?:async[ \t]+def|def|class|return|raise|import|while|try|with|del|pass|break|continue|global|nonlocal)\b"
)
_BLANK = re.compile(r"[ \t\f]*(?:#.*)?\Z")


class Comment(NamedTuple):
    """A comment: 0-based line, column of its `#` in code points. `alone` when no code stands before it on its line."""

    line: int
    column: int
    text: str
    alone: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """The comments of a text, and the lines on which its statements begin and end.

    A statement is a logical line: for a compound statement its header. `statements` holds (first, last) lines, in order.
    `continued` are the lines that end inside a string or with a backslash: nothing can be written behind them.
    """

    source: Source
    comments: tuple[Comment, ...]
    statements: tuple[tuple[int, int], ...]
    continued: frozenset[int]

    def statement_at(self, line: int) -> tuple[int, int]:
        """The statement around a line, as (first, last) lines; the line itself where there is none."""
        index = bisect_right(self.statements, (line, len(self.source.lines))) - 1
        if index >= 0 and self.statements[index][0] <= line <= self.statements[index][1]:
            return self.statements[index]
        return (line, line)

    def statement_after(self, line: int) -> tuple[int, int]:
        """The next statement below a line. Decorators and what they decorate are one."""
        first, last = self.statement_at(self.next_code(line))
        start = first
        while self._is_decorator(first) and (below := self.statement_at(self.next_code(last)))[1] > last:
            first, last = below
        return (start, last)

    def next_code(self, line: int) -> int:
        """The first line below `line` that holds code."""
        line += 1
        while line < len(self.source.lines) and _BLANK.match(self.source.line_text(line)):
            line += 1
        return line

    def is_inside_statement(self, line: int) -> bool:
        """Whether a statement goes on before and after this line."""
        first, last = self.statement_at(line)
        return first < line <= last

    def _is_decorator(self, line: int) -> bool:
        return self.source.line_text(line).lstrip().startswith("@")


def layout_of(source: Source) -> Layout:
    """Read the whole text once."""
    scan = _Scan(source)
    depth = 0
    for token in _TOKEN.finditer(source.text):
        kind = token.lastgroup
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(depth - 1, 0)
        elif kind == "comment":
            scan.comment(token.start(), token[0])
        elif kind == "newline":
            if depth == 0 or _BEGINS_STATEMENT.match(source.text, token.end()):
                depth = 0
                scan.end_statement(token.start())
        else:
            scan.continue_lines(token.start(), token.end())
    scan.end_statement(len(source.text))
    return Layout(source, tuple(scan.comments), tuple(scan.statements), frozenset(scan.continued))


class _Scan:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.comments: list[Comment] = []
        self.statements: list[tuple[int, int]] = []
        self.continued: set[int] = set()
        self._begin = 0

    def comment(self, offset: int, text: str) -> None:
        line = self._line(offset)
        column = offset - self.source.starts[line]
        alone = not self.source.lines[line][:column].strip()
        self.comments.append(Comment(line, column, text, alone))

    def continue_lines(self, start: int, end: int) -> None:
        self.continued.update(range(self._line(start), self._line(end)))

    def end_statement(self, offset: int) -> None:
        """A logical line ends here; one without code is no statement."""
        first, last = self._begin, self._line(offset)
        self._begin = last + 1
        while first <= last and _BLANK.match(self.source.line_text(first)):
            first += 1
        if first <= last:
            self.statements.append((first, last))

    def _line(self, offset: int) -> int:
        return min(bisect_right(self.source.starts, offset) - 1, max(len(self.source.lines) - 1, 0))
