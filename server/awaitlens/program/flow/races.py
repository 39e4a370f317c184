"""The races of one function, each with the schedule that proves it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.program.facts import Facts
from awaitlens.program.flow.concurrency import concurrency, lives, meets
from awaitlens.program.flow.explorer import Proof, Run, prove
from awaitlens.program.flow.graph import Graph, leaves
from awaitlens.program.flow.helpers import with_helpers
from awaitlens.program.flow.locks import is_lock
from awaitlens.program.flow.model import Event, Place, Value
from awaitlens.program.flow.others import actions, grows_in_place
from awaitlens.program.flow.reduction import Reduction, reduced
from awaitlens.program.flow.remote import Action
from awaitlens.program.flow.settling import is_a_constant, is_received, looks_again, only_converts
from awaitlens.program.flow.sharing import is_closure, sharing
from awaitlens.program.flow.stores import STORED
from awaitlens.program.flow.story import Scene, tell
from awaitlens.program.flow.suspending import may_suspend, really_suspends
from awaitlens.program.flow.symbols import is_own
from awaitlens.program.memory import OfFlows
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.view import View

MOST_WRITES = 60
"""How many writes of one function are looked at; the rest are left unproved."""


class Race(NamedTuple):
    """Two tasks run the same function, or the second does an `action` of another function, and one spoils what the other does.

    `place` is the shared place and `carrier` the local that holds the stale value ("" where there is none).
    `check` is the test that let the write through, where there was one. `suspension` is the last one between read and write. `direct` is true where read, suspension and write are one
    statement. `lock` is one that is held at both ends but not in between ("" mostly). Spans count from the block's first line. `story` is the proof, told; `reduction` a program that shows it.
    """

    place: str
    carrier: str
    read: Span
    check: Span
    suspension: Span
    write: Span
    direct: bool
    lock: str
    confidence: Confidence
    story: tuple[Scene, ...]
    reduction: Reduction | None
    action: Action | None

    @property
    def direct_write(self) -> bool:
        """Whether the write is what awaits: `x = await f()`."""
        return self.write.contains(*self.suspension[:2])

    @property
    def who(self) -> str:
        """Who writes in between: another task that runs the same function, or another function."""
        return f"{self.action.scope.name}()" if self.action is not None else "another task"

    @property
    def data(self) -> tuple[tuple[str, str], ...]:
        """What a finding carries of the proof, for the script that shows it."""
        return self.reduction.data if self.reduction is not None else ()


class Way(NamedTuple):
    """How a stale value comes to be written: from the read along `chain` to the write, on the path `middle`."""

    graph: Graph
    facts: Facts
    chain: tuple[int, ...]
    middle: tuple[int, ...]
    place: Place

    @property
    def path(self) -> tuple[int, ...] | None:
        """From the function's first event to its last, or to the write where it never ends."""
        return self.graph.whole(self.middle) or self.graph.begun(self.middle)

    @property
    def write(self) -> Event:
        return self.graph.events[self.chain[-1]]


def stale_writes(facts: Facts, view: View) -> tuple[Race, ...]:
    """Writes of a value that rests on a read of the same place, with control handed over in between."""
    return view.once(_stale_writes, facts)


def _stale_writes(facts: Facts, view: View) -> Iterator[Race]:
    for graph in graphs(facts, view):
        second: Graph | None = None
        for number, write in _writes(graph):
            if _stale_write(graph, facts, view, number, write) is not None:
                second = second or on_second_look(graph, facts, view)
                race = _stale_write(second, facts, view, number, write)
                if race is not None:
                    yield race


def check_races(facts: Facts, view: View) -> Iterator[Race]:
    """Writes that a test of the same place lets through, with control handed over in between."""
    for graph in graphs(facts, view):
        told: set[int] = set()
        second: Graph | None = None
        for number, write in _writes(graph):
            if _late_write(graph, facts, view, number, write) is None or _is_stale(graph, number, write):
                continue
            second = second or on_second_look(graph, facts, view)
            found = _late_write(second, facts, view, number, write)
            if found is not None and found[1] not in told:
                told.add(found[1])
                yield found[0]


def graphs(facts: Facts, view: View) -> Iterator[Graph]:
    """The functions of a block that suspend and touch something, each with budgets for one who asks."""
    for graph in view.kept(facts, OfFlows("graphs"), lambda: _graphs(facts, view)):
        yield graph.again(may_suspend, partial(is_lock, graph.flow, facts, view))


def _graphs(facts: Facts, view: View) -> tuple[Graph, ...]:
    flows = [with_helpers(flow, facts, view) for flow in facts.flows]
    made = [Graph(flow, may_suspend, partial(is_lock, flow, facts, view)) for flow in flows if flow.complete]
    return tuple([graph.forget_judges() for graph in made])


def on_second_look(graph: Graph, facts: Facts, view: View) -> Graph:
    """The same function, now that it is worth asking the program which of its awaits really wait."""
    flow = graph.flow
    return Graph(flow, partial(really_suspends, flow, facts, view), partial(is_lock, flow, facts, view))


def _writes(graph: Graph) -> Iterator[tuple[int, Event]]:
    left = MOST_WRITES
    for number, event in enumerate(graph.events):
        if event.kind == "write" and number in graph.reachable:
            left -= 1
            if left < 0:
                return
            yield number, event


def _is_stale(graph: Graph, number: int, write: Event) -> bool:
    chains = graph.origins(write.value, number)
    return any(graph.events[c[0]].place == write.place and graph.path_across(c) is not None for c in chains)


def _stale_write(graph: Graph, facts: Facts, view: View, number: int, write: Event) -> Race | None:
    place = write.place
    assert place is not None
    if write.name not in ("assign", "augmented", STORED) or sharing(graph.flow, place, facts) is None:
        return None
    if grows_in_place(write, facts, view):
        return None
    for chain in graph.origins(write.value, number):
        if graph.events[chain[0]].place != place:
            continue
        middle = graph.path_across(chain)
        if middle is None or keys_change(graph, middle, place):
            continue
        way = Way(graph, facts, chain, middle, place)
        settles = (
            looks_again(graph, chain) or only_converts(graph, chain) or is_received(graph, facts, middle)
        )
        sure = weakest(_strength(graph, chain), _of_rollback(graph, facts, chain))
        sure = weakest(sure, "possible" if settles else "certain")
        proof = _alike(way)
        shared = _shared(graph, facts, view, write) if proof is not None else None
        alike = _race(way, proof, weakest(shared, sure)) if proof is not None and shared is not None else None
        if alike is not None and alike.confidence != "possible":
            return alike
        found = _overtaken(way, view, sure) or alike
        if found is not None:
            return found
    return None


def _late_write(graph: Graph, facts: Facts, view: View, number: int, write: Event) -> tuple[Race, int] | None:
    """The race of a write behind a test, and the number of the test."""
    place = write.place
    assert place is not None
    # Who fills a store twice has done too much, but lost nothing.
    if write.name == STORED or sharing(graph.flow, place, facts) is None:
        return None
    for asked, chain in graph.checks:
        if asked != place:
            continue
        middle = graph.path_across((*chain, number))
        if middle is None or keys_change(graph, middle, place):
            continue
        way = Way(graph, facts, (*chain, number), middle, place)
        proof = _alike(way)
        shared = _shared(graph, facts, view, write) if proof is not None and proof.turned_away else None
        if proof is not None and shared is not None and _turns_away(way, chain[-1]):
            settles = is_received(graph, facts, middle) or is_a_constant(graph, facts, view, write)
            counts = write.name == "delete" or (is_own(proof.final) and not settles)
            sure: Confidence = "likely" if counts else "possible"
            return _race(way, proof, weakest(sure, shared)), chain[-1]
    return None


def _alike(way: Way) -> Proof | None:
    """The proof that two tasks that both go this way spoil each other's work."""
    way.graph.proofs_left -= 1
    path = way.path if way.graph.proofs_left >= 0 else None
    if path is None:
        return None
    run = Run(way.graph, path, way.chain[-1])
    return prove(run, run, way.place)


def _turns_away(way: Way, test: int) -> bool:
    """Whether the test itself turns the second of two tasks away that come one after the other: not another one on the way."""
    run = Run(way.graph, way.path or (), way.chain[-1], asked=test)
    proof = prove(run, run, way.place)
    return proof is not None and proof.turned_away


def _overtaken(way: Way, view: View, sure: Confidence) -> Race | None:
    """The race with another function that writes the place while this one waits."""
    graph, facts = way.graph, way.facts
    scope = facts.scopes[graph.flow.scope]
    same = sharing(graph.flow, way.place, facts)
    path = way.path
    if same is None or path is None or concurrency(facts, scope, view, way.write.span) is None:
        return None
    for action in actions(graph, facts, view, way.place):
        graph.proofs_left -= 1
        meeting = meets(action, view) if graph.proofs_left >= 0 and not action.is_of(facts, scope) else None
        if meeting is None:
            continue
        proof = prove(Run(graph, path, way.chain[-1]), action.on(way.place), way.place)
        if proof is not None:
            return _race(
                way, proof, weakest(weakest(same, sure), weakest(meeting, lives(scope, view))), action
            )
    return None


def _shared(graph: Graph, facts: Facts, view: View, write: Event) -> Confidence | None:
    """How surely two tasks write the place at once."""
    assert write.place is not None
    same = sharing(graph.flow, write.place, facts)
    if same is None:
        return None
    together = concurrency(facts, facts.scopes[graph.flow.scope], view, write.span)
    if together == "certain" and is_closure(graph.flow, write.place, facts):
        return "likely"
    return None if together is None else weakest(same, together)


def keys_change(graph: Graph, path: tuple[int, ...], place: Place) -> bool:
    """Whether the place's text means another place at the end of the path than at its start."""
    names = place.names
    return any(graph.events[n].kind == "bind" and graph.events[n].name in names for n in path[1:])


def _strength(graph: Graph, chain: tuple[int, ...]) -> Confidence:
    """How plainly the written value is an update of the read one: as plainly as its vaguest step."""
    carriers = {graph.events[number].name for number in chain[1:-1]}
    sure: Confidence = "certain"
    for position, number in enumerate(chain[1:]):
        value = graph.events[number].value
        if _went_through(value, "awaited", chain[0], carriers):
            # What a store gives is the item itself, not something made of it.
            is_item = position == 0 and graph.events[chain[-1]].name == STORED
            sure = weakest(sure, "likely" if is_item else "possible")
        elif _went_through(value, "call", chain[0], carriers):
            sure = weakest(sure, "likely")
    return sure


def _of_rollback(graph: Graph, facts: Facts, chain: tuple[int, ...]) -> Confidence:
    """What a failure puts back as it was is hardly ever someone else's by then."""
    write = graph.events[chain[-1]]
    copied = all(graph.events[number].value.kind in ("local", "read") for number in chain[1:])
    in_handler = any(c.kind == "except" and c.body_span.overlaps(write.span) for c in facts.contexts)
    return "possible" if copied and in_handler else "certain"


def _went_through(value: Value, kind: str, read: int, carriers: set[str]) -> bool:
    """Whether the stale part of a value went through an expression of that kind."""
    if value.kind == kind:
        return any(leaf.event == read or leaf.text in carriers for leaf in leaves(value))
    return any(_went_through(part, kind, read, carriers) for part in value.parts)


def _race(way: Way, proof: Proof, confidence: Confidence, action: Action | None = None) -> Race:
    graph, facts, chain = way.graph, way.facts, way.chain
    read, write = graph.events[chain[0]], way.write
    across = [n for n in way.middle if n in graph.suspensions or n in graph.locks][-1]
    carriers = [graph.events[n].name for n in chain[1:-1] if graph.events[n].kind == "bind"]
    tests = [graph.events[n] for n in chain if graph.events[n].kind == "test"]
    return Race(
        place=_in_users_words(facts, read, write),
        carrier=next((name for name in carriers if not name.startswith("$")), ""),
        read=read.span,
        check=tests[0].span if tests else read.span,
        suspension=graph.events[across].span,
        write=write.span,
        direct=write.span.contains(*read.span[:2]) and write.span.contains(*graph.events[across].span[:2]),
        lock=graph.lock_at_both_ends(way.middle),
        confidence=confidence,
        story=tell(graph, facts, proof, chain, action),
        reduction=reduced(graph, facts, proof, way.path or (), way.place, action),
        action=action,
    )


def _in_users_words(facts: Facts, read: Event, write: Event) -> str:
    """The place as the program spells it, where it does so in one expression."""
    assert write.place is not None
    if write.name == STORED:
        return facts.slice(read.span)
    written = facts.slice(write.span).partition("=")[0].rstrip(" +-*/|&%@<>^")
    read_text = facts.slice(read.span)
    return next(
        (text for text in (read_text, written) if _squeezed(text) == _squeezed(write.place.text)),
        write.place.text,
    )


def _squeezed(text: str) -> str:
    return text.replace('"', "'").replace(" ", "")
