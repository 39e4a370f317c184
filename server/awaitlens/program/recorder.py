"""The notebook of one extraction: facts in the making, and where in the block we are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from awaitlens.program.facts import (
    UNKNOWN,
    Access,
    Argument,
    Binding,
    Call,
    Context,
    Import,
    Jump,
    Name,
    Parameter,
    Scope,
    Suspension,
    Term,
    Usage,
)
from awaitlens.program.flow.trace import trace
from awaitlens.source import Span, column_from_utf8

NOWHERE = Span(0, 0, 0, 0)


@dataclass(slots=True)
class OpenScope:
    """A scope whose code is still being read."""

    number: int
    kind: str
    name: str
    qualname: str
    parent: int
    is_async: bool = False
    is_generator: bool = False
    parameters: tuple[Parameter, ...] = ()
    decorators: tuple[Term, ...] = ()
    returns: Term | None = None
    bases: tuple[Argument, ...] = ()
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    span: Span = NOWHERE
    name_span: Span = NOWHERE
    keyword_span: Span = NOWHERE
    directives: tuple[str, ...] = ()
    docstring: bool = False

    def close(self) -> Scope:
        return Scope(
            self.number,
            self.kind,
            self.name,
            self.qualname,
            self.parent,
            self.is_async,
            self.is_generator,
            self.parameters,
            self.decorators,
            self.returns,
            frozenset(self.global_names),
            frozenset(self.nonlocal_names),
            frozenset(self.reads),
            self.bases,
            self.span,
            self.name_span,
            self.keyword_span,
            self.directives,
            self.docstring,
        )


class Recorder:
    """Collects facts while a block's tree is walked once, in the order of evaluation as far as a walk can know it."""

    def __init__(self, text: str, base_kind: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.ascii = text.isascii()
        self.scopes: list[OpenScope] = [OpenScope(0, base_kind, "", "", -1)]
        self.calls: list[Call | None] = []
        self.suspensions: list[Suspension] = []
        self.contexts: list[Context] = []
        self.bindings: list[Binding] = []
        self.imports: list[Import] = []
        self.accesses: list[Access] = []
        self.jumps: list[Jump] = []
        self.loads: list[tuple[ast.Name, Usage, int, int]] = []
        self.flows: list[Any] = []
        self.scope = self.scopes[0]
        self.context = -1
        self.type_checking = False
        self._names: dict[str, Name] = {}

    def span(
        self, node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.excepthandler | ast.alias | ast.pattern
    ) -> Span:
        line, end_line = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        column, end_column = node.col_offset, node.end_col_offset or 0
        if self.ascii:
            return Span(line, column, end_line, end_column)
        return Span(line, self._column(line, column), end_line, self._column(end_line, end_column))

    def _column(self, line: int, utf8: int) -> int:
        text = self.lines[line] if line < len(self.lines) else ""
        return utf8 if text.isascii() else column_from_utf8(text.rstrip("\r"), utf8)

    def name(self, identifier: str) -> Name:
        """One Name per identifier and block: terms are compared and hashed often."""
        found = self._names.get(identifier)
        if found is None:
            found = self._names[identifier] = Name(identifier)
        return found

    def bind(
        self, name: str, kind: str, span: Span, value: Term = UNKNOWN, annotation: Term | None = None
    ) -> None:
        self.bindings.append(Binding(name, kind, value, annotation, self.scope.number, self.context, span))

    def suspend(self, kind: str, operand: Term, usage: Usage, span: Span, keyword: Span) -> int:
        number = len(self.suspensions)
        self.suspensions.append(
            Suspension(number, kind, operand, usage, self.scope.number, self.context, span, keyword)
        )
        return number

    def access(self, kind: str, place: Term, value: Term, span: Span) -> None:
        self.accesses.append(Access(place, kind, value, self.scope.number, self.context, span))

    def jump(self, kind: str, value: Term, node: ast.stmt | ast.expr) -> None:
        self.jumps.append(Jump(kind, value, self.scope.number, self.context, self.span(node)))

    def trace_flow(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: int) -> None:
        """Keep the order of reads, writes and suspension points, where races can hide in them."""
        flow = trace(node, scope, self.span)
        if flow is not None:
            self.flows.append(flow)

    @contextmanager
    def within(
        self, kind: str, span: Span, body: Span, terms: tuple[Term, ...] = (), names: tuple[str, ...] = ()
    ) -> Iterator[None]:
        """Enter a construct that encloses code of the current function."""
        number, outer = len(self.contexts), self.context
        self.contexts.append(Context(number, kind, outer, self.scope.number, terms, names, span, body))
        self.context = number
        try:
            yield
        finally:
            self.context = outer

    @contextmanager
    def inside(self, kind: str, name: str) -> Iterator[OpenScope]:
        """Enter a nested function, lambda or class."""
        outer, context = self.scope, self.context
        prefix = (
            "" if not outer.qualname else outer.qualname + (".<locals>." if outer.kind == "function" else ".")
        )
        self.scope = OpenScope(len(self.scopes), kind, name, prefix + name, outer.number)
        self.scopes.append(self.scope)
        self.context = -1
        try:
            yield self.scope
        finally:
            self.scope, self.context = outer, context
