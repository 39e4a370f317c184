"""Two methods of one class that get in each other's way: one checks an attribute and waits, another takes it back.

What a method reads and tests between its suspension points is in its own flow. What the others write is in their facts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.program.facts import Access, Attribute, Constant, Facts, Name, Scope
from awaitlens.program.flow.concurrency import ends_the_program
from awaitlens.program.flow.graph import Graph
from awaitlens.program.flow.model import Place, Value
from awaitlens.program.flow.races import graphs, on_second_look
from awaitlens.program.flow.sharing import sharing
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.view import View

_CONSTRUCTORS = frozenset(("__init__", "__new__", "__post_init__", "__del__"))


class Reset(NamedTuple):
    """Where a method sets the attribute to None. `line` is the first line of its block."""

    facts: Facts
    scope: Scope
    span: Span
    line: int


class Conflict(NamedTuple):
    """An attribute that was there when it was checked, and may be None when it is used. Spans count from the block's
    first line."""

    place: str
    function: str
    check: Span
    suspension: Span
    use: Span
    reset: Reset
    confidence: Confidence


def conflicts(facts: Facts, view: View) -> Iterator[Conflict]:
    """Each use that a check lets through, an await before it, and a method elsewhere in the class that resets."""
    if not facts.owner:
        return
    for graph in graphs(facts, view):
        told: set[int] = set()
        for test in sorted(graph.reachable):
            place = _found_there(graph, test)
            reset = _reset(facts, view, graph, place) if place is not None else None
            if place is None or reset is None or _used_late(graph, facts, test, place) is None:
                continue
            found = _used_late(on_second_look(graph, facts, view), facts, test, place)
            if found is not None and found[1] not in told:
                told.add(found[1])
                yield _conflict(graph, facts, place, (test, *found), reset)


def _conflict(graph: Graph, facts: Facts, place: Place, way: tuple[int, int, int], reset: Reset) -> Conflict:
    scope = facts.scopes[graph.flow.scope]
    shared = sharing(graph.flow, place, facts) or "possible"
    # A private method, or the end of a `with`, is mostly the same task's own doing.
    is_own = reset.scope.name.startswith("_") or ends_the_program(scope)
    sure: Confidence = "possible" if is_own else "likely"
    check, suspension, use = (graph.events[number].span for number in way)
    return Conflict(place.text, scope.name, check, suspension, use, reset, weakest(shared, sure))


def _found_there(graph: Graph, number: int) -> Place | None:
    """The attribute of self that a test finds to be there on one of its ways."""
    event = graph.events[number]
    value = _asked(event.value) if event.kind == "test" else None
    place = graph.events[value.event].place if value is not None and value.kind == "read" else None
    return place if place is not None and place.root == "self" and len(place.path) == 1 else None


def _asked(value: Value) -> Value:
    return (
        _asked(value.parts[0]) if value.kind in ("not", "is None", "is not None") and value.parts else value
    )


def _way_on(graph: Graph, number: int) -> int:
    """The event that follows where the attribute is there."""
    event, there, value = graph.events[number], True, graph.events[number].value
    while value.kind == "not":
        there, value = not there, value.parts[0]
    there = there != (value.kind == "is None")
    return number + 1 if there else event.target


def _used_late(graph: Graph, facts: Facts, test: int, place: Place) -> tuple[int, int] | None:
    """The last suspension point and the use behind it, on a way from the check with no second look."""
    start = (_way_on(graph, test), -1)
    waiting, seen = deque([start]), {start}
    while waiting:
        number, crossed = waiting.popleft()
        event = graph.events[number]
        if event.kind == "read" and crossed >= 0 and _is_use(graph, facts, number, place):
            return None if graph.is_guarded(number) else (crossed, number)
        if _looks_again(graph, number, place):
            continue
        crossed = number if number in graph.suspensions else crossed
        for following in ((successor, crossed) for successor in graph.successors(number)):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return None


def _is_use(graph: Graph, facts: Facts, number: int, place: Place) -> bool:
    """Whether a read goes on to a part of the object, which None has not."""
    event = graph.events[number]
    if event.place is None or not place.covers(event.place):
        return False
    if event.place != place:
        return True
    line = (
        facts.text.split("\n")[event.span.end_line]
        if event.span.end_line < facts.text.count("\n") + 1
        else ""
    )
    return line[event.span.end_column : event.span.end_column + 1] in (".", "[")


def _looks_again(graph: Graph, number: int, place: Place) -> bool:
    event = graph.events[number]
    if event.kind == "write":
        return event.place is not None and event.place.covers(place)
    if event.kind != "test":
        return False
    return any(graph.events[chain[0]].place == place for chain in graph.origins(event.value, number))


def _reset(facts: Facts, view: View, graph: Graph, place: Place) -> Reset | None:
    """Another method of the class that sets the attribute to None: one that others can call, where there is one."""
    found = list(_resets(facts, view, graph, place))
    return next((reset for reset in found if not reset.scope.name.startswith("_")), next(iter(found), None))


def _resets(facts: Facts, view: View, graph: Graph, place: Place) -> Iterator[Reset]:
    owner, attribute = ".".join(facts.owner), place.path[0][1:]
    for line, block, access in view.class_answers(owner, attribute, _set_to_none):
        scope = block.scopes[access.scope]
        if block is facts and access.scope == graph.flow.scope:
            continue
        if not _calls(facts, graph.flow.scope, scope.name):
            yield Reset(block, scope, access.span, line)


def _set_to_none(block: Facts, attribute: str) -> Iterator[Access]:
    """Where the methods of a block set an attribute to None."""
    place = Attribute(Name("self"), attribute)
    for access in block.accesses:
        is_constructor = block.scopes[access.scope].name in _CONSTRUCTORS
        if access == access._replace(place=place, kind="write", value=Constant(None)) and not is_constructor:
            yield access


def _calls(facts: Facts, scope: int, method: str) -> bool:
    """Whether the checking method calls the other one itself: then it knows what it does."""
    callee = Attribute(Name("self"), method)
    return any(call.callee == callee and call.scope == scope for call in facts.calls)
