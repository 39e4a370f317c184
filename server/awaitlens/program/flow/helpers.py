"""Reads and writes that other functions make for one: `value = await self._load()`, then `await self._store(value)`.

While a function is traced, awaits that may be such are noted by the names of what they call (`stores`). What those
functions really do, to which place, is asked of the program later, and put into the flow as reads and writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.program.facts import (
    Attribute,
    Awaited,
    Call,
    Constant,
    Either,
    Facts,
    Item,
    Name,
    Result,
    Scope,
    Term,
    last_name,
)
from awaitlens.program.flow.model import UNKNOWN, Event, Flow, Place, Value
from awaitlens.program.flow.splicing import spliced
from awaitlens.program.flow.stores import HOPS, TELLING

if TYPE_CHECKING:
    from awaitlens.program.view import View


class Helper(NamedTuple):
    """What a function does to one place: it "gives" what lies there, or puts its parameter number `parameter` there.

    Keys of the place that are parameters are told by their numbers, `$0`. `late` says that it waits before it does so.
    """

    place: Place
    parameter: int
    late: bool


def with_helpers(flow: Flow, facts: Facts, view: View) -> Flow:
    """The flow with what its helpers do; the flow itself where none of them gives and none of them takes."""
    noted = [n for n, e in enumerate(flow.events) if e.kind == "suspend" and e.value.kind == "call"]
    return _with_helpers(flow, facts, view, noted) if len(noted) > 1 else flow


def _with_helpers(flow: Flow, facts: Facts, view: View, noted: list[int]) -> Flow:
    before: dict[int, list[Event]] = {}
    after: dict[int, list[Event]] = {}
    given: dict[int, Value] = {}
    written = set()
    for number in noted:
        helper = _helper(flow.events[number], facts, view, flow)
        if helper is None:
            continue
        event = flow.events[number]
        into = after if helper.late else before
        if helper.parameter < 0:
            given[number] = Value("read", helper.place.text, number)
            into[number] = [Event("read", helper.place, "", UNKNOWN, -1, event.span)]
        else:
            value = event.value.parts[helper.parameter]
            into[number] = [Event("write", helper.place, "assign", value, -1, event.span)]
            written.add(helper.place)
    both = any(value.text == place.text for value in given.values() for place in written)
    return spliced(flow, before, after, given) if both else flow


def _helper(event: Event, facts: Facts, view: View, flow: Flow) -> Helper | None:
    """What the awaited function does, told as this function means it; parameters are numbers of the call's values."""
    here = (s for s in facts.suspensions if s.span == event.span and s.scope == flow.scope)
    call = next((facts.call_of(s.operand) for s in here), None)
    if call is None or any(argument.keyword for argument in call.arguments):
        return None
    skipped = HOPS.get(last_name(call.callee), -1) + 1
    if skipped and len(call.arguments) >= skipped:
        target = view.callable(call.arguments[skipped - 1].value, call.scope, call.span)
    else:
        target, skipped = view.target(call), 0
    found = view.of_definition(target, _does) if target.path else None
    if found is None:
        return None
    texts = [facts.slice(argument.span) for argument in call.arguments[skipped:]]
    place = _meant(found.place, texts)
    first = len(event.value.parts) - len(call.arguments) + skipped
    parameter = found.parameter + first if found.parameter >= 0 else -1
    hidden = place is None or (place.root != "self" and place.root in flow.local_names)
    return (
        None
        if place is None or hidden or parameter >= len(event.value.parts)
        else Helper(place, parameter, found.late)
    )


def _meant(place: Place, texts: list[str]) -> Place | None:
    path = []
    for part in place.path:
        if part.startswith("[$"):
            number = int(part[2:-1])
            if number >= len(texts):
                return None
            part = f"[{texts[number]}]"
        path.append(part)
    return Place(place.root, tuple(path))


def _does(facts: Facts, scope: Scope) -> Helper | None:
    """The one place that a function gives the value of, or puts a parameter into."""
    if scope.is_generator or scope.decorators:
        return None
    waits = any(suspension.scope == scope.number for suspension in facts.suspensions)
    written = list(_written(facts, scope))
    if written:
        place, parameter, by_store = written[0]
        return Helper(place, parameter, waits and not by_store) if len(written) == 1 else None
    returned = [jump.value for jump in facts.jumps if jump.scope == scope.number and jump.kind == "return"]
    read, by_store = _read(returned[0], facts, scope) if len(returned) == 1 else (None, False)
    return Helper(read, -1, waits and not by_store) if read is not None and read.path else None


def _written(facts: Facts, scope: Scope) -> Iterator[tuple[Place, int, bool]]:
    """The places that get a parameter's value, its number, and whether an awaited store puts it there."""
    for access in facts.accesses:
        place = (
            _place(access.place, scope) if access.scope == scope.number and access.kind == "write" else None
        )
        parameter = _parameter(access.value, facts, scope)
        if place is not None and parameter >= 0:
            yield place, parameter, False
    for call in facts.calls_in(scope.number):
        owner = call.callee.value if isinstance(call.callee, Attribute) else None
        is_set = last_name(call.callee) in TELLING and call.usage.kind == "awaited"
        if owner is not None and is_set and len(call.arguments) == 2 and not call.arguments[1].keyword:
            place = _place(Item(owner, call.arguments[0].value), scope)
            parameter = _parameter(call.arguments[1].value, facts, scope)
            if place is not None and parameter >= 0:
                yield place, parameter, True


def _read(
    term: Term, facts: Facts, scope: Scope, followed: frozenset[str] = frozenset()
) -> tuple[Place | None, bool]:
    """The place whose value a term is, or is made of alone; and whether a store is asked for it with an await."""
    if isinstance(term, Awaited):
        return _read(term.value, facts, scope, followed)[0], True
    if isinstance(term, Either):
        return _read(term.options[0], facts, scope, followed)
    if isinstance(term, Result):
        return _read_by(facts.calls[term.call], facts, scope, followed)
    if isinstance(term, Name):
        # A value may be made of the name's value before: `data = clean(data)`.
        bound = [b for b in facts.bindings if b.name == term.id and b.scope == scope.number]
        once = len(bound) == 1 and term.id not in followed
        return _read(bound[0].value, facts, scope, followed | {term.id}) if once else (None, False)
    return _place(term, scope), False


def _read_by(call: Call, facts: Facts, scope: Scope, followed: frozenset[str]) -> tuple[Place | None, bool]:
    first = call.argument(0)
    if isinstance(call.callee, Attribute) and call.callee.attr in ("get", "aget") and first is not None:
        return _place(Item(call.callee.value, first.value), scope), False
    if first is None or len(call.arguments) > 1:
        return None, False
    return _read(first.value, facts, scope, followed)


def _place(term: Term, scope: Scope) -> Place | None:
    """The place a term names, if it is one of self, or of the module; keys are literals or parameters."""
    if isinstance(term, Name):
        own = term.id in (parameter.name for parameter in scope.parameters) and term.id != "self"
        return None if own else Place(term.id)
    if not isinstance(term, (Attribute, Item)):
        return None
    owner = _place(term.value, scope)
    part = f".{term.attr}" if isinstance(term, Attribute) else _key(term.key, scope)
    return Place(owner.root, (*owner.path, part)) if owner is not None and part else None


def _key(term: Term, scope: Scope) -> str:
    if isinstance(term, Constant):
        return f"[{term.value!r}]"
    number = _number(term, scope)
    return f"[${number}]" if number >= 0 else ""


def _parameter(term: Term, facts: Facts, scope: Scope) -> int:
    """The number of the parameter that a term is, or is made of alone: `json.dumps(value)`."""
    call = facts.call_of(term)
    if call is not None and len(call.arguments) == 1:
        return _parameter(call.arguments[0].value, facts, scope)
    return _number(term, scope)


def _number(term: Term, scope: Scope) -> int:
    names = [parameter.name for parameter in scope.parameters if parameter.name != "self"]
    return names.index(term.id) if isinstance(term, Name) and term.id in names else -1
