"""Where an async function may be interrupted, and the stretches in between, in which nothing waits.

A section is a stretch of lines: while control stays in it, no other task of the loop runs. It ends at every
suspension point, at the end of an `async with` or `async for`, and at every `yield`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.program.facts import Facts, Suspension
from awaitlens.program.flow.graph import Graph
from awaitlens.program.flow.model import Event, Flow, Place
from awaitlens.program.flow.races import graphs, on_second_look
from awaitlens.program.flow.sharing import sharing
from awaitlens.program.flow.suspending import is_timer, never_waits
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.view import View

_MOST_SUSPENSIONS = 60
"""In a function with more suspension points, no others are looked at."""


class Section(NamedTuple):
    """Lines in which nothing waits (of the block, inclusive), and the shared places that are written there."""

    scope: int
    first: int
    last: int
    places: tuple[str, ...]


class Switch(NamedTuple):
    """A suspension point after a read and before a write of the same shared place, with no lock held."""

    at: Span
    read: Span
    write: Span
    place: str


class Touch(NamedTuple):
    """A read or write of a shared place: `kind` is "read" or "write"."""

    place: str
    kind: str
    span: Span


def suspension_points(facts: Facts, view: View, scope: int) -> tuple[Suspension, ...]:
    """The places at which a function may hand control back to the loop; an async with counts once."""
    return tuple(
        s
        for s in facts.suspensions
        if s.scope == scope and s.kind != "async with exit" and not runs_through(s, facts, view)
    )


def runs_through(suspension: Suspension, facts: Facts, view: View) -> bool:
    """Whether a suspension point surely hands control to nobody. A method may have another body in a class that nobody
    has seen, so nothing is said of it."""
    if suspension.kind == "async with" and is_timer(suspension.operand, facts, view):
        return True
    call = facts.call_of(suspension.operand)
    if call is None or "." in view.target(call).qualname:
        return False
    return never_waits(suspension, facts, view)


# --- sections -----------------------------------------------------------------------------------------------


def sections(facts: Facts, view: View, scope: int) -> tuple[Section, ...]:
    """The sections of one async function, in the order of the lines."""
    points = suspension_points(facts, view, scope)
    timers = {c.span for c in facts.contexts if all(is_timer(term, facts, view) for term in c.terms)}
    blocked, ends = _boundaries(facts, points, scope, timers)
    busy = sorted(_busy_lines(facts, scope) - blocked)
    written = [touch for touch in touches(facts, scope) if touch.kind == "write"]
    found = []
    for first, last in _runs(busy, blocked, ends):
        places = [
            touch.place for touch in written if first <= touch.span.line and touch.span.end_line <= last
        ]
        found.append(Section(scope, first, last, tuple(dict.fromkeys(places))))
    return tuple(found)


def shared_sections(facts: Facts, view: View) -> Iterator[Section]:
    """The sections of a block's async functions that matter: several lines, and shared state is written in them."""
    for scope in facts.async_functions():
        if any(flow.scope == scope.number for flow in facts.flows):
            yield from (s for s in sections(facts, view, scope.number) if s.places and s.last > s.first)


def _boundaries(
    facts: Facts, points: Iterable[Suspension], scope: int, timers: set[Span]
) -> tuple[set[int], set[int]]:
    """The lines that wait, and the lines behind which something waits."""
    blocked, ends = set[int](), set[int]()
    for point in points:
        blocked |= _lines(_statement(facts, point))
    for context in facts.contexts:
        if (
            context.scope == scope
            and context.kind in ("async with", "async for")
            and context.span not in timers
        ):
            blocked |= _lines(context.span)
            ends.add(context.body_span.end_line)
    for jump in facts.jumps:
        if jump.scope == scope and jump.kind == "yield":
            blocked |= _lines(jump.span)
    return blocked, ends


def _statement(facts: Facts, point: Suspension) -> Span:
    """The suspension with the calls it is an argument of: they are not done before it is."""
    around = [c.span for c in facts.calls if c.scope == point.scope and _holds(c.span, point.span)]
    return min(around, default=point.span)


def _busy_lines(facts: Facts, scope: int) -> set[int]:
    """The lines on which the function does something itself."""
    spans = [item.span for items in (facts.calls, facts.accesses, facts.jumps, facts.uses) for item in items
             if item.scope == scope]  # fmt: skip
    spans += [b.span for b in facts.bindings if b.scope == scope and b.kind != "parameter"]
    spans += [c.span for c in facts.contexts if c.scope == scope]
    return set[int]().union(*map(_lines, spans))


def _runs(busy: list[int], blocked: set[int], ends: set[int]) -> Iterator[tuple[int, int]]:
    """Stretches of busy lines with no waiting line between them."""
    first = previous = -1
    for line in busy:
        if first >= 0 and any(n in blocked or n in ends for n in range(previous, line)):
            yield first, previous
            first = line
        first, previous = first if first >= 0 else line, line
    if first >= 0:
        yield first, previous


def _lines(span: Span) -> set[int]:
    return set(range(span.line, span.end_line + 1))


def _holds(outer: Span, inner: Span) -> bool:
    return outer[:2] <= inner[:2] and inner[2:] <= outer[2:]


# --- shared places --------------------------------------------------------------------------------------------


def touches(facts: Facts, scope: int) -> tuple[Touch, ...]:
    """The reads and writes of what other tasks can reach too, as far as the function writes it somewhere."""
    flow = next((flow for flow in facts.flows if flow.scope == scope and flow.complete), None)
    if flow is None:
        return ()
    written = {
        e.place for e in flow.events if e.kind == "write" and e.place and _is_shared(flow, e.place, facts)
    }
    return tuple(
        Touch(event.place.text, event.kind, event.span)
        for event in flow.events
        if event.kind in ("read", "write") and event.place is not None and event.place in written
    )


def _is_shared(flow: Flow, place: Place, facts: Facts) -> bool:
    return sharing(flow, place, facts) in ("certain", "likely")


def switches(facts: Facts, view: View) -> Iterator[Switch]:
    """The suspension points at which what was read of a shared place may grow old before it is written."""
    if not facts.flows:
        return
    for graph in graphs(facts, view):
        if any(_pair(graph, number, facts) for number in _first(graph.suspensions)):
            second = on_second_look(graph, facts, view)
            for number in _first(second.suspensions):
                pair = _pair(second, number, facts)
                if pair is not None and not second.is_guarded(number):
                    read, write = pair
                    assert write.place is not None
                    yield Switch(second.events[number].span, read.span, write.span, write.place.text)


def _first(numbers: frozenset[int]) -> list[int]:
    return sorted(numbers)[:_MOST_SUSPENSIONS]


def _pair(graph: Graph, number: int, facts: Facts) -> tuple[Event, Event] | None:
    """A read before a suspension and a write after it that rests on the read: by its value, or by a test."""
    events = graph.events
    before = set(_forward_to(graph, number))
    fresh: set[Place] = set()
    for later in _forward_from(graph, number):
        event = events[later]
        if event.place is None:
            continue
        if event.kind == "read":
            fresh.add(event.place)
        elif event.kind == "write" and _is_shared(graph.flow, event.place, facts):
            reads = _reads_behind(graph, later, event.place not in fresh) & before
            if reads:
                return events[max(reads)], event
    return None


def _reads_behind(graph: Graph, number: int, with_tests: bool) -> set[int]:
    """The reads of a written place that the write rests on."""
    event = graph.events[number]
    chains = list(graph.origins(event.value, number))
    if with_tests:
        chains += [chain for place, chain in graph.checks if place == event.place]
    return {chain[0] for chain in chains if graph.events[chain[0]].place == event.place}


def _forward_from(graph: Graph, start: int) -> list[int]:
    """The events that can come after one without going round a loop, in order."""
    reached = {start}
    for number in range(start, len(graph.events)):
        if number in reached:
            reached.update(n for n in graph.successors(number) if n > number)
    return sorted(reached - {start})


def _forward_to(graph: Graph, goal: int) -> list[int]:
    """The events that can come before one without going round a loop, nearest first."""
    reached = {goal}
    for number in range(goal, -1, -1):
        if number in reached:
            reached.update(n for n in graph.predecessors[number] if n < number)
    return sorted(reached - {goal}, reverse=True)
