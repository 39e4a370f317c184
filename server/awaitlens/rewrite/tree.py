"""A block's text as a tree whose nodes know their offsets: where an edit finds its place.

Offsets count code points from the block's first character; `Tree.edit` turns them back into spans. A block that does
not parse has no tree, and then no edit is offered.
"""

from __future__ import annotations

import ast
import io
import tokenize
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from awaitlens.pitfall import Edit
from awaitlens.program.facts import Facts
from awaitlens.source import Source, Span, column_from_utf8

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def tree_of(facts: Facts) -> Tree | None:
    """The tree of a block, None where half-typed code does not parse."""
    return _tree(facts.text)


@lru_cache(maxsize=32)
def _tree(text: str) -> Tree | None:
    for header in ("", "class _:\n"):
        try:
            return Tree(Source("", text), ast.parse(header + text, "<awaitlens>"), header.count("\n"))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


@dataclass(frozen=True, eq=False)
class Tree:
    """A parsed block. `shift` lines stand before the text in what was parsed: a member needs a class around it."""

    source: Source
    root: ast.Module
    shift: int

    @property
    def text(self) -> str:
        return self.source.text

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in ast.walk(self.root) for child in ast.iter_child_nodes(node)}

    @cached_property
    def expressions(self) -> dict[Span, ast.expr]:
        """The outermost expression at each span."""
        found: dict[Span, ast.expr] = {}
        for node in ast.walk(self.root):
            if isinstance(node, ast.expr):
                found.setdefault(self.span(node), node)
        return found

    @cached_property
    def statements(self) -> tuple[ast.stmt, ...]:
        """Every statement of the block, in the order of the text; the class around a member is not one."""
        found = [node for node in ast.walk(self.root) if isinstance(node, ast.stmt)]
        return tuple(sorted(found, key=lambda node: (node.lineno, node.col_offset))[1 if self.shift else 0 :])

    @cached_property
    def tokens(self) -> tuple[tuple[str, int, int, int], ...]:
        """(text, type, start, end) of each token; empty where the tokenizer gives up."""
        try:
            raw = list(tokenize.generate_tokens(io.StringIO(self.text, newline="").readline))
        except (tokenize.TokenError, SyntaxError):
            return ()
        return tuple(
            (token.string, token.type, self._offset(token.start), self._offset(token.end)) for token in raw
        )

    def _offset(self, position: tuple[int, int]) -> int:
        return self.source.offset(position[0] - 1, position[1])

    def span(self, node: ast.expr | ast.stmt) -> Span:
        line, end_line = node.lineno - 1 - self.shift, (node.end_lineno or node.lineno) - 1 - self.shift
        start = column_from_utf8(self.source.line_text(line), node.col_offset)
        return Span(
            line, start, end_line, column_from_utf8(self.source.line_text(end_line), node.end_col_offset or 0)
        )

    def start(self, node: ast.expr | ast.stmt) -> int:
        span = self.span(node)
        return self.source.offset(span.line, span.column)

    def end(self, node: ast.expr | ast.stmt) -> int:
        span = self.span(node)
        return self.source.offset(span.end_line, span.end_column)

    def slice(self, node: ast.expr | ast.stmt) -> str:
        return self.text[self.start(node) : self.end(node)]

    def edit(self, start: int, end: int, text: str) -> Edit:
        """Replace the characters from offset `start` to `end`."""
        return Edit(Span(*self.position(start), *self.position(end)), text)

    def insert(self, offset: int, text: str) -> Edit:
        return self.edit(offset, offset, text)

    def position(self, offset: int) -> tuple[int, int]:
        starts = self.source.starts
        # Behind a last line end begins a line of its own; behind a last line without one does not.
        lines = len(starts) if self.text.endswith(("\n", "\r")) else max(len(starts) - 1, 1)
        line = bisect_right(starts, offset, 0, lines) - 1
        return line, offset - starts[line]

    def ancestors(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """(child, parent) pairs from the node to the block's root."""
        while (parent := self.parents.get(node)) is not None:
            yield node, parent
            node = parent

    def expression(self, span: Span) -> ast.expr | None:
        """The outermost expression at exactly this span, None where there is none.

        Before Python 3.12 positions inside f-strings are approximate; there the text must say what the tree says.
        """
        node = self.expressions.get(span)
        if node is None or not any(isinstance(parent, ast.JoinedStr) for _, parent in self.ancestors(node)):
            return node
        return node if _same(self.slice(node), node) else None

    def call(self, span: Span) -> ast.Call | None:
        node = self.expression(span)
        return node if isinstance(node, ast.Call) else None

    def statement_at(self, span: Span) -> ast.stmt | None:
        """The innermost statement that holds the start of the span."""
        offset = self.source.offset(span.line, span.column)
        found = None
        for statement in self.statements:
            if self.first(statement) <= offset < max(self.end(statement), self.start(statement) + 1):
                found = statement
        return found

    def statement_of(self, node: ast.AST) -> ast.stmt:
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def first(self, statement: ast.stmt) -> int:
        """Where the statement starts, its decorators included."""
        decorators = getattr(statement, "decorator_list", ())
        if not decorators:
            return self.start(statement)
        return self.text.rindex("@", 0, self.start(decorators[0]))

    def function_of(self, node: ast.AST) -> Function | ast.Lambda | None:
        """The function in whose body or header the node stands."""
        for _, parent in self.ancestors(node):
            if isinstance(parent, Function | ast.Lambda):
                return parent
        return None

    def suite_of(self, statement: ast.stmt) -> list[ast.stmt]:
        """The list of statements that the statement is one of."""
        parent = self.parents[statement]
        for suite in suites(parent):
            if any(each is statement for each in suite):
                return suite
        return [statement]


def suites(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The lists of statements directly under a node."""
    for name in ("body", "orelse", "finalbody"):
        suite = getattr(node, name, None)
        if isinstance(suite, list) and suite:
            yield suite


def newline_of(text: str) -> str:
    """The line end that the text uses, judged by its first; `\\n` where it has none."""
    for index, character in enumerate(text):
        if character == "\n":
            return "\n"
        if character == "\r":
            return "\r\n" if text[index + 1 : index + 2] == "\n" else "\r"
    return "\n"


def _same(text: str, node: ast.expr) -> bool:
    try:
        return ast.dump(ast.parse(f"({text})", mode="eval").body) == ast.dump(node)
    except (SyntaxError, ValueError):
        return False
