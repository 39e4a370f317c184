"""What a framework passes in for a parameter whose default names where it comes from: `db=Depends(get_db)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.knowledge.concurrency import injecting_defaults
from awaitlens.program import results
from awaitlens.program.facts import Facts, Result, Term
from awaitlens.program.modules import FileFacts
from awaitlens.program.values import NOT_KNOWN, Class, Coroutine, External, Function, Inferred, Instance

if TYPE_CHECKING:
    from awaitlens.program.names import Names


def passed_in(names: Names, default: Term | None, file: FileFacts, facts: Facts, scope: int) -> Inferred:
    """The value of a parameter with this default, where the default says which function gives it."""
    if not isinstance(default, Result):
        return NOT_KNOWN
    mark = names.callee(default.call, file, facts).value
    place = injecting_defaults().get(mark.name) if isinstance(mark, External) else None
    given = facts.calls[default.call].argument(*place) if place else None
    if given is None:
        return NOT_KNOWN
    return _given_by(names, names.infer(given.value, file, facts, scope)).because_of("likely")


def _given_by(names: Names, source: Inferred) -> Inferred:
    """An object of the class, else what the function returns, awaited, or the one thing that it yields."""
    if isinstance(source.value, Class):
        return source.holding(Instance(source.value))
    if not isinstance(source.value, Function) or source.value.wrapped:
        return NOT_KNOWN
    file, facts, scope = results.located(names, source.value)
    if file is None or facts is None or scope is None:
        return NOT_KNOWN
    if scope.is_generator:
        return Inferred(results.yielded(names, source.value, file, facts, scope))
    found = results.function_called(names, source.value)
    return found.holding(found.value.result) if isinstance(found.value, Coroutine) else found
