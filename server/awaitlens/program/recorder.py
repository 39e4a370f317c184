"""The notebook of one extraction: facts in the making, and where in the block we are."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from awaitlens.program.facts import (
    UNKNOWN,
    Access,
    Argument,
    Attribute,
    Binding,
    Call,
    Context,
    Import,
    Jump,
    Parameter,
    Scope,
    Suspension,
    Term,
    Usage,
    last_name,
)
from awaitlens.program.flow.expressions import CHANGING
from awaitlens.program.flow.stores import HOPS, sets
from awaitlens.program.flow.trace import asked_about, trace
from awaitlens.source import Span, column_from_utf8

NOWHERE = Span(0, 0, 0, 0)
Positioned: TypeAlias = (
    "ast.expr | ast.stmt | ast.arg | ast.keyword | ast.excepthandler | ast.alias | ast.pattern"
)
Load: TypeAlias = tuple[ast.Name, Usage, int, int]
"""A name that is read, what becomes of it, and the numbers of its scope and context."""
Mark: TypeAlias = tuple[int, int, int, int]
Visits: TypeAlias = "Mapping[type, Callable[[Recorder, Any], None]]"
new = tuple.__new__
"""Makes a named tuple in half the time its own constructor takes (0.1 against 0.2 us); used where a block has hundreds."""


@dataclass(slots=True)
class OpenScope:
    """A scope whose code is still being read. `context` is the construct around it; what `suspends` may be traced, and
    `asked_about` are the names behind which its tests look."""

    number: int
    kind: str
    name: str
    qualname: str
    parent: int
    context: int
    is_async: bool = False
    is_generator: bool = False
    parameters: tuple[Parameter, ...] = ()
    decorators: tuple[Term, ...] = ()
    returns: Term | None = None
    bases: tuple[Argument, ...] = ()
    global_names: frozenset[str] = frozenset()
    nonlocal_names: frozenset[str] = frozenset()
    reads: set[str] = field(default_factory=set)
    span: Span = NOWHERE
    name_span: Span = NOWHERE
    keyword_span: Span = NOWHERE
    directives: tuple[str, ...] = ()
    docstring: bool = False
    suspends: bool = False
    asked_about: set[str] = field(default_factory=set)

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
            self.global_names,
            self.nonlocal_names,
            frozenset(self.reads),
            self.bases,
            self.span,
            self.name_span,
            self.keyword_span,
            self.directives,
            self.docstring,
        )


class Recorder:
    """Collects facts while a block's tree is walked once, in the order of evaluation as far as a walk can know it.

    `visits` says by its type how a statement is read. `span` gives the stretch of a node, `stretch` that from the start of one node to the end of another. They, `read`
    (a bare name in the current scope) and `load` (of a name, with its usage) are plain functions rather than methods,
    as they are called for every other node.
    """

    span: Callable[[Positioned], Span]
    stretch: Callable[[Positioned, Positioned], Span]

    def __init__(self, text: str, base_kind: str, visits: Visits) -> None:
        self.text, self.visits = text, visits
        self.lines = text.split("\n")
        if text.isascii():
            self.span, self.stretch = _span, _stretch
        else:
            self.span, self.stretch = partial(_wide_span, self.lines), partial(_wide_stretch, self.lines)
        self.scope = OpenScope(0, base_kind, "", "", -1, -1)
        self.scopes: list[OpenScope] = [self.scope]
        self.read = self.scope.reads.add
        self.context = -1
        self.calls: list[Call | None] = []
        self.suspensions: list[Suspension] = []
        self.contexts: list[Context] = []
        self.bindings: list[Binding] = []
        self.imports: list[Import] = []
        self.accesses: list[Access] = []
        self.jumps: list[Jump] = []
        self.loads: list[Load] = []
        self.load = self.loads.append
        self.flows: list[Any] = []
        self.type_checking = False

    def bind(
        self, name: str, kind: str, span: Span, value: Term = UNKNOWN, annotation: Term | None = None
    ) -> None:
        self.bindings.append(
            new(Binding, (name, kind, value, annotation, self.scope.number, self.context, span))
        )

    def suspend(self, kind: str, operand: Term, usage: Usage, span: Span, keyword: Span) -> int:
        number = len(self.suspensions)
        self.suspensions.append(
            Suspension(number, kind, operand, usage, self.scope.number, self.context, span, keyword)
        )
        self.scope.suspends = True
        return number

    def access(self, kind: str, place: Term, value: Term, span: Span) -> None:
        self.accesses.append(Access(place, kind, value, self.scope.number, self.context, span))

    def test(self, node: ast.expr) -> None:
        self.scope.asked_about.update(asked_about(node))

    def jump(self, kind: str, value: Term, node: ast.stmt | ast.expr) -> None:
        self.jumps.append(Jump(kind, value, self.scope.number, self.context, self.span(node)))

    def enter(
        self, kind: str, span: Span, body: Span, terms: tuple[Term, ...] = (), names: tuple[str, ...] = ()
    ) -> int:
        """Enter a construct that encloses code of the current function; what it gives back, `leave` wants.

        The pair is no context manager: those cost a microsecond each, as much as reading an expression.
        """
        outer, number = self.context, len(self.contexts)
        self.contexts.append(Context(number, kind, outer, self.scope.number, terms, names, span, body))
        self.context = number
        return outer

    def leave(self, outer: int) -> None:
        self.context = outer

    def enter_scope(self, kind: str, name: str) -> OpenScope:
        """Enter a nested function, lambda or class."""
        outer = self.scope
        prefix = (
            "" if not outer.qualname else outer.qualname + (".<locals>." if outer.kind == "function" else ".")
        )
        scope = OpenScope(len(self.scopes), kind, name, prefix + name, outer.number, self.context)
        self.scopes.append(scope)
        self.scope, self.context, self.read = scope, -1, scope.reads.add
        return scope

    def leave_scope(self, scope: OpenScope) -> None:
        self.scope, self.context = self.scopes[scope.parent], scope.context
        self.read = self.scope.reads.add

    def mark(self) -> Mark:
        """How much is recorded so far: what a function records starts here."""
        return len(self.bindings), len(self.calls), len(self.contexts), len(self.accesses)

    def trace_flow(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: OpenScope, before: Mark
    ) -> None:
        """Keep the order of reads, writes and suspension points, where races can hide in them.

        To trace costs as much as to read, so only what `before` has shown to be worth it is traced: two in five.
        """
        if not scope.suspends:
            return
        bound = {binding.name for binding in self.bindings[before[0] :] if binding.scope == scope.number}
        bound.update([parameter.name for parameter in scope.parameters])
        bound -= scope.global_names | scope.nonlocal_names
        if not self._may_touch(scope, before, bound):
            return
        flow = trace(node, scope.number, self.span, frozenset([name for name in bound if "." not in name]))
        if flow is not None:
            self.flows.append(flow)

    def _may_touch(self, scope: OpenScope, before: Mark, bound: set[str]) -> bool:
        """Whether `trace` can find a touch: never less than it finds, so the answer changes no flow."""
        _, calls, contexts, accesses = before
        if (
            len(self.accesses) > accesses
            or scope.global_names
            or scope.nonlocal_names
            or not scope.asked_about - {"self"} <= bound
            or "self" in scope.asked_about
        ):
            return True
        if any(context.kind in _ITERATIONS for context in self.contexts[contexts:]):
            return True
        return any(call is not None and _may_write(call) for call in self.calls[calls:])


def _may_write(call: Call) -> bool:
    callee = call.callee
    if isinstance(callee, Attribute) and callee.attr in CHANGING:
        return True
    hop = HOPS.get(last_name(callee))
    if hop is not None:
        callee = call.arguments[hop].value if len(call.arguments) > hop else UNKNOWN
    return sets(last_name(callee))


_ITERATIONS = frozenset(("for", "async for", "comprehension"))


# --- where nodes lie --------------------------------------------------------------------------------------
# `ast.parse` sets the end of every node, whatever the types say.


def _span(node: Positioned) -> Span:
    return new(Span, (node.lineno - 1, node.col_offset, node.end_lineno - 1, node.end_col_offset))  # type: ignore[operator]


def _stretch(first: Positioned, last: Positioned) -> Span:
    return new(Span, (first.lineno - 1, first.col_offset, last.end_lineno - 1, last.end_col_offset))  # type: ignore[operator]


def _wide_span(lines: list[str], node: Positioned) -> Span:
    return _wide_stretch(lines, node, node)


def _wide_stretch(lines: list[str], first: Positioned, last: Positioned) -> Span:
    line, column, end_line, end_column = _stretch(first, last)
    return Span(line, _column(lines, line, column), end_line, _column(lines, end_line, end_column))


def _column(lines: list[str], line: int, utf8: int) -> int:
    text = lines[line] if line < len(lines) else ""
    return utf8 if text.isascii() else column_from_utf8(text.rstrip("\r"), utf8)
