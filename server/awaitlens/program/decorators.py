"""What decorators do with a function when it is called: run it in place, or somewhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitlens.confidence import Confidence, weakest
from awaitlens.program import results
from awaitlens.program.facts import Call, Facts, Name, Result, Scope, Term
from awaitlens.program.modules import FileFacts
from awaitlens.program.values import Class, External, Function

if TYPE_CHECKING:
    from awaitlens.program.names import Names

# These give the function back, or one that calls it on the thread it is called on: the standard library's (CPython
# 3.10-3.15), Django's, and what retries, registers or checks arguments.
_IN_PLACE = (
    "functools.", "contextlib.", "abc.", "typing.", "typing_extensions.", "warnings.", "property", "staticmethod",
    "classmethod", "django.utils.decorators.", "django.utils.functional.", "django.views.decorators.",
    "django.contrib.auth.decorators.", "django.db.transaction.", "tenacity.", "backoff.", "retry.", "cachetools.",
    "click.", "typer.", "flask.", "fastapi.", "pydantic.", "propcache.", "celery.", "numba.", "beartype.", "attr.",
    "sentry_sdk.", "opentelemetry.", "langsmith.", "prometheus_client.", "deprecated.", "wrapt.",
)  # fmt: skip


_CACHES = frozenset(
    {"functools.cache", "functools.lru_cache", "cachetools.cached", "cachetools.cachedmethod"}
)


def in_place(names: Names, function: Function) -> Confidence:
    """How surely calling the decorated function runs its body before the call returns, on the same thread."""
    file, facts, scope = results.located(names, function)
    if file is None or facts is None or scope is None:
        return "possible"
    return weakest(*(_one(names, decorator, file, facts, scope) for decorator in scope.decorators))


def is_cached(names: Names, function: Function) -> bool:
    """Whether a cache answers for the function where it was called the same way before."""
    file, facts, scope = results.located(names, function)
    if file is None or facts is None or scope is None:
        return False
    return any(results.decorator_name(names, d, file, facts, scope) in _CACHES for d in scope.decorators)


def _one(names: Names, decorator: Term, file: FileFacts, facts: Facts, scope: Scope) -> Confidence:
    name = results.decorator_name(names, decorator, file, facts, scope)
    if name.startswith(_IN_PLACE):
        return "certain"
    if isinstance(decorator, Result):
        decorator = facts.calls[decorator.call].callee
    found = names.infer(decorator, file, facts, max(scope.parent, 0), scope.name_span).value
    if isinstance(found, Function):
        return _own(names, found)
    if isinstance(found, (Class, External)) or not name:
        return "possible"
    return "likely"


def _own(names: Names, decorator: Function) -> Confidence:
    """A decorator of the program: whether it gives its function back, or calls it somewhere inside."""
    file, facts, scope = results.located(names, decorator)
    if file is None or facts is None or scope is None:
        return "possible"
    names.memory.rests_on(file.path, id(facts))
    inside = [s for s in facts.scopes if facts.is_within(s.number, scope.number)]
    parameters = {p.name for s in inside for p in s.parameters[:1]} | {p.name for p in scope.parameters}
    numbers = {s.number for s in inside}
    if any(j.kind == "return" and j.scope in numbers and _names(j.value, parameters) for j in facts.jumps):
        return "certain"
    return "likely" if any(c.scope in numbers and _runs(c, parameters) for c in facts.calls) else "possible"


def _names(term: Term, parameters: set[str]) -> bool:
    return isinstance(term, Name) and term.id in parameters


def _runs(call: Call, parameters: set[str]) -> bool:
    return _names(call.callee, parameters)
