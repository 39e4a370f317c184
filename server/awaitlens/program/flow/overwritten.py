"""What one call puts on a shared object for itself, and another call replaces before the first has used it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.program.facts import Facts
from awaitlens.program.flow.concurrency import concurrency, lives
from awaitlens.program.flow.explorer import Run, prove
from awaitlens.program.flow.graph import Graph, leaves
from awaitlens.program.flow.model import Event, Place
from awaitlens.program.flow.phases import plain_name
from awaitlens.program.flow.races import graphs, keys_change, on_second_look
from awaitlens.program.flow.sharing import sharing
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.view import View


_PER_CALL = (
    *("request", "handle", "send", "fetch", "query", "execute", "dispatch"),
    *("on_", "serve", "perform", "invoke", "download", "upload"),
)


class Overwritten(NamedTuple):
    """Spans count from the block's first line. `value` is what is written, as it stands there."""

    place: str
    function: str
    value: str
    write: Span
    suspension: Span
    use: Span
    confidence: Confidence


def overwritten(facts: Facts, view: View) -> Iterator[Overwritten]:
    for graph in graphs(facts, view):
        second: Graph | None = None
        for number in sorted(graph.reachable):
            event = graph.events[number]
            if not _is_of_this_call(graph, event):
                continue
            assert event.place is not None
            for use in _uses(graph, event.place):
                if graph.path_across((number, use)) is None:
                    continue
                second = second or on_second_look(graph, facts, view)
                found = _overwritten(second, facts, view, number, use)
                if found is not None:
                    yield found
                    break


def _is_of_this_call(graph: Graph, event: Event) -> bool:
    """Whether an attribute is given a value that rests on a parameter, and not on what was there before."""
    place = event.place
    if event.kind != "write" or event.name != "assign" or place is None or not place.path:
        return False
    if place.path[-1][0] != "." or place.root != "self":
        return False
    parameters = set(graph.flow.parameters) - {place.root}
    parts = list(leaves(event.value))
    return any(part.text in parameters for part in parts) and all(part.kind == "local" for part in parts)


def _uses(graph: Graph, place: Place) -> Iterator[int]:
    for number in sorted(graph.reachable):
        event = graph.events[number]
        if event.kind == "read" and event.place is not None and place.covers(event.place):
            yield number


def _overwritten(graph: Graph, facts: Facts, view: View, write: int, use: int) -> Overwritten | None:
    event, middle = graph.events[write], graph.path_across((write, use))
    path = graph.whole(middle) if middle is not None else None
    graph.proofs_left -= 1
    if event.place is None or middle is None or path is None or graph.proofs_left < 0:
        return None
    run = Run(graph, path, use, use)
    if keys_change(graph, middle, event.place) or prove(run, run, event.place) is None:
        return None
    scope = facts.scopes[graph.flow.scope]
    together = concurrency(facts, scope, view, event.span)
    shared = sharing(graph.flow, event.place, facts)
    if together is None or shared is None:
        return None
    across = next(n for n in reversed(middle) if n in graph.suspensions or n in graph.locks)
    # What belongs to a call is told apart from what an object is set to by what the call does.
    per_call: Confidence = "likely" if plain_name(scope).startswith(_PER_CALL) else "possible"
    sure = weakest(weakest(together, shared), "likely" if together == "certain" else per_call)
    sure = weakest(sure, lives(scope, view))
    value = facts.slice(event.span).partition("=")[2].strip()
    spans = (event.span, graph.events[across].span, graph.events[use].span)
    return Overwritten(event.place.text, scope.name, value, *spans, sure)
