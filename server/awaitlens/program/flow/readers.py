"""Several tasks that read one stream for each other: who reads may get what another one waits for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.program.facts import (
    Attribute,
    Call,
    Constant,
    Context,
    Facts,
    Name,
    Result,
    Scope,
    Suspension,
    Term,
)
from awaitlens.program.flow.concurrency import concurrency
from awaitlens.program.flow.graph import Graph
from awaitlens.program.flow.locks import locks_around
from awaitlens.program.flow.model import Place
from awaitlens.program.flow.races import graphs
from awaitlens.program.flow.sharing import sharing
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.view import View

_READS = ("read", "recv", "receive")


class SharedReading(NamedTuple):
    """A loop that reads until its own part has come. `waited_for` is the place it looks at, `test` and `reading` are
    expressions, `loop` the header. Spans count from the block's first line."""

    waited_for: str
    function: str
    test: Span
    reading: Span
    confidence: Confidence


def shared_readings(facts: Facts, view: View) -> Iterator[SharedReading]:
    """Loops `while not self.table.get(mine): await self.read()` that nothing keeps others out of."""
    for graph in graphs(facts, view):
        if graph.locks:  # Whoever takes one here has thought of the others.
            continue
        for loop in facts.contexts:
            asked = _asked(graph, loop) if loop.kind == "while" and loop.scope == graph.flow.scope else None
            reading = _reading(facts, loop, view) if asked is not None else None
            place = asked[0] if asked is not None else None
            if asked is None or place is None or reading is None:
                continue
            scope = facts.scopes[graph.flow.scope]
            together = concurrency(facts, scope, view, loop.span)
            shared = sharing(graph.flow, place, facts)
            if together is None or shared is None or not _others_fill(place, facts, view):
                continue
            # Two tasks in one such loop at a time are what it was written for: each looks for a part of its own.
            sure = weakest(weakest(together, shared), "likely")
            yield SharedReading(place.text, scope.name, asked[1], reading.span, sure)


def _asked(graph: Graph, loop: Context) -> tuple[Place, Span] | None:
    """The item of a shared table that the loop asks for, by a key of the task's own, and where it does."""
    asking = loop.body_span if loop.terms == (Constant(True),) else loop.span
    for place, chain in graph.checks:
        key = place.path[-1] if place.path else ""
        name = key[1:-1].partition(".")[0] if key[:1] == "[" else ""
        own = name in graph.flow.local_names and not _is_bound_in(graph, name, loop)
        test = graph.events[chain[-1]].span
        if own and asking.overlaps(test):
            return place, test
    return None


def _is_bound_in(graph: Graph, name: str, loop: Context) -> bool:
    """Whether the loop itself gives the name a value: then it is what was read, and nobody waits for it."""
    bindings = (e.span for e in graph.events if e.kind == "bind" and e.name == name)
    return any(loop.body_span.overlaps(span) for span in bindings)


def _reading(facts: Facts, loop: Context, view: View) -> Suspension | None:
    """The await in the loop's body that reads from something of self, or runs a method of self that does: as its name
    says, or its body."""
    for suspension in facts.suspensions:
        span = suspension.span
        inside = suspension.scope == loop.scope and loop.body_span.contains(span.line, span.column)
        call = facts.calls[suspension.operand.call] if isinstance(suspension.operand, Result) else None
        if inside and call is not None and (_reads(call) or _runs_reader(call, view)):
            return suspension
    return None


def _reads(call: Call) -> bool:
    callee = call.callee
    return (
        isinstance(callee, Attribute)
        and callee.attr.lstrip("_").startswith(_READS)
        and _root(callee) == "self"
    )


def _runs_reader(call: Call, view: View) -> bool:
    if not isinstance(call.callee, Attribute) or call.callee.value != Name("self"):
        return False
    target = view.target(call)
    return bool(target.path) and bool(view.of_definition(target, _is_reader))


def _is_reader(facts: Facts, scope: Scope) -> bool:
    """Whether a function awaits a read from something of self, with no lock around it."""
    reads = (s for s in facts.suspensions if s.scope == scope.number and s.kind == "await")
    return any(
        isinstance(s.operand, Result)
        and _reads(facts.calls[s.operand.call])
        and not locks_around(facts, s.context, scope.number)
        for s in reads
    )


def _root(term: Term) -> str:
    while isinstance(term, Attribute):
        term = term.value
    return term.id if isinstance(term, Name) else ""


def _others_fill(place: Place, facts: Facts, view: View) -> bool:
    """Whether the class puts into the table what was read, under keys that the data gives."""
    table = place.path[0][1:] if place.path and place.path[0][0] == "." else ""
    return any(
        table in (block.slice(access.span) if access.kind != "delete" else "")
        for _, block in view.class_blocks(facts.owner, table)
        for access in block.accesses
    ) or any(
        isinstance(call.callee, Attribute)
        and call.callee.attr in ("append", "setdefault", "put_nowait", "add", "set_result")
        and table in block.slice(call.callee_span)
        for _, block in view.class_blocks(facts.owner, table)
        for call in block.calls
    )
