"""Where the header of a function or class lies, and what it says besides the code."""

from __future__ import annotations

import ast
import re

from awaitlens.program.facts import TYPE_PARAMETERS, Argument, Display, Name
from awaitlens.program.recorder import OpenScope, Recorder
from awaitlens.source import Span

Function = ast.FunctionDef | ast.AsyncFunctionDef
_DIRECTIVE = re.compile(r"#\s*awaitlens:\s*(blocking|not-blocking)\b")


def place(record: Recorder, scope: OpenScope, node: Function | ast.ClassDef, span: Span) -> None:
    """Fill in where the scope and its header lie, its directives, and whether it has a docstring."""
    first = node.decorator_list[0] if node.decorator_list else node
    scope.span = Span(min(first.lineno - 1, span.line), span.column, span.end_line, span.end_column)
    _place_header(record, scope, node, span)
    if "awaitlens:" in record.text:
        header = record.lines[
            scope.span.line : max(node.body[0].lineno - 1 if node.body else 0, span.line + 1)
        ]
        scope.directives = tuple(_DIRECTIVE.findall("\n".join(header)))
    scope.docstring = bool(node.body) and _is_string(node.body[0])


def _place_header(record: Recorder, scope: OpenScope, node: Function | ast.ClassDef, span: Span) -> None:
    """Where the keyword and the name stand. As nearly everybody writes it, no pattern is needed."""
    number, column, _, _ = span
    line = record.lines[number] if number < len(record.lines) else ""
    header = _HEADERS[type(node)]
    if line.startswith(header + node.name, column):
        start = column + len(header)
        scope.keyword_span = Span(number, column, number, column + header.index(" "))
        scope.name_span = Span(number, start, number, start + len(node.name))
        return
    scope.name_span = scope.keyword_span = Span(number, column, number, column)
    found = _HEADER.match(line, column)
    if found:
        scope.keyword_span = Span(number, found.start(1), number, found.end(1))
        scope.name_span = Span(number, found.start(2), number, found.end(2))


_HEADERS: dict[type, str] = {
    ast.FunctionDef: "def ",
    ast.AsyncFunctionDef: "async def ",
    ast.ClassDef: "class ",
}


def _is_string(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


_HEADER = re.compile(r"(async(?=\s+def)|def|class)\s+(?:def\s+)?(\w+)")


def type_parameters(node: ast.ClassDef, span: Span) -> tuple[Argument, ...]:
    """The variables of `class Repository[T]` (Python 3.12), as one argument beside the bases."""
    found = tuple([Name(each.name) for each in getattr(node, "type_params", ())])
    return (Argument(TYPE_PARAMETERS, Display("tuple", found), span),) if found else ()
