"""A proof told in the user's own expressions: who does what, and what they saw."""

from __future__ import annotations

from typing import NamedTuple

from awaitlens.program.facts import Facts
from awaitlens.program.flow.explorer import Move, Proof
from awaitlens.program.flow.graph import Graph
from awaitlens.program.flow.model import Event
from awaitlens.program.flow.remote import Action
from awaitlens.program.flow.symbols import in_words, is_countable, is_own, mentions_initial
from awaitlens.source import Span

_WIDEST = 60


class Scene(NamedTuple):
    """One step of the proof: `lane` is "task 1" or "task 2".

    `line` is the first line of the block that the span counts from, -1 for the block of the finding.
    """

    lane: str
    span: Span
    words: str
    line: int = -1


def tell(
    graph: Graph, facts: Facts, proof: Proof, chain: tuple[int, ...], action: Action | None = None
) -> tuple[Scene, ...]:
    """The moves that matter: reads and tests of the place, suspension points, writes of it.

    Where the second task does an `action` of another function, that is one scene.
    """
    teller = _Teller(graph, facts, proof, chain)
    scenes: list[Scene] = []
    for move in proof.moves:
        if action is None or move.task == 0:
            scenes += teller.scene(move)
        elif teller.place is not None and move.event == action.on(teller.place).goal:
            line = -1 if action.facts is facts else action.line
            scenes.append(Scene("task 2", action.span, f"{action.scope.name}(): {action.words}", line))
    lost = teller.verdict() if action is None else f"what {action.scope.name}() did is lost"
    return (*scenes[:-1], scenes[-1]._replace(words=f"{scenes[-1].words}: {lost}"))


class _Teller:
    def __init__(self, graph: Graph, facts: Facts, proof: Proof, chain: tuple[int, ...]) -> None:
        self.graph, self.facts, self.proof, self.chain = graph, facts, proof, chain
        self.place = graph.events[chain[-1]].place
        self.countable = is_countable(proof.final)
        self.begun: set[int] = set()
        self.written: set[int] = set()
        self.waited: set[int] = set()

    def scene(self, move: Move) -> list[Scene]:
        words = self._words(move)
        return [Scene(f"task {move.task + 1}", self.graph.events[move.event].span, words)] if words else []

    def _words(self, move: Move) -> str:
        event = self.graph.events[move.event]
        if move.task in self.written:
            return ""
        if move.event == self.chain[0]:
            return self._seen(move)
        if move.event in self.graph.suspensions and move.task in self.begun:
            again = move.task in self.waited
            self.waited.add(move.task)
            return "" if again else "awaits, others run"
        if event.kind == "acquire" and move.event in self.graph.locks and move.task in self.begun:
            return f"takes {event.place.text}" if event.place is not None else ""
        if event.kind == "write" and event.place == self.place:
            if move.event == self.chain[-1]:
                self.written.add(move.task)
            return "deletes it" if event.name in ("delete", "discard") else self._written(event, move)
        return ""

    def _written(self, event: Event, move: Move) -> str:
        """What is written: a value that people can follow, else the statement as it stands there."""
        value = in_words(move.seen, self.countable)
        if self.countable or not (mentions_initial(move.seen) or is_own(move.seen)):
            return f"writes {value}"
        assert event.place is not None
        statement = _line(self.facts.slice(event.span))
        if "await " in statement:
            return f"writes {event.place.text}"
        return f"{statement}, from the old value" if mentions_initial(move.seen) else statement

    def _seen(self, move: Move) -> str:
        self.begun.add(move.task)
        test = next((n for n in self.chain if self.graph.events[n].kind == "test"), None)
        if test is not None:
            return f"checks {_line(self.facts.slice(self.graph.events[test].span))}"
        binding = self.graph.events[self.chain[1]]
        name = binding.name if binding.kind == "bind" and not binding.name.startswith("$") else ""
        name = name if binding.value.kind == "read" else ""
        source = _line(self.facts.slice(self.graph.events[self.chain[0]].span))
        if not self.countable and mentions_initial(move.seen):
            return f"reads {source}"
        return f"{name or source} = {in_words(move.seen, self.countable)}"

    def verdict(self) -> str:
        write = self.graph.events[self.chain[-1]]
        if write.name == "delete":
            return "it is gone already"
        if self.proof.turned_away:
            return "both passed the check"
        restored = write.value.kind in ("local", "read") and not write.value.parts
        return "an old value is back" if restored and self._is_copy() else "one update lost"

    def _is_copy(self) -> bool:
        return all(self.graph.events[number].value.kind in ("local", "read") for number in self.chain[1:])


def _line(text: str) -> str:
    """Source text on one line, cut where that gets long."""
    squeezed = " ".join(text.split())
    return squeezed if len(squeezed) <= _WIDEST else squeezed[: _WIDEST - 3] + "..."
