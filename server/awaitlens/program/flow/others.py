"""What the other functions of a class, or of a module, do to a place: looked up for the one that waits meanwhile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from awaitlens.program.facts import Facts
from awaitlens.program.flow.graph import Graph
from awaitlens.program.flow.model import Event, Place, anyhow
from awaitlens.program.flow.remote import (
    Action,
    Done,
    actions_of,
    containers_of,
    done_by,
    outermost,
    own_function,
    word_of,
)

if TYPE_CHECKING:
    from awaitlens.program.view import View

MOST_ACTIONS = 16
"""How many writes of other functions are looked at for one place; what is cut off is never a finding."""


def actions(graph: Graph, facts: Facts, view: View, place: Place) -> tuple[Action, ...]:
    """What functions of the class, or of the module, do to the place; worked out once for a function and place."""
    key = ("actions", graph.flow.scope, place)
    return view.kept(facts, key, lambda: tuple(_actions(graph, facts, view, place)))


def _actions(graph: Graph, facts: Facts, view: View, place: Place) -> Iterator[Action]:
    """What functions of the class, or of the module, do to the place: those that others can call first, this one last.

    What the function runs itself, or what runs it, directly or through others, is left out, and so are functions nested
    in it: one task does both."""
    here = facts.scopes[graph.flow.scope]
    if place.root in graph.flow.local_names and not (facts.owner and place.root == "self"):
        return
    index = _REMEMBERED.get(view, facts.owner)
    found = anyhow(place)
    _rest_on(view, facts.owner, word_of(place), _written)
    own = [action for action in index.own.get((found, id(facts)), ()) if action.is_of(facts, here)]
    name = outermost(facts, graph.flow.scope)
    others = index.actions.get(found, ())
    known = _run_by(index, name, view, facts.owner) if others else frozenset()
    for action in others:
        strange = action.method != name and action.method not in known
        if strange and name not in _run_by(index, action.method, view, facts.owner):
            yield action
    yield from own if name not in known else ()


def grows_in_place(event: Event, facts: Facts, view: View) -> bool:
    """Whether a write is `x += y` for a container: the list, set or dict itself grows, and what others put in stays."""
    place = event.place
    if event.name != "augmented" or place is None:
        return False
    owners = (facts.owner,) if place.root in ("self", "cls") else (facts.owner, ())
    for owner in owners:
        _rest_on(view, owner, word_of(place), _made_of_containers)
    return any(anyhow(place) in _REMEMBERED.get(view, owner).containers for owner in owners)


def _run_by(index: _Index, name: str, view: View, owner: tuple[str, ...]) -> frozenset[str]:
    """The functions that one runs itself. The answer rests on whom each of them calls."""
    found = index.run_by(name)
    for each in (name, *found):
        _rest_on(view, owner, each, _called)
    return found


def _rest_on(
    view: View, owner: tuple[str, ...], word: str, question: Callable[[Facts, str], Iterable[Hashable]]
) -> None:
    """Note that an answer rests on what the blocks of a class, or a module, in which the word stands say to a question."""
    view.rests_on_answers(".".join(owner), word, question)


def _written(block: Facts, word: str) -> Iterator[Hashable]:
    """What a block does to the places with that name, as far as others may ask."""
    for place, action in actions_of(block, 0):
        if word_of(place) == word:
            yield (
                place,
                action.span,
                action.kind,
                action.scope.name,
                action.words,
                action.locks,
                action.waits,
            )


def _made_of_containers(block: Facts, word: str) -> Iterator[Hashable]:
    """The places with that name to which a block gives a list, set or dict."""
    return (place for place in containers_of(block) if word_of(place) == word)


def _called(block: Facts, word: str) -> Iterator[Hashable]:
    """Whom the function of that name calls in a block."""
    yield from (own_function(call.callee) for call in block.calls if outermost(block, call.scope) == word)


class _Index(NamedTuple):
    """What a class, or the functions of a module, do: their actions by place (those that others can call first, the
    rest cut off at MOST_ACTIONS) and by place and block, whom each function calls, and runs in the end, and the places
    that are given lists, sets, dicts."""

    actions: Mapping[Place, tuple[Action, ...]]
    own: Mapping[tuple[Place, int], list[Action]]
    calls: Mapping[str, frozenset[str]]
    containers: frozenset[Place]
    runs: dict[str, frozenset[str]]

    def run_by(self, name: str) -> frozenset[str]:
        """The functions that one runs itself, directly or through others: it knows what they do."""
        if name not in self.runs:
            self.runs[name] = self._run_by(name)
        return self.runs[name]

    def _run_by(self, name: str) -> frozenset[str]:
        waiting, seen = [name], {name}
        while waiting:
            fresh = self.calls.get(waiting.pop(), frozenset()) - seen
            seen |= fresh
            waiting.extend(fresh)
        return frozenset(seen - {name}) if name not in self.calls.get(name, ()) else frozenset(seen)


_NOTHING_DONE = Done((), (), ())


class _Remembered:
    """The index of the class, or module, asked about last: all methods of a class ask in a row."""

    def __init__(self) -> None:
        self._last: tuple[object, tuple[str, ...], _Index] | None = None

    def get(self, view: View, owner: tuple[str, ...]) -> _Index:
        last = self._last
        if last is None or last[0] is not view.file or last[1] != owner:
            about, path = view.program.names.memory.about_block, view.path
            done = [
                (id(block), about(path, block, ("done", line), partial(done_by, block, line), _NOTHING_DONE))
                for line, block in view.file.owned(owner)
            ]
            last = self._last = (view.file, owner, _indexed(done))
        return last[2]


_REMEMBERED = _Remembered()


def _indexed(done: Iterable[tuple[int, Done]]) -> _Index:
    """`done` goes with the identities of the blocks."""
    found: dict[Place, list[Action]] = defaultdict(list)
    own: dict[tuple[Place, int], list[Action]] = defaultdict(list)
    calls: dict[str, set[str]] = defaultdict(set)
    containers: set[Place] = set()
    for block, here in done:
        for place, action in here.actions:
            found[place].append(action)
            own[place, block].append(action)
        for function, called in here.calls:
            calls[function].add(called)
        containers.update(here.containers)
    actions = {
        place: tuple(sorted(made, key=lambda a: a.scope.name[:1] == "_")[:MOST_ACTIONS])
        for place, made in found.items()
    }
    called_by = {name: frozenset(called) for name, called in calls.items()}
    return _Index(actions, own, called_by, frozenset(containers), {})
