"""Comments and statements of a text, found by its quotes, brackets and line ends alone.

`tokenize` gives up on half-typed code (from Python 3.12 on, with the first unclosed quote); this goes on. A quote left
open ends with its line, and an open bracket ends where a line begins with a word that only begins statements. Such a
line is also a safe place to start from, so statements are looked at only where somebody asks.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from awaitlens.source import Source

_STRING = r"""
    \"\"\" [^"\\]* (?: (?: \\[\s\S] | "(?!"") ) [^"\\]* )* \"\"\"
  | ''' [^'\\]* (?: (?: \\[\s\S] | '(?!'') ) [^'\\]* )* '''
  | (?:\"\"\"|''') [^\r\n]*
  | " [^"\\\r\n]* (?: \\(?:\r\n|[\s\S]) [^"\\\r\n]* )* "?
  | ' [^'\\\r\n]* (?: \\(?:\r\n|[\s\S]) [^'\\\r\n]* )* '?
"""
_COMMENT_OR_STRING = re.compile(
    rf"[^\"'#]* (?: (?P<comment> \#[^\r\n]* ) | (?P<string> {_STRING} ) | \Z )", re.VERBOSE
)
_TOKEN = re.compile(
    rf"""
    (?P<skipped>  \#[^\r\n]* | {_STRING} | \\ (?:\r\n|\n|\r) )
  | (?P<open>     [(\[{{] )
  | (?P<close>    [)\]}}] )
  | (?P<newline>  \r\n|\n|\r )
    """,
    re.VERBOSE,
)
_BEGINS_STATEMENT = re.compile(
    r"[ \t]*(?:async[ \t]+def|def|class|return|raise|import|while|try|with|del|pass|break|continue|global|nonlocal)\b"
)
_BLANK = re.compile(r"[ \t\f]*(?:#.*)?\Z")

Lines = tuple[int, int]
"""The first and last line of something."""


class Comment(NamedTuple):
    """A comment: 0-based line, column of its `#` in code points. `alone` when no code stands before it on its line."""

    line: int
    column: int
    text: str
    alone: bool


class Layout:
    """The comments of a text, and the lines on which its statements begin and end.

    A statement is a logical line: for a compound statement its header.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.comments: list[Comment] = []
        self._string_starts: list[int] = []
        self._string_ends: list[int] = []
        self._statements: dict[int, list[Lines]] = {}
        for token in _COMMENT_OR_STRING.finditer(source.text):
            if token.lastgroup == "comment":
                self._add_comment(token.start("comment"), token["comment"])
            elif token.lastgroup == "string" and ("\n" in token["string"] or "\r" in token["string"]):
                self._string_starts.append(token.start("string"))
                self._string_ends.append(token.end())

    def statement_at(self, line: int) -> Lines:
        """The statement around a line, as (first, last) lines; the line itself where there is none."""
        statements = self._statements_around(line)
        index = bisect_right(statements, (line, len(self.source.lines))) - 1
        if index >= 0 and statements[index][0] <= line <= statements[index][1]:
            return statements[index]
        return (line, line)

    def statement_after(self, line: int) -> Lines:
        """The next statement below a line. Decorators and what they decorate are one."""
        first, last = self.statement_at(self.next_code(line))
        start = first
        while self._is_decorator(first) and (below := self.statement_at(self.next_code(last)))[1] > last:
            first, last = below
        return (start, last)

    def next_code(self, line: int) -> int:
        """The first line below `line` that holds code."""
        line += 1
        while line < len(self.source.lines) and self._is_blank(line):
            line += 1
        return line

    def is_inside_statement(self, line: int) -> bool:
        """Whether a statement goes on before and after this line."""
        first, last = self.statement_at(line)
        return first < line <= last

    def is_continued(self, line: int) -> bool:
        """Whether a line ends inside a string or with a backslash: then nothing can be written behind it."""
        text = self.source.line_text(line)
        if self._is_in_string(self.source.starts[min(line, len(self.source.lines))] + len(text)):
            return True
        return text.endswith("\\") and not any(comment.line == line for comment in self.comments)

    def _add_comment(self, offset: int, text: str) -> None:
        line = bisect_right(self.source.starts, offset, hi=len(self.source.lines)) - 1
        column = offset - self.source.starts[line]
        self.comments.append(Comment(line, column, text, not self.source.lines[line][:column].strip()))

    def _statements_around(self, line: int) -> list[Lines]:
        """The statements from the safe line at or above `line` down to the next safe one."""
        start = min(line, len(self.source.lines))
        while start > 0 and not self._is_safe(start):
            start -= 1
        if start not in self._statements:
            self._statements[start] = self._read_statements(start)
        return self._statements[start]

    def _read_statements(self, first: int) -> list[Lines]:
        text, line, depth = self.source.text, first, 0
        statements: list[Lines] = []
        for token in _TOKEN.finditer(text, self.source.starts[first]):
            kind = token.lastgroup
            if kind == "open":
                depth += 1
            elif kind == "close":
                depth = max(depth - 1, 0)
            elif kind == "skipped":
                line += len(re.findall(r"\r\n|\n|\r", token[0]))
            else:
                safe = _BEGINS_STATEMENT.match(text, token.end()) is not None
                if safe or depth == 0:
                    self._end_statement(statements, first, line)
                    first, depth = line + 1, 0
                if safe:
                    return statements
                line += 1
        self._end_statement(statements, first, min(line, len(self.source.lines) - 1))
        return statements

    def _end_statement(self, statements: list[Lines], first: int, last: int) -> None:
        """A logical line that holds code is a statement; blank lines and comments above it are not part of it."""
        while first <= last and self._is_blank(first):
            first += 1
        if first <= last:
            statements.append((first, last))

    def _is_safe(self, line: int) -> bool:
        """Whether a statement surely begins here. After a backslash nothing is sure: `from a \\` and then `import b`."""
        if line >= len(self.source.lines) or not _BEGINS_STATEMENT.match(self.source.lines[line]):
            return False
        continued = self.source.line_text(line - 1).endswith("\\")
        return not continued and not self._is_in_string(self.source.starts[line])

    def _is_in_string(self, offset: int) -> bool:
        """Whether the offset lies behind the start and before the end of a string over several lines."""
        index = bisect_left(self._string_starts, offset) - 1
        return index >= 0 and offset < self._string_ends[index]

    def _is_blank(self, line: int) -> bool:
        return _BLANK.match(self.source.line_text(line)) is not None

    def _is_decorator(self, line: int) -> bool:
        return self.source.line_text(line).lstrip().startswith("@")
