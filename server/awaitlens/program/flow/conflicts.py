"""Two functions that get in each other's way: one checks that something is there and waits, another takes it away.

The one that waits is followed event by event; what the other does is one step of its own (`remote`). The explorer
plays that step in the gap: what is found at the use must be what no serial order finds there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from awaitlens.confidence import Confidence, weakest
from awaitlens.program.facts import Facts
from awaitlens.program.flow.concurrency import concurrency, lives, meets
from awaitlens.program.flow.explorer import Proof, Run, prove
from awaitlens.program.flow.failures import is_passed_over
from awaitlens.program.flow.graph import Graph
from awaitlens.program.flow.model import Event, Place, Value
from awaitlens.program.flow.others import actions
from awaitlens.program.flow.races import graphs, keys_change, on_second_look
from awaitlens.program.flow.remote import Action, Kind
from awaitlens.program.flow.sharing import sharing
from awaitlens.source import Span

if TYPE_CHECKING:
    from awaitlens.program.view import View

_TAKES = (".pop(", ".popleft(", ".popitem(")


class Hazard(NamedTuple):
    """What can go wrong with a checked place: which actions do the harm, and which events fail after it."""

    kind: Literal["attribute", "item", "container"]
    harms: tuple[Kind, ...]
    fails: Callable[[Facts, Event, Place], bool]


class Conflict(NamedTuple):
    """Something that was there when it was checked, or set, and may be gone when it is used.

    kind is "attribute" (it is None then), "item" (of a dict or set) or "container" (it is empty then). `since` is where
    it was there for the last time, and `how` the function knows: it was "checked", "set", or "seen" in a copy of its
    container. Spans count from the block's first line.
    """

    kind: str
    place: str
    function: str
    since: Span
    how: Literal["checked", "set", "seen"]
    suspension: Span
    use: Span
    action: Action
    confidence: Confidence


def conflicts(facts: Facts, view: View) -> Iterator[Conflict]:
    """The first use after an await of what was there before it, and a function that can take it away meanwhile."""
    for graph in graphs(facts, view):
        told: set[tuple[Place, int]] = set()
        gaps: set[tuple[str, Span]] = set()
        scope = facts.scopes[graph.flow.scope]
        for found in (*_of_starts(graph, facts, view, told), *_of_copies(graph, facts, view, told)):
            gap = (found.place, found.suspension)
            # Where every call holds a lock, whoever takes something away is taken to wait for the same one.
            if gap not in gaps and concurrency(facts, scope, view, found.use) is not None:
                gaps.add(gap)
                yield found


def _of_starts(graph: Graph, facts: Facts, view: View, told: set[tuple[Place, int]]) -> Iterator[Conflict]:
    """Uses of what the function checked, or put there."""
    second: Graph | None = None
    for place, chain in _starts(graph):
        hazards = _hazards(place, graph.events[chain[-1]].value) if sharing(graph.flow, place, facts) else ()
        failing = [(hazard, [*_uses(graph, facts, hazard, place)]) for hazard in hazards]
        every = actions(graph, facts, view, place) if any(uses for _, uses in failing) else ()
        for hazard, uses in failing:
            harmful = [action for action in every if action.kind in hazard.harms]
            for use in uses if harmful else ():
                line = (place, graph.events[use].span.line)
                if line in told or graph.path_across((*chain, use)) is None:
                    continue
                second = second or on_second_look(graph, facts, view)
                # What a function checks and deletes twice itself is a race of its own (races.check_races).
                alone = [a for a in harmful if not a.is_of(facts, facts.scopes[graph.flow.scope])]
                blamed = alone if graph.events[use].name == "delete" else harmful
                found = _conflict(second, facts, view, (*chain, use), blamed, hazard)
                if found is not None:
                    told.add(line)
                    yield found


def _of_copies(graph: Graph, facts: Facts, view: View, told: set[tuple[Place, int]]) -> Iterator[Conflict]:
    """Uses of the items of a container by the keys that a loop over a copy of it gives."""
    for use in sorted(graph.reachable):
        place = graph.events[use].place
        if place is None or (place, graph.events[use].span.line) in told:
            continue
        if not place.path or _key(place) not in graph.flow.local_names:
            continue
        if sharing(graph.flow, place, facts) is None or not _needs_item(facts, graph.events[use], place):
            continue
        harmful = [a for a in actions(graph, facts, view, place) if a.kind in _ITEM.harms]
        for copied, chain in _copies(graph, place, use) if harmful else ():
            second = on_second_look(copied, facts, view)
            found = _conflict(second, facts, view, chain, harmful, _ITEM)
            if found is not None:
                told.add((place, graph.events[use].span.line))
                yield found._replace(how="seen") if found.how == "checked" else found
                break


def _copies(graph: Graph, place: Place, use: int) -> Iterator[tuple[Graph, tuple[int, ...]]]:
    """The function with the look at the copy written as a check of the item, and the way from there to the use."""
    owner, key = Place(place.root, place.path[:-1]), _key(place)
    for chain in graph.origins(Value("local", key), use):
        head = chain[-2] - 1 if len(chain) > 2 else -1
        if graph.events[chain[0]].place != owner or head < 0 or graph.events[head].kind != "fork":
            continue
        if chain[-2] == chain[0] or graph.events[chain[-2]].name != key:
            continue
        events = list(graph.events)
        events[chain[0]] = events[chain[0]]._replace(place=place)
        asked = Value("in", "", -1, (Value("read", place.text, chain[0]),))
        events[head] = events[head]._replace(kind="test", value=asked)
        flow = graph.flow._replace(events=tuple(events))
        copied = graph.of(flow)
        if copied.path_across((*chain[:-2], head, *chain[-2:])) is not None:
            yield copied, (*chain[:-2], head, *chain[-2:])


def _key(place: Place) -> str:
    """What stands between the brackets at a place's end, if it ends so."""
    return place.path[-1][1:-1]


def _starts(graph: Graph) -> Iterator[tuple[Place, tuple[int, ...]]]:
    """Where the function sees that something is there: it checks that, or puts it there itself."""
    for place, chain in graph.checks:
        if chain[-1] in graph.reachable:
            yield place, chain
    for number in sorted(graph.reachable):
        event = graph.events[number]
        if event.kind == "write" and event.name == "assign" and event.place is not None and event.place.path:
            yield event.place, (number,)


def _conflict(
    graph: Graph, facts: Facts, view: View, chain: tuple[int, ...], harmful: list[Action], hazard: Hazard
) -> Conflict | None:
    place = graph.events[chain[0]].place
    middle = graph.path_across(chain)
    path = graph.begun(middle) if middle is not None else None
    if place is None or middle is None or path is None or _means_another(graph, chain, middle, place):
        return None
    writes = [n for n in middle[:-1] if graph.events[n].kind == "write" and graph.events[n].place == place]
    vague: Conflict | None = None
    for action in harmful:
        # Whoever comes second to a place that the first one has filled is turned away by the check before that.
        is_own = action.is_of(facts, facts.scopes[graph.flow.scope])
        graph.proofs_left -= 1
        sure = meets(action, view) if graph.proofs_left >= 0 and not (is_own and writes) else None
        if sure is None:
            continue
        proof = prove(Run(graph, path, chain[-1], chain[-1]), action.on(place), place)
        if proof is not None:
            scope, since = facts.scopes[graph.flow.scope], writes[-1] if writes else _looked(graph, chain)
            where = (graph.events[n].span for n in (since, _gap(graph, proof, since), chain[-1]))
            first, across, use = where
            sure = weakest(sure, sharing(graph.flow, place, facts) or "possible", lives(scope, view))
            sure = weakest(sure, _harm(facts, use, action))
            how: Literal["set", "checked"] = "set" if writes else "checked"
            # Who puts something there has hardly begun with it: whoever takes it away mostly comes later.
            sure = weakest(sure, "possible" if writes else "certain")
            told = Conflict(hazard.kind, place.text, scope.name, first, how, across, use, action, sure)
            if sure != "possible":
                return told
            vague = vague or told
    return vague


def _harm(facts: Facts, use: Span, action: Action) -> Confidence:
    """How surely the use fails and someone sees it: not where the failure is passed over, nor where only a failure of the
    other function's takes the place away."""
    resets = action.facts.contexts
    failing = any(c.kind == "except" and c.body_span.overlaps(action.span) for c in resets)
    return "possible" if failing or is_passed_over(facts, use) else "likely"


def _looked(graph: Graph, chain: tuple[int, ...]) -> int:
    """Where the function looked: at its test, or at the container that it took a copy of."""
    return chain[0] if graph.events[chain[-2]].kind == "bind" else chain[-2]


def _means_another(graph: Graph, chain: tuple[int, ...], middle: tuple[int, ...], place: Place) -> bool:
    """Whether the place's key is bound anew before the use: it counts from where the loop bound it, if one did."""
    bound = graph.events[chain[-2]].kind == "bind" and graph.events[chain[-2]].name in place.names
    return keys_change(graph, middle[middle.index(chain[-2]) :] if bound else middle, place)


def _gap(graph: Graph, proof: Proof, test: int) -> int:
    """The suspension point at which the other function comes in."""
    begins = next(at for at, move in enumerate(proof.moves) if move.task == 1)
    waits = [move.event for move in proof.moves[:begins] if move.event in graph.suspensions | graph.locks]
    return waits[-1] if waits else test


_ITEM = Hazard("item", ("removes",), lambda facts, event, place: _needs_item(facts, event, place))


def _hazards(place: Place, test: Value) -> Iterator[Hazard]:
    if place.path[-1:] and place.path[-1][0] == "[":
        yield _ITEM
        return
    yield Hazard("attribute", ("resets",), _goes_on)
    while test.kind == "not":
        test = test.parts[0]
    if test.kind in ("read", "local"):
        yield Hazard("container", ("takes", "empties"), _needs_element)


def _uses(graph: Graph, facts: Facts, hazard: Hazard, place: Place) -> Iterator[int]:
    """The events that fail where what was checked is there no more; another check of it is no use."""
    looks = {chain[0] for _, chain in graph.checks}
    for number in sorted(graph.reachable - looks):
        event = graph.events[number]
        if event.place is not None and place.covers(event.place) and hazard.fails(facts, event, place):
            yield number


def _goes_on(facts: Facts, event: Event, place: Place) -> bool:
    """Whether a read goes on to a part of the object, or calls it: None has no parts and cannot be called."""
    if event.place != place:
        return event.kind in ("read", "write")
    if event.kind != "read":
        return False
    lines = facts.text.split("\n")
    line = lines[event.span.end_line] if event.span.end_line < len(lines) else ""
    return line[event.span.end_column : event.span.end_column + 1] in (".", "[", "(")


def _needs_item(facts: Facts, event: Event, place: Place) -> bool:
    """Whether an event raises KeyError, or the like, where there is no such item."""
    if event.kind == "write":
        return event.name == "delete" if event.place == place else True
    return event.kind == "read" and (event.place != place or facts.slice(event.span).endswith("]"))


def _needs_element(facts: Facts, event: Event, place: Place) -> bool:
    """Whether an event raises IndexError, or the like, where the container is empty."""
    text = facts.slice(event.span)
    if event.kind == "write":
        return event.name == "mutate" and event.place == place and any(take in text for take in _TAKES)
    assert event.place is not None
    part = event.place.path[len(place.path) : len(place.path) + 1]
    return event.kind == "read" and part in (("[0]",), ("[-1]",))
