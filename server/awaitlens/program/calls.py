"""Who calls whom, as editors ask for it: the functions around a place, their callers and what they call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.program.facts import Call, Facts, Scope
from awaitlens.program.modules import FileFacts, qualname
from awaitlens.program.view import View
from awaitlens.program.window import windows
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.program import Program


class Located(NamedTuple):
    """A function of the program; `line` is the one its block begins on."""

    path: str
    line: int
    facts: Facts
    scope: Scope

    @property
    def qualname(self) -> str:
        return qualname(self.facts, self.scope)

    @property
    def span(self) -> Span:
        return self.scope.span.shifted(self.line)

    @property
    def name_span(self) -> Span:
        return self.scope.name_span.shifted(self.line)


class Related(NamedTuple):
    """A function and the calls that connect it with the one asked about, in coordinates of the calling file."""

    function: Located
    calls: tuple[Span, ...]


def function_named(program: Program, path: str, name: str) -> Located | None:
    """The function at a path and qualname; None where there is none."""
    file = program.files.get(path)
    definition = file.definitions.get(name) if file else None
    if file is None or definition is None or file.scope(definition).kind != "function":
        return None
    line, facts = file.blocks[definition.block]
    return Located(path, line, facts, facts.scopes[definition.scope])


def function_at(line: int, column: int, program: Program, file: FileFacts) -> Located | None:
    """The function that is defined or called at a position; None for any other place."""
    for window in windows(program, file, line, line):
        here = line - window.line, column
        for scope in window.facts.functions():
            if scope.name_span.contains(*here):
                return Located(file.path, window.line, window.facts, scope)
        for call in window.facts.calls:
            if call.callee_span.contains(*here):
                return _called(program, window.view, call)
    return None


def _called(program: Program, view: View, call: Call) -> Located | None:
    target = view.target(call)
    return function_named(program, target.path, target.qualname) if target.path else None


def outgoing(program: Program, function: Located) -> tuple[Related, ...]:
    """The functions of the program that a function calls, in the order of their first calls."""
    view = View(program, program.files[function.path], function.facts)
    found: dict[tuple[str, str], tuple[Located, list[Span]]] = {}
    for call in function.facts.calls_in(function.scope.number):
        target = _called(program, view, call)
        if target is not None:
            entry = found.setdefault((target.path, target.qualname), (target, []))
            entry[1].append(call.callee_span.shifted(function.line))
    return tuple(Related(target, tuple(spans)) for target, spans in found.values())


def incoming(program: Program, function: Located) -> tuple[Related, ...]:
    """The functions of the program that call a function."""
    found: dict[tuple[str, str], tuple[Located, list[Span]]] = {}
    for caller, call in _callers(program, function):
        entry = found.setdefault((caller.path, caller.qualname), (caller, []))
        entry[1].append(call.callee_span.shifted(caller.line))
    return tuple(Related(caller, tuple(spans)) for caller, spans in found.values())


def _callers(program: Program, function: Located) -> Iterator[tuple[Located, Call]]:
    for mention in program.index.called(function.scope.name, function.path):
        target = View(program, mention.file, mention.facts).target(mention.call)
        if (target.path, target.qualname) != (function.path, function.qualname):
            continue
        scope = mention.facts.scopes[mention.call.scope]
        while scope.kind == "lambda":
            scope = mention.facts.scopes[scope.parent]
        line = next((line for line, facts in mention.file.blocks if facts is mention.facts), 0)
        if scope.kind == "function":
            yield Located(mention.file.path, line, mention.facts, scope), mention.call
