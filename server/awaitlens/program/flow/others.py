"""What the other functions of a class, or of a module, do to a place: looked up for the one that waits meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from awaitlens.program.facts import Facts, Scope
from awaitlens.program.flow.graph import Graph
from awaitlens.program.flow.model import Event, Place, anyhow
from awaitlens.program.flow.remote import (
    NOTHING_DONE,
    Action,
    Done,
    actions_of,
    calls_of,
    containers_of,
    done_by,
    outermost,
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
    doings = _REMEMBERED.get(view, facts.owner)
    view.rests_on_told(facts.owner, _written, word_of(place))
    own, others = doings.at(anyhow(place), facts, here)
    name = outermost(facts, graph.flow.scope)
    known = _run_by(doings, name, view) if others else frozenset()
    for action in others:
        strange = action.method != name and action.method not in known
        if strange and name not in _run_by(doings, action.method, view):
            yield action
    yield from own if name not in known else ()


def grows_in_place(event: Event, facts: Facts, view: View) -> bool:
    """Whether a write is `x += y` for a container: the list, set or dict itself grows, and what others put in stays."""
    place = event.place
    if event.name != "augmented" or place is None:
        return False
    owners = (facts.owner,) if place.root in ("self", "cls") else (facts.owner, ())
    for owner in owners:
        view.rests_on_told(owner, _made_of_containers, word_of(place))
    return any(_REMEMBERED.get(view, owner).is_container(anyhow(place)) for owner in owners)


def _run_by(doings: _Doings, name: str, view: View) -> frozenset[str]:
    """The functions that one runs itself. The answer rests on whom each of them calls."""
    found = doings.run_by(name)
    for each in (name, *found):
        view.rests_on_told(doings.owner, _called, each)
    return found


# --- what blocks tell ----------------------------------------------------------------------------------------


def _written(block: Facts) -> Mapping[str, object]:
    """What a block does to places, as far as others may ask, by the name of the place."""
    return _by_word(
        (word_of(place), (place, a.span, a.kind, a.scope.name, a.words, a.locks, a.waits))
        for place, a in actions_of(block)
    )


def _made_of_containers(block: Facts) -> Mapping[str, object]:
    """The places to which a block gives a list, set or dict, by their name."""
    return _by_word((word_of(place), place) for place in containers_of(block))


def _called(block: Facts) -> Mapping[str, object]:
    """Whom each function calls in a block."""
    return _by_word(calls_of(block))


def _by_word(told: Iterable[tuple[str, object]]) -> Mapping[str, list[object]]:
    found: dict[str, list[object]] = {}
    for word, what in told:
        found.setdefault(word, []).append(what)
    return found


# --- what a class does ---------------------------------------------------------------------------------------


class _Doings:
    """What a class, or the functions of a module, do. Only blocks in which the name stands are asked."""

    def __init__(self, view: View, owner: tuple[str, ...]) -> None:
        self.file, self.owner = view.file, owner
        self._memory, self._path = view.program.names.memory, view.path
        self._actions: dict[Place, list[Action]] = {}
        self._runs: dict[str, frozenset[str]] = {}

    def at(self, place: Place, facts: Facts, here: Scope) -> tuple[list[Action], list[Action]]:
        """What one function does to a place, and what all of them do: those that others can call first, the rest cut off
        at MOST_ACTIONS."""
        if place not in self._actions:
            self._actions[place] = [
                action._replace(line=line)
                for line, block in self.file.owned(self.owner, word_of(place))
                for action in self._done(block).actions.get(place, ())
            ]
        every = self._actions[place]
        own = [action for action in every if action.is_of(facts, here)]
        return own, sorted(every, key=lambda action: action.scope.name[:1] == "_")[:MOST_ACTIONS]

    def is_container(self, place: Place) -> bool:
        blocks = self.file.owned(self.owner, word_of(place))
        return any(place in self._done(block).containers for _, block in blocks)

    def run_by(self, name: str) -> frozenset[str]:
        """The functions that one runs itself, directly or through others: it knows what they do."""
        if name not in self._runs:
            self._runs[name] = self._run_by(name)
        return self._runs[name]

    def _run_by(self, name: str) -> frozenset[str]:
        waiting, seen = [name], {name}
        while waiting:
            fresh = self._called_by(waiting.pop()) - seen
            seen |= fresh
            waiting.extend(fresh)
        return frozenset(seen if name in self._called_by(name) else seen - {name})

    def _called_by(self, name: str) -> set[str]:
        blocks = self.file.owned(self.owner, name)
        return {called for _, block in blocks for called in self._done(block).calls.get(name, ())}

    def _done(self, block: Facts) -> Done:
        return self._memory.about_block(self._path, block, "done", partial(done_by, block), NOTHING_DONE)


class _Remembered:
    """The doings of the class, or module, asked about last: all methods of a class ask in a row."""

    def __init__(self) -> None:
        self._last: _Doings | None = None

    def get(self, view: View, owner: tuple[str, ...]) -> _Doings:
        last = self._last
        if last is None or last.file is not view.file or last.owner != owner:
            last = self._last = _Doings(view, owner)
        return last


_REMEMBERED = _Remembered()
