"""What a decorator of the program returns: the function it is given, or a wrapper of one colour or the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.program import results
from awaitlens.program.facts import Facts, Lambda, Name, Result, Scope, Term
from awaitlens.program.modules import FileFacts
from awaitlens.program.values import Function

if TYPE_CHECKING:
    from awaitlens.program.names import Names


def wrapper_colour(names: Names, decorator: Term, file: FileFacts, facts: Facts, scope: Scope) -> bool | None:
    """For a decorator of the program: whether the function it returns is async; None when that is not plain to see."""
    home, inner = _decorator(names, decorator, file, facts, scope)
    wrapper = _returned_scope(home, inner, scope) if home is not None and inner is not None else None
    return wrapper.is_async if wrapper is not None else None


def gives_back(names: Names, decorator: Term, file: FileFacts, facts: Facts, scope: Scope) -> bool:
    """For a decorator of the program: whether it gives back the function it is given."""
    home, inner = _decorator(names, decorator, file, facts, scope)
    if home is None or inner is None or not inner.parameters or inner.is_async:
        return False
    given = Name(inner.parameters[0].name)
    values = [j.value for j in home.jumps if j.scope == inner.number and j.kind == "return"]
    return bool(values) and all(value == given for value in values)


def _decorator(
    names: Names, decorator: Term, file: FileFacts, facts: Facts, scope: Scope
) -> tuple[Facts | None, Scope | None]:
    """The function of the program that is given the decorated one: the decorator, or what its call returns."""
    callee = facts.calls[decorator.call].callee if isinstance(decorator, Result) else decorator
    found = names.infer(callee, file, facts, max(scope.parent, 0), scope.name_span).value
    _, home, inner = results.located(names, found) if isinstance(found, Function) else (None, None, None)
    if isinstance(decorator, Result) and home is not None and inner is not None:
        inner = _returned_scope(home, inner, scope)
    return home, inner


def _returned_scope(facts: Facts, outer: Scope, decorated: Scope) -> Scope | None:
    """The nested function that a decorator returns; if it returns several, the one of the decorated function's colour."""
    returned_names = {
        j.value.id
        for j in facts.jumps
        if j.scope == outer.number and j.kind == "return" and isinstance(j.value, Name)
    }
    inner = [
        facts.scopes[b.value.scope]
        for b in facts.bindings
        if b.scope == outer.number and b.name in returned_names and isinstance(b.value, Lambda)
    ]
    same = [scope for scope in inner if scope.is_async == decorated.is_async]
    return (same or inner or [None])[0]  # type: ignore[list-item]
