"""Mocks that cannot be awaited, where something awaits them.

A call of `Mock()` or `MagicMock()` gives another mock, and mocks have no `__await__`; a call of `AsyncMock()` gives a
coroutine. (unittest.mock, CPython 3.8-3.15)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from awaitlens.program.facts import (
    Attribute,
    Binding,
    Call,
    Constant,
    Display,
    Facts,
    Item,
    Name,
    Term,
)
from awaitlens.program.view import View
from awaitlens.source import Span

_PLAIN = frozenset({"unittest.mock.Mock", "unittest.mock.MagicMock", "mock.Mock", "mock.MagicMock"})
_PATCHERS = frozenset({"unittest.mock.patch.object", "mock.patch.object", "pytest.MonkeyPatch.setattr"})


class Misplaced(NamedTuple):
    """`mock` is the class's name; `what` the user's words for what is awaited; `call` the call that makes the mock, or -1."""

    span: Span
    mock: str
    what: str
    is_awaited_here: bool
    call: int = -1


def misplaced_mocks(facts: Facts, view: View) -> Iterator[Misplaced]:
    """Plain mocks that are awaited in this block, or put in place of an async function of the program."""
    if "Mock" not in facts.text and "mock" not in facts.text:
        return
    for suspension in facts.suspensions:
        call = facts.call_of(suspension.operand)
        if suspension.kind == "await" and call is not None:
            made = _variable(call, facts, view)
            if made is not None:
                yield Misplaced(
                    suspension.span, _mock(made, view), facts.slice(call.callee_span), True, made.number
                )
    yield from _in_place_of_async(facts, view)


def _mock(call: Call, view: View) -> str:
    return view.target(call).name.rpartition(".")[2]


def _variable(call: Call, facts: Facts, view: View) -> Call | None:
    """The call that makes the mock whose call, or whose attribute's call, is awaited; None if it may be anything else."""
    root = _root(call.callee)
    bindings = [b for b in facts.bindings if b.name == root and b.scope == call.scope]
    made = _made(bindings, facts, view)
    if made is None or _is_configured(root, facts):
        return None
    return made


def _made(bindings: list[Binding], facts: Facts, view: View) -> Call | None:
    call = facts.call_of(bindings[0].value) if len(bindings) == 1 else None
    if call is None or call.arguments or view.target(call).name not in _PLAIN:
        return None
    return call


def _root(term: Term) -> str:
    while isinstance(term, (Attribute, Item)):
        term = term.value
    return term.id if isinstance(term, Name) else ""


def _is_configured(name: str, facts: Facts) -> bool:
    """Whether something of the mock is set anew, or it is handed to someone who may do so."""
    if any(_root(access.place) == name for access in facts.accesses):
        return True
    return any(_root(argument.value) == name for call in facts.calls for argument in call.arguments)


def _in_place_of_async(facts: Facts, view: View) -> Iterator[Misplaced]:
    for access in facts.accesses:
        if access.kind == "write" and isinstance(access.place, Attribute):
            call = _plain_mock(access.value, facts, view)
            if (
                call is not None
                and not any(_is_within(a.place, access.place) for a in facts.accesses)
                and _is_async(access.place, access.scope, access.span, view)
            ):
                yield Misplaced(call.span, _mock(call, view), facts.slice(access.span), False, call.number)
    for call in facts.calls:
        if len(call.positional) != 3 or view.target(call).name not in _PATCHERS:
            continue
        owner, name, new = (argument.value for argument in call.positional)
        made = _plain_mock(new, facts, view)
        if made is None or not isinstance(name, Constant) or not isinstance(name.value, str):
            continue
        if _is_async(Attribute(owner, name.value), call.scope, call.span, view):
            yield Misplaced(made.span, _mock(made, view), name.value, False, made.number)


def _is_within(place: Term, outer: Term) -> bool:
    """Whether `outer.return_value` or the like is written, which may make it awaitable after all."""
    while isinstance(place, (Attribute, Item)):
        place = place.value
        if place == outer:
            return True
    return False


def _plain_mock(term: Term, facts: Facts, view: View) -> Call | None:
    """The call of Mock() that makes a term, unless what it returns may be awaited."""
    call = facts.call_of(term)
    if call is None or view.target(call).name not in _PLAIN:
        return None
    harmless = all(
        a.keyword == "name" or (a.keyword == "return_value" and _is_plain(a.value)) for a in call.arguments
    )
    return call if harmless else None


def _is_plain(term: Term) -> bool:
    return isinstance(term, (Constant, Display))


def _is_async(place: Attribute, scope: int, at: Span, view: View) -> bool:
    found = view.callable(place, scope, at)
    return bool(found.path) and found.colour == "async" and found.confidence != "possible"
