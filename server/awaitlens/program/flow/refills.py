"""A container that is emptied, then filled again, with an await in between: two runs mix what they fill in."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.program.facts import Facts
from awaitlens.program.flow.concurrency import concurrency
from awaitlens.program.flow.graph import Graph
from awaitlens.program.flow.model import Event, Place
from awaitlens.program.flow.races import graphs, on_second_look
from awaitlens.program.flow.sharing import sharing
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.view import View

_EMPTY = re.compile(r"(?:=\s*(?:\[\]|\{\}|set\(\)|dict\(\)|list\(\))|\.clear\(\))\s*\Z")


class Refill(NamedTuple):
    """`emptied` and `filled` are statements of one function; spans count from the block's first line."""

    place: str
    function: str
    emptied: Span
    suspension: Span
    filled: Span
    confidence: Confidence


def refills(facts: Facts, view: View) -> Iterator[Refill]:
    for graph in graphs(facts, view):
        for number in sorted(graph.reachable):
            place = graph.events[number].place
            if (
                place is None
                or not _empties(facts, graph.events[number])
                or _filled(graph, facts, number, place) is None
            ):
                continue
            found = _filled(on_second_look(graph, facts, view), facts, number, place)
            sure = _confidence(graph, facts, view, place, graph.events[number])
            if found is not None and sure is not None:
                emptied, across, filled = (graph.events[n].span for n in (number, *found))
                name = facts.scopes[graph.flow.scope].name
                # A new container in place of the old one mostly begins the life of an object that one task has.
                sure = weakest(sure, "possible") if graph.events[number].name == "assign" else sure
                yield Refill(place.text, name, emptied, across, filled, sure)


def _confidence(graph: Graph, facts: Facts, view: View, place: Place, event: Event) -> Confidence | None:
    shared = sharing(graph.flow, place, facts)
    together = concurrency(facts, facts.scopes[graph.flow.scope], view, event.span) if shared else None
    return weakest(shared, together) if shared and together else None


def _empties(facts: Facts, event: Event) -> bool:
    return event.kind == "write" and _EMPTY.search(facts.slice(event.span)) is not None


def _filled(graph: Graph, facts: Facts, emptied: int, place: Place) -> tuple[int, int] | None:
    """The last suspension point, and the first element put in behind it; None under a lock."""
    if graph.is_guarded(emptied):
        return None
    start = (emptied, -1)
    waiting, seen = deque([start]), {start}
    while waiting:
        number, crossed = waiting.popleft()
        event = graph.events[number]
        if (
            number != emptied
            and event.kind == "write"
            and event.place is not None
            and place.covers(event.place)
        ):
            adds = event.place != place or event.name == "mutate"
            adds = adds and not _empties(facts, event)
            if adds and event.name not in ("delete", "discard") and crossed >= 0:
                return None if graph.is_guarded(number) else (crossed, number)
            if not adds:
                continue
        crossed = number if number in graph.suspensions else crossed
        for following in ((successor, crossed) for successor in graph.successors(number)):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return None
