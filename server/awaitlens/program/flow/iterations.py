"""Loops over a shared container that let other tasks run before they take the next element."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.program.facts import Access, Attribute, Call, Facts, Item, Scope, Term
from awaitlens.program.flow.graph import Graph
from awaitlens.program.flow.model import Event, Place
from awaitlens.program.flow.races import graphs
from awaitlens.program.flow.sharing import alias, sharing, term_of
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.view import View

_CHANGES = frozenset(
    ("append", "appendleft", "extend", "insert", "add", "update", "setdefault", "pop", "popleft", "popitem")
    + ("remove", "discard", "clear")
)


class Change(NamedTuple):
    """Where a container gets or loses an element. `line` is the first line of the block, -1 where it is not known."""

    facts: Facts
    scope: Scope
    span: Span
    line: int


class OpenIteration(NamedTuple):
    """A loop whose container another task can change before the next round."""

    iterated: Span
    suspension: Span
    change: Change
    confidence: Confidence


def open_iterations(facts: Facts, view: View) -> Iterator[OpenIteration]:
    for graph in graphs(facts, view):
        for number in sorted(graph.reachable):
            event = graph.events[number]
            found = _open_iteration(graph, facts, view, number) if event.kind == "iterate" else None
            if found is not None:
                yield found


def _open_iteration(graph: Graph, facts: Facts, view: View, number: int) -> OpenIteration | None:
    event = graph.events[number]
    place = _meant(graph, event)
    shared = sharing(graph.flow, place, facts) if place is not None else None
    if place is None or shared is None:
        return None
    suspension = _before_next_round(graph, number)
    if suspension is None or graph.is_guarded(number):
        return None
    changes = list(_changes(place, facts, view))
    elsewhere = [c for c in changes if not (c.facts is facts and c.scope.number == graph.flow.scope)]
    change = next(iter(elsewhere or changes), None)
    if change is None:
        return None
    sure: Confidence = "likely" if elsewhere or graph.is_inside_loop(number, change.span) else "possible"
    return OpenIteration(event.span, graph.events[suspension].span, change, weakest(shared, sure))


def _meant(graph: Graph, event: Event) -> Place | None:
    """The place iterated; a local that is another name of a shared container counts as that."""
    place = event.place
    if place is None or place.path or place.root not in graph.flow.local_names:
        return place
    return alias(graph.flow, place.root)


def _before_next_round(graph: Graph, head: int) -> int | None:
    """A suspension point after which the loop asks its container for the next element."""
    inside = graph.round_of(head)
    return next((number for number in sorted(inside) if number in graph.suspensions), None)


def _changes(place: Place, facts: Facts, view: View) -> Iterator[Change]:
    """The calls and statements of the class, or of the module, that give the container an element or take one."""
    term = term_of(place)
    if any(part[0] == "[" for part in place.path):
        return
    for line, block in _blocks(place, facts, view):
        for call in block.calls:
            if _changes_by_call(call, term):
                yield Change(block, block.scopes[call.scope], call.span, line)
        for access in block.accesses:
            if _changes_by_item(access, term):
                yield Change(block, block.scopes[access.scope], access.span, line)


def _changes_by_call(call: Call, term: Term) -> bool:
    return isinstance(call.callee, Attribute) and call.callee.attr in _CHANGES and call.callee.value == term


def _changes_by_item(access: Access, term: Term) -> bool:
    return (
        isinstance(access.place, Item) and access.place.value == term and access.kind in ("write", "delete")
    )


def _blocks(place: Place, facts: Facts, view: View) -> Iterator[tuple[int, Facts]]:
    if place.root == "self" and facts.owner:
        for line, block in view.class_blocks(".".join(facts.owner)):
            if all(scope.name != "__init__" for scope in block.scopes):
                yield line, block
        return
    seen: set[int] = set()
    for block, _ in view.module_functions():
        if id(block) not in seen:
            seen.add(id(block))
            yield -1, block
