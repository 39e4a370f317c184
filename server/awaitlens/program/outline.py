"""What others can see of a block: if it stays equal through an edit, no name elsewhere changes its meaning."""

from __future__ import annotations

from typing import Any

from awaitlens.program.facts import Facts, Lambda, Result, Scope, Term

Outline = tuple[Any, ...]


def outline(facts: Facts) -> Outline:
    """A value that differs whenever a name, a signature, an inferred type or a class member may."""
    typed = {access.scope for access in facts.accesses}
    visible = [
        b
        for b in facts.bindings
        if facts.scopes[b.scope].kind in ("module", "class")
        or b.scope in typed
        or _is_global(facts, b.scope, b.name)
    ]
    inferred = {scope.number for scope in facts.scopes if scope.kind == "function" and scope.returns is None}
    return (
        facts.owner,
        tuple(_scope(facts, scope) for scope in facts.scopes),
        tuple(
            (b.name, b.kind, _shape(facts, b.value), _shape(facts, b.annotation), b.scope) for b in visible
        ),
        tuple((i.name, i.module, i.symbol, i.level, i.scope) for i in facts.imports),
        tuple(
            (_shape(facts, a.place), a.kind, _shape(facts, a.value), a.scope)
            for a in facts.accesses
            if a.kind == "write"
        ),
        tuple(
            (j.kind, _shape(facts, j.value), j.scope)
            for j in facts.jumps
            if j.kind == "return" and j.scope in inferred
        ),
    )


def _is_global(facts: Facts, scope: int, name: str) -> bool:
    return name in facts.scopes[scope].global_names


def _scope(facts: Facts, scope: Scope) -> Outline:
    parameters = tuple((p.name, p.kind, _shape(facts, p.annotation)) for p in scope.parameters)
    decorators = tuple(_shape(facts, d) for d in scope.decorators)
    bases = tuple((b.keyword, _shape(facts, b.value)) for b in scope.bases)
    own = (scope.kind, scope.qualname, scope.parent, scope.is_async, scope.is_generator, scope.directives)
    return (*own, parameters, decorators, bases, _shape(facts, scope.returns))


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
