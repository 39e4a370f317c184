"""What others can see of a block: if it stays equal through an edit, no name elsewhere changes its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from awaitlens.program.facts import Constant, Facts, Jump, Lambda, Name, Result, Scope, Term

Outline = tuple[Any, ...]


def outline(facts: Facts) -> Outline:
    """A value that differs whenever a name, a signature, an inferred type or a class member may."""
    jumps = [jump for jump in facts.jumps if _tells(facts, jump)]
    writes = [access for access in facts.accesses if access.kind == "write"]
    telling = _telling(facts, [*((j.scope, j.value) for j in jumps), *((w.scope, w.value) for w in writes)])
    visible = [
        b for b in facts.bindings if _is_public(facts, b.scope, b.name) or (b.scope, b.name) in telling
    ]
    return (
        facts.owner,
        tuple(_scope(facts, scope) for scope in facts.scopes),
        tuple(
            (b.name, b.kind, _shape(facts, b.value), _shape(facts, b.annotation), b.scope) for b in visible
        ),
        tuple((i.name, i.module, i.symbol, i.level, i.scope) for i in facts.imports),
        tuple((_shape(facts, w.place), _shape(facts, w.value), w.scope) for w in writes),
        tuple((j.kind, j.scope, _shape(facts, j.value)) for j in jumps),
    )


def _tells(facts: Facts, jump: Jump) -> bool:
    """Whether others see in the value of a return or yield what a call gives: where no annotation says it, and where a
    decorator returns the function that it makes."""
    scope = facts.scopes[jump.scope]
    if jump.kind == "return":
        return scope.returns is None or _is_inner_function(facts, jump)
    return jump.kind == "yield" and scope.returns is None and bool(scope.decorators)


def _is_inner_function(facts: Facts, jump: Jump) -> bool:
    return isinstance(jump.value, Name) and any(
        b.scope == jump.scope and b.name == jump.value.id and isinstance(b.value, Lambda)
        for b in facts.bindings
    )


def _telling(facts: Facts, values: list[tuple[int, Term]]) -> set[tuple[int, str]]:
    """The local names, by scope, on which what is returned or kept in an attribute depends."""
    telling: set[tuple[int, str]] = set()
    waiting = [(scope, name) for scope, value in values for name in _names(facts, value)]
    while waiting:
        scope, name = waiting.pop()
        if (scope, name) in telling:
            continue
        telling.add((scope, name))
        bound = [b for b in facts.bindings if b.name == name and b.scope == scope]
        waiting.extend((scope, other) for b in bound for other in _names(facts, b.value))
        if not bound and facts.scopes[scope].parent >= 0:
            waiting.append((facts.scopes[scope].parent, name))
    return telling


def _names(facts: Facts, term: object) -> Iterator[str]:
    if isinstance(term, Name):
        yield term.id
    elif isinstance(term, Result):
        call = facts.calls[term.call]
        yield from _names(facts, call.callee)
        for argument in call.arguments:
            yield from _names(facts, argument.value)
    elif isinstance(term, tuple) and not isinstance(term, Constant):
        for part in term:
            yield from _names(facts, part)


def _is_public(facts: Facts, scope: int, name: str) -> bool:
    return facts.scopes[scope].kind in ("module", "class") or _is_global(facts, scope, name)


def _is_global(facts: Facts, scope: int, name: str) -> bool:
    return name in facts.scopes[scope].global_names


def _scope(facts: Facts, scope: Scope) -> Outline:
    parameters = tuple((p.name, p.kind, _shape(facts, p.annotation)) for p in scope.parameters)
    decorators = tuple(_shape(facts, d) for d in scope.decorators)
    bases = tuple((b.keyword, _shape(facts, b.value)) for b in scope.bases)
    own = (scope.kind, scope.qualname, scope.parent, scope.is_async, scope.is_generator, scope.directives)
    outer = (scope.global_names, scope.nonlocal_names)
    return (
        *own,
        *outer,
        parameters,
        decorators,
        bases,
        _shape(facts, scope.returns),
        _entering(facts, scope),
    )


def _entering(facts: Facts, scope: Scope) -> Outline:
    """Of a method that `with` or `for` calls, what decides whether others may use the statement: does it raise, does it wait."""
    if scope.name not in ("__enter__", "__exit__", "__aenter__", "__aexit__", "__iter__", "__aiter__"):
        return ()
    jumps = tuple(jump.kind for jump in facts.jumps if jump.scope == scope.number)
    return jumps, any(suspension.scope == scope.number for suspension in facts.suspensions)


def _shape(facts: Facts, term: Term | tuple[Any, ...] | None) -> Any:
    """A term with calls written out instead of numbered: numbers change when a call is typed before them."""
    if isinstance(term, Result):
        call = facts.calls[term.call]
        return ("call", _shape(facts, call.callee), tuple(_shape(facts, a.value) for a in call.arguments[:3]))
    if isinstance(term, Lambda):
        return ("scope", term.scope)
    if isinstance(term, tuple):
        return (
            type(term).__name__,
            *(_shape(facts, part) if isinstance(part, tuple) else part for part in term),
        )
    return term
