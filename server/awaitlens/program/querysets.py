"""Where a lazy Django queryset is made to run its query.

A queryset asks the database nothing until it is looked into: by a loop, a length, a truth value, an item.
(Django 3.0-6.1, django/db/models/query.py)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from awaitlens.confidence import Confidence
from awaitlens.program.facts import Facts, Name, Result, Term, Usage
from awaitlens.program.values import Instance
from awaitlens.program.view import View
from awaitlens.source import Span

_QUERYSETS = frozenset({"django.db.models.QuerySet", "django.db.models.query.RawQuerySet"})
_CONSUMERS = frozenset({"list", "tuple", "set", "frozenset", "sorted", "sum", "min", "max", "any", "all", "len", "bool", "dict",
                        "enumerate", "zip", "iter", "repr", "str"})  # fmt: skip


class Evaluation(NamedTuple):
    """A place where a queryset runs its query: `how` is "for", "test", "in", "index", "text", "unpack" or the name of the
    function that looks into it ("list", "len", ...); `call` is the number of that function's call, or -1."""

    span: Span
    scope: int
    how: str
    call: int
    confidence: Confidence


def evaluations(facts: Facts, view: View) -> Iterator[Evaluation]:
    """The places in this block's async functions where a queryset is evaluated on the event loop's thread."""
    for call in facts.calls:
        if call.usage.kind in _LOOKING and facts.scopes[call.scope].is_async:
            yield from _evaluation(call.usage, Result(call.number), call.scope, call.span, facts, view)
    for use in facts.uses:
        if use.usage.kind in _LOOKING and facts.scopes[use.scope].is_async:
            for found in _evaluation(use.usage, Name(use.name), use.scope, use.span, facts, view):
                if not _filled(use.name, use.scope, use.span, facts):
                    yield found


def _evaluation(
    usage: Usage, term: Term, scope: int, span: Span, facts: Facts, view: View
) -> Iterator[Evaluation]:
    how, call = _how(usage, facts, view)
    if how:
        given = view.infer(term, scope, span)
        if isinstance(given.value, Instance) and given.value.cls.name in _QUERYSETS:
            yield Evaluation(span, scope, how, call, given.confidence)


_BY_ITSELF = {"iterated": "for", "tested": "test", "formatted": "text", "starred": "unpack"}
_LOOKING = frozenset({*_BY_ITSELF, "argument", "compared", "indexed"})


def _how(usage: Usage, facts: Facts, view: View) -> tuple[str, int]:
    if usage.kind == "argument":
        name = view.target(facts.calls[usage.call]).name if usage.name == "0" else ""
        return (name, usage.call) if name in _CONSUMERS else ("", -1)
    if usage.kind == "compared":
        return ("in" if usage.name in ("In", "NotIn") else ""), -1
    if usage.kind == "indexed":
        return ("" if usage.name == "slice" else "index"), -1
    return _BY_ITSELF.get(usage.kind, ""), -1


def _filled(name: str, scope: int, span: Span, facts: Facts) -> bool:
    """Whether `async for` has been through the queryset before: then its rows are there already."""
    earlier = (s for s in facts.suspensions if s.scope == scope and s.span[:2] < span[:2])
    return any(s.operand == Name(name) and s.kind in ("async for", "async comprehension") for s in earlier)
