"""Which places of a function are reached once: until what they make is kept, where the function looks for it first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from awaitlens.program.facts import (
    UNKNOWN,
    Attribute,
    Call,
    Constant,
    Context,
    Either,
    Facts,
    Name,
    Other,
    Term,
    last_name,
)
from awaitlens.program.terms import dotted

_ADDS = frozenset({"add", "append", "extend", "insert", "update"})


def happens_once(facts: Facts, context: int, turned_back: Sequence[Context]) -> bool:
    """Whether a place is reached only until what it makes is kept: `if cls._instance is None: cls._instance = cls()`, or
    after `if self._page is not None: return self._page`."""
    for outer in facts.enclosing(context):
        if outer.kind == "if" and any(
            _is_set(p, facts, outer.scope, outer.number) for p in _absent(outer, facts)
        ):
            return True
    around = {outer.number for outer in facts.enclosing(context)} | {-1}
    return any(
        branch.kind == "if" and branch.parent in around and _is_set(place, facts, branch.scope, branch.parent)
        for branch in turned_back
        for place in _present(branch)
    )


def _absent(test: Context, facts: Facts) -> Iterator[Term]:
    """The places that a test finds empty: `not self.page`, `page is None`, `not hasattr(cls, "_instance")`."""
    for term in _options(test):
        if isinstance(term, Other) and term.kind == "Compare.Is" and term.parts[1:] == (Constant(None),):
            yield term.parts[0]
        elif isinstance(term, Other) and term.kind == "Not":
            asked = facts.call_of(term.parts[0])
            yield _asked_attribute(asked) if asked is not None else term.parts[0]


def _present(test: Context) -> Iterator[Term]:
    """The places that a test finds filled: `self.page`, `page is not None`."""
    for term in _options(test):
        is_compared = isinstance(term, Other) and term.kind == "Compare.IsNot"
        yield term.parts[0] if isinstance(term, Other) and is_compared else term


def _options(test: Context) -> tuple[Term, ...]:
    term = test.terms[0]
    return term.options if isinstance(term, Either) else (term,)


def _asked_attribute(call: Call) -> Term:
    """`cls._instance` of `hasattr(cls, "_instance")`."""
    if last_name(call.callee) == "hasattr" and len(call.arguments) == 2:
        owner, name = call.arguments[0].value, call.arguments[1].value
        if isinstance(name, Constant) and isinstance(name.value, str):
            return Attribute(owner, name.value)
    return UNKNOWN


def _is_set(place: Term, facts: Facts, scope: int, context: int) -> bool:
    """Whether a function fills a place that there is once, somewhere in the construct `context` (-1: anywhere).

    What an object keeps to itself is made anew for each object.
    """
    if isinstance(place, Name):
        bound = [b.context for b in facts.bindings if b.name == place.id and b.scope == scope]
        is_global = place.id in facts.scopes[scope].global_names
        if not is_global and (bound or any(p.name == place.id for p in facts.scopes[scope].parameters)):
            return False
        written = bound or [call.context for call in facts.calls_in(scope) if _adds_to(place, call)]
    elif isinstance(place, Attribute) and not dotted(place).startswith("self."):
        written = [a.context for a in facts.accesses if a.place == place and a.scope == scope]
    else:
        return False
    return any(context == -1 or context in [c.number for c in facts.enclosing(inner)] for inner in written)


def _adds_to(place: Name, call: Call) -> bool:
    """`sessions.append(session)`, where `sessions` is a container of the module."""
    callee = call.callee
    return isinstance(callee, Attribute) and callee.value == place and callee.attr in _ADDS
